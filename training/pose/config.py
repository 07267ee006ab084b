"""What a training run of the pose network is: one YAML file, strict."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from settings.section import Section
from settings.strict_yaml import read_yaml


class PoseData(Section):
    """Where crops come from."""

    train: tuple[Path, ...] = Field(
        (Path("runs/pictures/train"),), description="folders of rendered pictures"
    )
    validation: tuple[Path, ...] = (Path("runs/pictures/validation"),)
    real_share: float = Field(
        0.2, ge=0, lt=1, description="share of a batch that is real crops with teachers' labels"
    )


class PoseModel(Section):
    """Size of the network."""

    channels: tuple[int, int, int, int] = (16, 32, 64, 96)
    blocks: tuple[int, int, int] = (1, 2, 3)
    expansion: int = Field(3, ge=1, le=8)


class PoseFit(Section):
    """How the network is fitted."""

    steps: int = Field(6000, ge=1)
    batch: int = Field(64, ge=2)
    lr: float = Field(2e-3, gt=0)
    weight_decay: float = Field(0.02, ge=0)
    ema: float = Field(0.998, ge=0, lt=1)
    spread_px: float = Field(2.0, gt=0, description="sigma of the target's Gaussian, px of input")
    hidden_weight: float = Field(0.5, ge=0, description="weight of a hidden joint's place")
    score_weight: float = Field(1.0, ge=0, description="weight of the scores in the loss")
    bfloat16: bool = Field(False, description="true where the processor computes in it")
    check_steps: int = Field(250, ge=1, description="steps between two looks at validation")


class PoseConfig(Section):
    """One training run."""

    name: str = "nano_pose"
    seed: int = 1
    data: PoseData = PoseData()
    model: PoseModel = PoseModel()
    fit: PoseFit = PoseFit()


def load_config(path: Path) -> PoseConfig:
    """Read a run's YAML file.

    Raises:
        ConfigError: the file cannot be read or does not fit; says which line and why.
    """
    wanted = "a training run is a mapping of sections; see configs/training/nano_pose.yaml"
    return read_yaml(path, wanted=wanted).validated(PoseConfig)
