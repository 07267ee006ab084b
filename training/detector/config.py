"""What a training run of the detector is: one YAML file, strict."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from settings.section import Section
from settings.strict_yaml import read_yaml


class Source(Section):
    """A folder of pictures with ``truth.json``, see ``training.pictures``."""

    folder: Path
    share: float = Field(1.0, gt=0, description="how often it is drawn from, by all shares")


class Phase(Section):
    """A stretch of the run at one input size."""

    steps: int = Field(ge=1)
    width: int = Field(416, ge=64, multiple_of=32)
    height: int = Field(256, ge=64, multiple_of=32)
    batch: int = Field(16, ge=1)
    whole: float = Field(0.2, ge=0, le=1, description="share of samples that show whole pictures")
    tiled: float = Field(0.0, ge=0, le=1, description="share of samples made of four parts")


class DetectorConfig(Section):
    """One training run."""

    name: str = "nano_detector"
    seed: int = 1
    published: Path | None = Field(None, description="YOLOX-nano as ONNX, to begin with")
    train: tuple[Source, ...] = Field(min_length=1)
    validation: Source
    validation_pictures: int = Field(200, ge=1)
    phases: tuple[Phase, ...] = Field(min_length=1)
    lr: float = Field(8e-4, gt=0)
    weight_decay: float = Field(0.02, ge=0)
    ema: float = Field(0.998, ge=0, lt=1)
    bfloat16: bool = False
    keep_every: int = Field(200, ge=1, description="steps between two checkpoints")

    @property
    def steps(self) -> int:
        """Steps of all phases."""
        return sum(phase.steps for phase in self.phases)

    def phase_at(self, step: int) -> Phase:
        """The phase in which a step (from 0) is."""
        for phase in self.phases:
            if step < phase.steps:
                return phase
            step -= phase.steps
        return self.phases[-1]


def load_config(path: Path) -> DetectorConfig:
    """Read a run's YAML file.

    Raises:
        ConfigError: the file cannot be read or does not fit; says which line and why.
    """
    wanted = "a training run is a mapping; see configs/training/nano_detector.yaml"
    return read_yaml(path, wanted=wanted).validated(DetectorConfig)
