"""What a training run of the sound encoder is: one YAML file, strict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from settings.section import Section
from settings.strict_yaml import read_yaml

Fold = Annotated[int, Field(ge=1, le=5)]


class AudioData(Section):
    """Which sounds."""

    folds: tuple[Fold, ...] = Field((1, 2), description="folds of ESC-10 that are trained on")
    left_out: tuple[str, ...] = Field((), description="clips of these folds that nothing uses")
    test_folds: tuple[Fold, ...] = Field((3,), description="folds that are measured on")
    made: int = Field(40, ge=0, description="synthesised clips of each kind to train on")
    made_test: int = Field(10, ge=0, description="the same to measure on, of other seeds")

    @model_validator(mode="after")
    def _sides_differ(self) -> AudioData:
        if both := sorted(set(self.folds) & set(self.test_folds)):
            raise ValueError(f"fold {both[0]} is in folds and in test_folds; take it out of one")
        if not self.folds and not self.made:
            raise ValueError("nothing to train on: name a fold, or set made above 0")
        return self


class AudioModel(Section):
    """Size of the network."""

    channels: tuple[int, int, int, int, int] = (16, 24, 48, 96, 128)
    dropout: float = Field(0.2, ge=0, lt=1)


class AudioAugment(Section):
    """How far a patch may be from the clip that it was cut out of."""

    speed: float = Field(1.25, ge=1, le=2, description="at most so much faster or slower")
    shift_bands: float = Field(3, ge=0, le=16, description="up or down in pitch, mel bands")
    gain_db: float = Field(12, ge=0, le=40, description="louder or softer")
    tilt_db: float = Field(6, ge=0, le=20, description="bright or dull: at the outermost bands")
    mix: float = Field(0.3, ge=0, le=1, description="share of patches with another one in them")
    noise: float = Field(0.5, ge=0, le=1, description="share of patches in noise, 15 to 65 dB SNR")
    masks: int = Field(2, ge=0, le=8, description="SpecAugment: masks in time, and in frequency")
    mask_bands: int = Field(8, ge=0, le=32)
    mask_columns: int = Field(20, ge=0, le=48)


class AudioFit(Section):
    """How the network is fitted."""

    steps: int = Field(600, ge=1)
    batch: int = Field(32, ge=2)
    lr: float = Field(3e-3, gt=0)
    weight_decay: float = Field(0.05, ge=0)
    ema: float = Field(0.99, ge=0, lt=1)
    check_steps: int = Field(200, ge=1, description="steps between two looks at the test clips")


class AudioConfig(Section):
    """One training run."""

    name: str = "audio_encoder"
    seed: int = 1
    data: AudioData = AudioData()
    model: AudioModel = AudioModel()
    augment: AudioAugment = AudioAugment()
    fit: AudioFit = AudioFit()


def load_config(path: Path) -> AudioConfig:
    """Read a run's YAML file.

    Raises:
        ConfigError: the file cannot be read or does not fit; says which line and why.
    """
    wanted = "a training run is a mapping of sections; see configs/training/audio_encoder.yaml"
    return read_yaml(path, wanted=wanted).validated(AudioConfig)
