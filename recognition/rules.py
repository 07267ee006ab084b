"""By which rules actions are judged: the ``events:`` section, and what is changed while running."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field, ValidationError, model_validator

from recognition.hysteresis import ActionRule
from recognition.taxonomy import load_taxonomy

Scores = npt.NDArray[np.float64]


class EventConfig(BaseModel, extra="forbid", frozen=True):
    """The ``events:`` section: a rule for all actions, and what differs for some.

    A rule under ``actions`` names what differs; the rest is ``default``'s, else the taxonomy's.
    One under ``cameras``, by the camera's name and the action, names what differs there.
    """

    default: ActionRule = Field(default_factory=ActionRule)
    actions: dict[str, ActionRule] = Field(default_factory=dict)
    cameras: dict[str, dict[str, ActionRule]] = Field(default_factory=dict)
    update_interval_s: float = Field(
        default=0.0, ge=0, le=3600, description="0 = no update messages"
    )
    stitch_s: float = Field(
        default=1.0,
        ge=0,
        le=30,
        description="a new track near where one was lost so long ago goes on with it; 0 = never",
    )
    merge_gap_s: float = Field(
        default=5.0,
        ge=0,
        le=3600,
        description="a new event within this time of the last one's end says which it continues",
    )
    top_k: int = Field(
        default=3, ge=1, le=10, description="best-scored labels that an event reports"
    )

    @model_validator(mode="before")
    @classmethod
    def _complete_actions(cls, data: Any) -> Any:
        """Fill each action's rule from ``default``, unless that one is wrong itself."""
        if not isinstance(data, Mapping) or not isinstance(data.get("actions"), Mapping):
            return data
        try:
            default = ActionRule.model_validate(data.get("default", {}))
        except ValidationError:
            return data
        filled = {
            name: {**default.model_dump(exclude_unset=True), **rule}
            if isinstance(rule, Mapping)
            else rule
            for name, rule in data["actions"].items()
        }
        return {**data, "actions": filled}

    def split(self, actions: Collection[str]) -> tuple[EventConfig, EventConfig]:
        """What differs for some actions, and what differs for all others; both with the rest."""
        theirs, others = (
            self.model_copy(
                update={
                    "actions": _chosen(self.actions, actions, wanted=wanted),
                    "cameras": {
                        name: _chosen(rules, actions, wanted=wanted)
                        for name, rules in self.cameras.items()
                    },
                }
            )
            for wanted in (True, False)
        )
        return theirs, others

    def rule(self, action: str, camera: str | None = None) -> ActionRule:
        """The rule of an action: the camera's, its own, the default, the taxonomy's, key by key."""
        rule = self.actions.get(action, self.default)
        shipped = load_taxonomy().rules.get(action)
        general = rule if shipped is None else rule.over(shipped)
        own = self.cameras.get(camera, {}).get(action) if camera is not None else None
        return general if own is None else own.over(general)


def _chosen(
    rules: Mapping[str, ActionRule], actions: Collection[str], *, wanted: bool
) -> dict[str, ActionRule]:
    return {name: rule for name, rule in rules.items() if (name in actions) == wanted}


class SourceRules:
    """The rules of one source: a list of C, and the same as arrays (C,) to judge all at once.

    enter: infinite for an action that never makes an event. smoothing_s: seconds.
    """

    def __init__(self, rules: Sequence[ActionRule], background: int | None) -> None:
        self.rules = list(rules)
        self._background = background
        self.enter: Scores = np.zeros(len(rules))
        self.smoothing_s: Scores = np.zeros(len(rules))
        for index, rule in enumerate(rules):
            self.set(index, rule)

    def set(self, index: int, rule: ActionRule) -> None:
        """Judge an action by a rule."""
        told = rule.enabled and index != self._background
        self.rules[index] = rule
        self.enter[index] = rule.enter if told else math.inf
        self.smoothing_s[index] = rule.smoothing_s

    def smoothed(self, old: Scores, new: Scores, elapsed_s: float) -> Scores:
        """Exponential moving average (C,) whose memory is a time, whatever the step's length."""
        tau_s = self.smoothing_s
        weight = np.where(tau_s > 0, -np.expm1(-elapsed_s / np.maximum(tau_s, 1e-9)), 1.0)
        mix: Scores = old + (new - old) * weight
        return mix


class RuleBook:
    """The rules of all sources, as configured and as changed since.

    labels: C class names. background: the one that never makes an event. cameras: names by source
    id. Raises ValueError for an action in the configuration that is none of the labels.
    """

    def __init__(
        self,
        config: EventConfig,
        labels: Sequence[str],
        background: str | None,
        cameras: Mapping[int, str],
    ) -> None:
        self._config = config
        self._labels = tuple(labels)
        self._background = next((i for i, one in enumerate(labels) if one == background), None)
        self._cameras = cameras
        self._check_known("events.actions", config.actions)
        for camera, actions in config.cameras.items():
            self._check_known(f"events.cameras.{camera}", actions)
        self._general = self._configured(None)
        self._own = {
            source_id: self._configured(name)
            for source_id, name in cameras.items()
            if name in config.cameras
        }

    def of(self, source_id: int) -> SourceRules:
        """The rules of a source now."""
        return self._own.get(source_id, self._general)

    def index(self, action: str) -> int:
        """Where an action is among the labels. ValueError where it is not."""
        if action not in self._labels:
            near = difflib.get_close_matches(action, self._labels, n=1)
            known = ", ".join(self._labels)
            hint = f"; did you mean '{near[0]}'?" if near else f"; it knows {known}"
            raise ValueError(f"the model has no action '{action}'{hint}")
        return self._labels.index(action)

    def change(self, action: str, change: ActionRule | None, source_id: int | None) -> int:
        """Change the rule of an action, before one source or all; the action's index.

        change: what differs from now; None: back to the configuration.
        """
        index = self.index(action)
        if source_id is None:
            changed = [(None, self._general), *self._own.items()]
        else:
            fresh = SourceRules(self._general.rules, self._background)
            changed = [(source_id, self._own.setdefault(source_id, fresh))]
        for source, rules in changed:
            camera = None if source is None else self._cameras.get(source)
            now = rules.rules[index]
            back = self._config.rule(action, camera)
            rules.set(index, back if change is None else change.over(now))
        return index

    def _configured(self, camera: str | None) -> SourceRules:
        rules = [self._config.rule(label, camera) for label in self._labels]
        return SourceRules(rules, self._background)

    def _check_known(self, place: str, actions: Mapping[str, ActionRule]) -> None:
        for action in actions:
            try:
                self.index(action)
            except ValueError as error:
                raise ValueError(f"{place}: {error}") from None
