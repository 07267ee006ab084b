"""What is recognised: actions in levels, with what each needs and when it counts."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, Field, model_validator

from recognition.hysteresis import ActionRule

Level = Literal["gesture", "action", "human_object", "human_human", "group", "background"]
Scope = Literal["track", "pair", "group"]
Modality = Literal["pose", "trajectory", "objects", "audio", "neighbours"]
Severity = Literal["info", "notice", "warning", "alarm"]

FUSION_LEVELS: tuple[Level, ...] = ("gesture", "action", "human_object", "background")
"""The levels that are about one person alone: the classes of the fusion model, in this order."""

SHIPPED = Path(__file__).resolve().parents[1] / "configs" / "taxonomy.yaml"


class LevelInfo(BaseModel, extra="forbid", frozen=True):
    """One level. scope: whose action it is."""

    scope: Scope
    summary: str


class Action(BaseModel, extra="forbid", frozen=True):
    """One class.

    window_s: length of the look that a decision needs. requires, gains: modalities without which
    it is never told, and those that help. objects: detector classes of which one belongs to it.
    sounds: what may be heard of it. lag_s: how late scores follow, since a window is named by its
    last second; measured. least_people: how many take part at least; fewer do not do it.
    parent: the class that stands in where it is not told apart.
    """

    name: str
    level: Level
    scope: Scope
    window_s: float = Field(default=3.2, gt=0, le=60)
    requires: tuple[Modality, ...] = Field(min_length=1)
    gains: tuple[Modality, ...] = ()
    objects: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()
    enter: float = Field(default=0.5, gt=0, le=1)
    exit: float = Field(default=0.3, ge=0, le=1)
    min_on_s: float = Field(default=0.3, ge=0, le=60)
    min_off_s: float = Field(default=0.6, ge=0, le=60)
    smoothing_s: float = Field(default=0.3, ge=0, le=60)
    lag_s: float = Field(default=0.9, ge=0, le=10)
    severity: Severity = "info"
    least_people: int = Field(default=1, ge=1, le=16)
    parent: str | None = None
    summary: str

    @property
    def rule(self) -> ActionRule:
        """When an event of it begins and ends."""
        return ActionRule(
            enter=self.enter,
            exit=self.exit,
            min_on_s=self.min_on_s,
            min_off_s=self.min_off_s,
            smoothing_s=self.smoothing_s,
            lag_s=self.lag_s,
        )


class Taxonomy(BaseModel, extra="forbid", frozen=True):
    """All levels and actions, in the order of the file."""

    levels: dict[Level, LevelInfo]
    actions: dict[str, Action]

    @model_validator(mode="before")
    @classmethod
    def _complete_actions(cls, data: object) -> object:
        """Give each action the name it is listed under and the scope of its level."""
        if not isinstance(data, Mapping) or not isinstance(data.get("actions"), Mapping):
            return data
        levels = data.get("levels", {})
        scopes = {name: dict(level).get("scope") for name, level in dict(levels).items()}
        actions = {
            name: {"scope": scopes.get(item.get("level")), **item, "name": name}
            for name, item in data["actions"].items()
        }
        return {**data, "actions": actions}

    @model_validator(mode="after")
    def _parents_lead_to_background(self) -> Taxonomy:
        for name in self.actions:
            seen = [name]
            while (parent := self.action(seen[-1]).parent) is not None:
                if parent in seen:
                    raise ValueError(f"parents of {name} go round: {' > '.join([*seen, parent])}")
                seen.append(parent)
            if seen[-1] != "background":
                raise ValueError(f"parents of {name} end at {seen[-1]}, not at background")
        return self

    def action(self, name: str) -> Action:
        """The action of a name.

        Raises:
            ValueError: there is none; says which one is meant perhaps.
        """
        if name not in self.actions:
            raise ValueError(f"unknown action '{name}'; {self.advice(name)}")
        return self.actions[name]

    def advice(self, name: str) -> str:
        """What to write instead of an unknown name."""
        near = difflib.get_close_matches(name, self.actions, n=1)
        return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(self.actions)}"

    def of_level(self, level: Level) -> tuple[Action, ...]:
        """The actions of one level."""
        return tuple(action for action in self.actions.values() if action.level == level)

    @property
    def fusion_classes(self) -> tuple[str, ...]:
        """What the fusion model tells apart, in the order of its outputs."""
        return tuple(action.name for level in FUSION_LEVELS for action in self.of_level(level))

    @property
    def rules(self) -> dict[str, ActionRule]:
        """When events of each action begin and end, by name."""
        return {name: action.rule for name, action in self.actions.items()}


@cache
def load_taxonomy(path: Path = SHIPPED) -> Taxonomy:
    """Read a taxonomy; without ``path`` the one of this program.

    Raises:
        ValueError: the file does not fit; says which key and why.
    """
    return Taxonomy.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
