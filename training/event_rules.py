"""Chooses when events begin and end: the rules with the best event F1 on scored scenes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from engines.protocol import Engine
from recognition.frames import Float, Frame
from recognition.fusion_input import SLOTS, fusion_input
from recognition.hysteresis import ActionRule, Hysteresis
from recognition.scoring import Span, Tally, score
from recognition.sound import SoundMemory
from recognition.windows import WindowConfig, WindowStore
from training.labels import CLASSES

ENTER = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
EXIT_SHARE = (0.4, 0.6, 0.8)
MIN_ON_S = (0.0, 0.3, 0.6)
MIN_OFF_S = (0.3, 0.6, 0.9)
LAG_S = (0.5, 0.6, 0.7, 0.8, 0.9)
SMOOTHING_S = (0.15, 0.3)

_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class ScoredTrack:
    """One track: times_ns (N,), scores (N, C); person: whose it is, None for nobody's."""

    person: str | None
    times_ns: tuple[int, ...]
    scores: Float


@dataclass(frozen=True, slots=True)
class ScoredScene:
    """What one camera's tracks scored, and what was true and could be seen."""

    tracks: tuple[ScoredTrack, ...]
    truth: tuple[Span, ...]


def scored_tracks(
    frames: Iterable[Frame],
    memory: SoundMemory | None,
    engine: Engine,
    *,
    start_ns: int = 0,
    knows_objects: bool = True,
) -> dict[int, tuple[list[int], Float]]:
    """Scores of every track of one source, by track id; times count from ``start_ns``."""
    config = WindowConfig()
    store = WindowStore(config, knows_objects=knows_objects)
    slot_ns = config.steps * config.step_ns // SLOTS
    due = [window for frame in frames for window in store.push(frame)[0]]
    found: dict[int, tuple[list[int], list[Float]]] = {}
    for first in range(0, len(due), 256):
        part = due[first : first + 256]
        tokens = [
            memory.tokens(window.end_ns, slots=SLOTS, slot_ns=slot_ns) if memory else None
            for window in part
        ]
        logits = engine.run(fusion_input(part, tokens, rate_hz=config.rate_hz))["logits"]
        shown = np.exp(logits - logits.max(axis=1, keepdims=True))
        for window, row in zip(part, shown / shown.sum(axis=1, keepdims=True), strict=True):
            times, scores = found.setdefault(window.track_id, ([], []))
            times.append(window.end_ns - start_ns)
            scores.append(row)
    return {key: (times, np.stack(scores)) for key, (times, scores) in found.items()}


def spans_of(track: ScoredTrack, action: str, rule: ActionRule) -> list[Span]:
    """The events of one action that a rule makes of a track's scores."""
    machine = Hysteresis(rule)
    column = CLASSES.index(action)
    smooth, last_ns, spans = 0.0, 0, []

    def told() -> None:
        end_ns = machine.end_ns or machine.onset_ns
        span = Span(
            action=action, person=track.person, onset_s=machine.onset_ns / 1e9, end_s=end_ns / 1e9
        )
        spans.append(span)

    values = track.scores[:, column].tolist()
    if max(values, default=0.0) < rule.enter:  # nor do smoothed scores get there
        return []
    for number, (at_ns, value) in enumerate(zip(track.times_ns, values, strict=True)):
        tau = rule.smoothing_s
        weight = -np.expm1(-(at_ns - last_ns) / 1e9 / tau) if number and tau else 1.0
        smooth += (value - smooth) * weight
        last_ns = at_ns
        if machine.step(round(smooth, 6), at_ns) == "end":
            told()
    if machine.state == "open":
        machine.close(last_ns, "stream_ended")
        told()
    return spans


def tally(scenes: Sequence[ScoredScene], action: str, rule: ActionRule) -> Tally:
    """Events of one action over all scenes under a rule."""
    total = Tally()
    for scene in scenes:
        found = [span for track in scene.tracks for span in spans_of(track, action, rule)]
        truth = [span for span in scene.truth if span.action == action]
        if found or truth:
            total += score(truth, found, labels={action}).total
    return total


def choose_rules(
    scenes: Sequence[ScoredScene], *, lag_s: float, smoothing_s: float
) -> tuple[dict[str, ActionRule], dict[str, Tally]]:
    """The rule of each class with which the micro F1 over all classes is highest, and its counts.

    Each class is chosen by 2 right - F1 (true + found) (Dinkelbach 1967), F1 being what the choice
    before reached.
    """
    options = [
        ActionRule(
            enter=enter, exit=round(enter * share, 3), min_on_s=on, min_off_s=off,
            smoothing_s=smoothing_s, lag_s=lag_s,
        )
        for enter, share, on, off in product(ENTER, EXIT_SHARE, MIN_ON_S, MIN_OFF_S)
    ]  # fmt: skip
    actions = [name for name in CLASSES if name != "background"]
    counts = {name: [tally(scenes, name, rule) for rule in options] for name in actions}
    f1 = 0.5
    chosen: dict[str, int] = {}
    for _ in range(_ROUNDS):
        for name in actions:
            worth = [2 * t.right - f1 * (t.true + t.found) for t in counts[name]]
            chosen[name] = _middle_of_best(worth, options)
        f1 = sum((counts[name][index] for name, index in chosen.items()), Tally()).f1
    return (
        {name: options[index] for name, index in chosen.items()},
        {name: counts[name][index] for name, index in chosen.items()},
    )


def _middle_of_best(worth: Sequence[float], options: Sequence[ActionRule]) -> int:
    """Of the options within one event of the best, the one nearest to the usual rule."""
    usual = ActionRule()
    best = max(worth)

    def odd(index: int) -> float:
        rule = options[index]
        return (
            abs(rule.enter - usual.enter)
            + abs(rule.exit / rule.enter - usual.exit / usual.enter)
            + abs(rule.min_on_s - usual.min_on_s)
            + abs(rule.min_off_s - usual.min_off_s)
        )

    return min((i for i, value in enumerate(worth) if value >= best - 1), key=odd)


def total_f1(tallies: Mapping[str, Tally]) -> float:
    """Micro F1 over all classes."""
    return sum(tallies.values(), Tally()).f1
