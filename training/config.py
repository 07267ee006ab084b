"""What a training run is: one YAML file, strict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from recognition.layouts import LAYOUTS, SOCIAL, Layout
from recognition.sound_encoders import SoundConfig
from settings.section import Section
from settings.strict_yaml import read_yaml, suggestion
from training.scenes import Recipe


class Shares(Section):
    """How much of what is drawn comes from where; only their ratios count."""

    mocap: float = Field(1.0, ge=0)
    acted: float = Field(1.0, ge=0)
    recorded: float = Field(1.0, ge=0)
    meetings: float = Field(1.0, ge=0)


_OTHER_DATA = (
    "train_passes", "validation_passes", "scenes", "validation_scenes", "meetings",
    "validation_meetings", "recorded", "validation_recorded",
)  # fmt: skip


class DataConfig(Section):
    """How the motion is filmed, or which recordings are trained on."""

    seed: int | None = Field(None, ge=0, description="of cameras and scenes; default: the run's")
    train_passes: int = Field(16, ge=0, description="times each training clip is filmed")
    validation_passes: int = Field(4, ge=0, description="times each validation clip is filmed")
    hop_steps: int = Field(4, ge=1, description="grid steps between two training windows")
    truncate: float = Field(0.25, ge=0, le=1, description="share of windows that begin late")
    bones: float = Field(0.7, ge=0, le=1, description="share of scenes on other bones")
    speed: float = Field(0.6, ge=0, le=1, description="share of scenes 0.75 to 1.35 times as fast")
    arms: float = Field(0.3, ge=0, le=1, description="share of walks with other arms")
    join: float = Field(0.4, ge=0, le=1, description="share of scenes after something else")
    generated: int = Field(20, ge=0, description="clips of each generated action in a pass")
    validation_generated: int = Field(8, ge=0, description="the same for validation")
    scenes: int = Field(0, ge=0, description="acted scenes by script")
    validation_scenes: int = Field(0, ge=0, description="the same for validation")
    meetings: int = Field(0, ge=0, description="acted scenes in which people meet; layout 3")
    validation_meetings: int = Field(0, ge=0, description="the same for validation")
    cameras: int = Field(3, ge=1, description="random cameras that film an acted scene")
    clips: tuple[Path, ...] = Field(
        (),
        description="folders NAME.hactrack of labelled clips, whose labels are the classes then; "
        "instead of all other data",
    )
    recorded: tuple[Path, ...] = Field((), description="folders of scenes that the program saw")
    validation_recorded: tuple[Path, ...] = Field((), description="the same for validation")
    shares: Shares = Shares()

    @model_validator(mode="before")
    @classmethod
    def _clips_are_all_there_is(cls, data: Any) -> Any:
        """Labelled clips have classes of their own, so no motion is filmed beside them."""
        if not isinstance(data, Mapping) or not data.get("clips"):
            return data
        return {"train_passes": 0, "validation_passes": 0, **data}

    @model_validator(mode="after")
    def _each_side_has_its_own(self) -> DataConfig:
        if self.clips:
            if others := [name for name in _OTHER_DATA if getattr(self, name)]:
                raise ValueError(
                    f"{', '.join(others)}: cannot be used beside clips, whose labels are the "
                    "classes; leave them out, or leave clips out"
                )
            return self
        if not (self.train_passes or self.scenes or self.meetings or self.recorded):
            raise ValueError("nothing to train on: set train_passes, scenes, meetings or recorded")
        acted = self.validation_scenes or self.validation_meetings
        if not (self.validation_passes or acted or self.validation_recorded):
            raise ValueError(
                "nothing to validate on: set validation_passes, validation_scenes, "
                "validation_meetings or validation_recorded"
            )
        places = {path.resolve() for path in self.recorded}
        for path in self.validation_recorded:
            if path.resolve() in places:
                raise ValueError(f"{path} is in recorded and in validation_recorded; a leak")
        return self

    @property
    def recipe(self) -> Recipe:
        """The changes of the training scenes."""
        return Recipe(
            bones=self.bones, mirror=0.5, speed=self.speed, arms=self.arms, join=self.join,
            generated=self.generated,
        )  # fmt: skip


class ModelConfig(Section):
    """Which form of the network, and its size."""

    encoder: Literal["tcn", "stgcn", "transformer", "convlstm", "lrcn"] = Field(
        "tcn",
        description="of the pose: convolutions in time, a graph of joints, attention, or heat maps;"
        " lrcn: not of the pose, but of what people look like, see layout 4",
    )
    fusion: Literal["early", "mid", "mid_mbt", "late"] = Field(
        "mid",
        description="where modalities meet: raw, gated tokens, bottleneck tokens, or answers",
    )
    channels: int = Field(
        128, ge=16, le=512, multiple_of=16, description="channels of the pose encoder"
    )
    dropout: float = Field(0.2, ge=0, lt=1)
    layout: Literal[2, 3, 4] = Field(
        2,
        description="features: 2, each person alone; 3, with the two nearest others; 4, and what "
        "the pose network saw of the person",
    )

    @property
    def features(self) -> Layout:
        """The layout of the features that the network takes."""
        return LAYOUTS[str(self.layout)]

    @property
    def unread(self) -> tuple[str, ...]:
        """The modalities of the layout that the network does not look at."""
        return ("pose",) if self.encoder == "lrcn" else ()

    @model_validator(mode="after")
    def _early_has_no_encoder(self) -> ModelConfig:
        if self.fusion == "early" and self.encoder != "tcn":
            raise ValueError(
                f"fusion 'early' has no pose encoder, so '{self.encoder}' would do nothing; "
                "leave encoder out, or choose fusion: mid, mid_mbt or late"
            )
        return self

    @model_validator(mode="after")
    def _lrcn_sees_people(self) -> ModelConfig:
        if self.encoder == "lrcn" and not self.features.visual:
            raise ValueError(
                f"encoder 'lrcn' sees what people look like, and layout {self.layout} does not "
                "tell; set layout: 4"
            )
        return self


class FitConfig(Section):
    """How the network is fitted."""

    epochs: int = Field(24, ge=1)
    epoch_windows: int = Field(60_000, ge=256, description="windows drawn in one epoch")
    batch: int = Field(256, ge=8)
    lr: float = Field(1.5e-3, gt=0)
    weight_decay: float = Field(0.05, ge=0)
    smoothing: float = Field(0.05, ge=0, lt=0.5, description="label smoothing")
    balance: float = Field(0.5, ge=0, le=1, description="0: classes as they come, 1: all alike")
    boost: dict[str, float] = Field(
        default_factory=dict, description="factor on how often a class is drawn"
    )
    uni_weight: float = Field(0.3, ge=0, description="weight of the unimodal heads in the loss")
    ema: float = Field(0.998, ge=0, lt=1)
    patience: int = Field(8, ge=1, description="epochs without gain before stopping")


class TrainConfig(Section):
    """One training run."""

    name: str = "fusion"
    seed: int = Field(1, ge=0)
    data: DataConfig = DataConfig()
    sound: SoundConfig = SoundConfig()
    model: ModelConfig = ModelConfig()
    fit: FitConfig = FitConfig()

    @model_validator(mode="after")
    def _data_and_classes_are_of_the_layout(self) -> TrainConfig:
        if not self.data.clips:  # whose labels are not known before they are read
            self._check_boost()
        if (self.data.meetings or self.data.validation_meetings) and not self.model.features.social:
            raise ValueError(
                f"data.meetings: a network of model.layout {self.model.layout} is told of nobody "
                "else; set model.layout: 3, or meetings and validation_meetings to 0"
            )
        return self

    def _check_boost(self) -> None:
        for name in self.fit.boost:
            if name not in SOCIAL.classes:
                known = SOCIAL.classes
                raise ValueError(f"fit.boost: '{name}' is no class; {suggestion(name, known)}")
            if name not in self.model.features.classes:
                raise ValueError(
                    f"fit.boost: a network of model.layout {self.model.layout} does not tell "
                    f"'{name}'; set model.layout: 3, or leave it out"
                )


def load_config(path: Path) -> TrainConfig:
    """Read a run's YAML file.

    Raises:
        ConfigError: the file cannot be read or does not fit; says which line and why.
    """
    file = read_yaml(path, wanted="a training run is a mapping of sections; see configs/training")
    return file.validated(TrainConfig)
