"""What a training run of the group head is: one YAML file, strict."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from settings.section import Section
from settings.strict_yaml import read_yaml


class GroupData(Section):
    """Which scenes; they are acted by seed and filmed without pixels."""

    scenes: int = Field(200, ge=1, description="to train on")
    validation_scenes: int = Field(50, ge=1, description="to measure on, of other people")
    cameras: int = Field(1, ge=1, description="that film each scene, besides one anywhere")
    sound: float = Field(0.3, ge=0, le=1, description="share of cameras with sound")
    objects: float = Field(0.75, ge=0, le=1, description="share whose detector knows things")


class GroupRules(Section):
    """By which scenes the rules of events are chosen: acted ones, and those of some folders."""

    recorded: tuple[Path, ...] = Field(
        (), description="folders of scenes that the program recorded, see edgeact record"
    )


class GroupModel(Section):
    """Size of the network."""

    width: int = Field(96, ge=8, le=512)
    pair_width: int = Field(32, ge=4, le=512)
    dropout: float = Field(0.2, ge=0, lt=1)


class GroupFit(Section):
    """How the network is fitted."""

    steps: int = Field(800, ge=1)
    batch: int = Field(128, ge=2)
    lr: float = Field(2e-3, gt=0)
    weight_decay: float = Field(0.05, ge=0)
    ema: float = Field(0.99, ge=0, lt=1)
    actor_dropout: float = Field(0.3, ge=0, lt=1, description="share of members left out")
    emb_dropout: float = Field(0.5, ge=0, lt=1, description="share of members without emb")
    check_steps: int = Field(200, ge=1, description="steps between two looks at the others")


class GroupConfig(Section):
    """One training run."""

    name: str = "group_head"
    seed: int = 1
    fusion: Path = Field(
        Path("engines/models/fusion.onnx"), description="whose emb it is trained on"
    )
    data: GroupData = GroupData()
    model: GroupModel = GroupModel()
    fit: GroupFit = GroupFit()
    rules: GroupRules = GroupRules()


def load_config(path: Path) -> GroupConfig:
    """Read a run's YAML file.

    Raises:
        ConfigError: the file cannot be read or does not fit; says which line and why.
    """
    wanted = "a training run is a mapping of sections; see configs/training/group_head.yaml"
    return read_yaml(path, wanted=wanted).validated(GroupConfig)
