"""Remembers in which group's event an event of its members began."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from recognition.continuation import EventName
from recognition.events import ActionEvent

FindGroup = Callable[[int, Sequence[int]], EventName | None]
"""Source and track ids to the open event of the group that all of them are in."""


class Parents:
    """Names the parent in every message of an event that began within a group's."""

    def __init__(self, find: FindGroup) -> None:
        self._find = find
        self._parents: dict[tuple[int, EventName], EventName] = {}

    def named(self, events: Iterable[ActionEvent]) -> list[ActionEvent]:
        """Messages of single people and pairs, with their parents."""
        return [self._with_parent(event) for event in events]

    def _with_parent(self, event: ActionEvent) -> ActionEvent:
        key = event.source_id, event.name
        if event.phase == "start":
            parent = self._find(event.source_id, (event.track_id, *event.co_tracks))
            if parent is not None:
                self._parents[key] = parent
        parent = self._parents.get(key)
        if event.phase in ("end", "retract"):
            self._parents.pop(key, None)
        return event if parent is None else replace(event, parent=parent)
