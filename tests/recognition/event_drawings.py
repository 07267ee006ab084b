"""Scores over time, drawn: one character is one step of 100 ms."""

from __future__ import annotations

import numpy as np

from recognition.events import ActionEvent, EventLogic, Evidence
from recognition.frames import Float
from recognition.hysteresis import ActionRule
from recognition.rules import EventConfig

STEP_NS = 100_000_000
LABELS = ("background", "walk", "wave")
SCORE = {".": 0.1, "~": 0.4, "=": 0.5, "#": 0.9, "*": 0.7}
MARK = {"start": "+", "update": "u", "end": "-", "retract": "x"}

PLAIN = ActionRule(enter=0.7, exit=0.4, min_on_s=0, min_off_s=0, smoothing_s=0)
LASTING = ActionRule(enter=0.7, exit=0.4, min_on_s=0.3, min_off_s=0.3, smoothing_s=0)


def logic(rule: ActionRule = PLAIN, **settings: float) -> EventLogic:
    if "lag_s" not in rule.model_fields_set:  # the taxonomy's would hide what is drawn
        rule = rule.model_copy(update={"lag_s": 0.0})
    return EventLogic(EventConfig.model_validate({"default": rule, **settings}), LABELS)


def scores(walk: float = 0.0, wave: float = 0.0) -> Float:
    return np.array([max(0.0, 1 - walk - wave), walk, wave], dtype=np.float32)


def feed(
    machine: EventLogic, values: Float, pts_ns: int, source_id: int = 0, track_id: int = 7
) -> list[ActionEvent]:
    return machine.step(
        source_id=source_id,
        track_id=track_id,
        pts_ns=pts_ns,
        scores=values,
        evidence={"pose": Evidence(present=True, quality=0.8, weight=0.6)},
        box=np.array([10, 20, 110, 220], dtype=np.float32),
        frame_size=(640, 360),
    )


def walk_events(machine: EventLogic, drawing: str, track_id: int = 7) -> list[ActionEvent]:
    return [
        event
        for i, mark in enumerate(drawing)
        for event in feed(machine, scores(walk=SCORE[mark]), i * STEP_NS, track_id=track_id)
    ]


def draw(rule: ActionRule, drawing: str, **settings: float) -> str:
    marks = [" "] * len(drawing)
    for event in walk_events(logic(rule, **settings), drawing):
        marks[event.pts_ns // STEP_NS] = MARK[event.phase]
    return "".join(marks)
