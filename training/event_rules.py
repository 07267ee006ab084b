"""Chooses when events begin and end: the rules with the best event F1 on scored scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from recognition.frames import Float
from recognition.hysteresis import ActionRule, Hysteresis
from recognition.layouts import SINGLE, SOCIAL
from recognition.scoring import Span, Tally, score
from recognition.taxonomy import load_taxonomy
from training.decisions import Decided
from training.pair_spans import pair_spans

ENTER = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
EXIT_SHARE = (0.4, 0.6, 0.8)
MIN_ON_S = (0.0, 0.3, 0.6)
MIN_OFF_S = (0.3, 0.6, 0.9)
LAG_S = (0.5, 0.6, 0.7, 0.8, 0.9)
SMOOTHING_S = (0.15, 0.3)

_ROUNDS = 3
_PAIRS = tuple(action.name for action in load_taxonomy().of_level("human_human"))


@dataclass(frozen=True, slots=True)
class ScoredTrack:
    """One track: times_ns (N,), scores (N, C); person: whose it is, None for nobody's."""

    person: str | None
    times_ns: tuple[int, ...]
    scores: Float


@dataclass(frozen=True, slots=True)
class ScoredScene:
    """What one camera's tracks scored, and what was true and could be seen.

    decided: the same, for what two people do together; None without a model that tells it.
    weight: times that the scene counts.
    """

    tracks: tuple[ScoredTrack, ...]
    truth: tuple[Span, ...]
    decided: Decided | None = None
    weight: int = 1


def scored_scene(
    decided: Decided, owners: Mapping[int, str | None], truth: Sequence[Span], *, weight: int = 1
) -> ScoredScene:
    """A camera's scene by what was decided of its tracks. owners: whose each track is."""
    tracks = [
        ScoredTrack(owners[track_id], times, scores)
        for track_id, (times, scores) in decided.alone().items()
    ]
    together = decided.named(owners) if decided.social else None
    return ScoredScene(tuple(tracks), tuple(truth), together, weight)


def spans_of(track: ScoredTrack, action: str, rule: ActionRule) -> list[Span]:
    """The events of one action that a rule makes of a track's scores."""
    machine = Hysteresis(rule)
    column = SOCIAL.classes.index(action)
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
        total += _counted(scene, action, found)
    return total


def _pair_tallies(scenes: Sequence[ScoredScene], rule: ActionRule) -> dict[str, Tally]:
    """Events of every action of two people under one rule."""
    totals = dict.fromkeys(_PAIRS, Tally())
    for scene in scenes:
        spans = pair_spans(scene.decided, rule) if scene.decided else []
        for name in _PAIRS:
            found = [span for span in spans if span.action == name]
            totals[name] += _counted(scene, name, found)
    return totals


def retallied(scenes: Sequence[ScoredScene], rules: Mapping[str, ActionRule]) -> dict[str, Tally]:
    """Events of every action, each under its own rule."""
    return {
        name: _pair_tallies(scenes, rule)[name] if name in _PAIRS else tally(scenes, name, rule)
        for name, rule in rules.items()
    }


def _counted(scene: ScoredScene, action: str, found: Sequence[Span]) -> Tally:
    truth = [span for span in scene.truth if span.action == action]
    if not found and not truth:
        return Tally()
    once = score(truth, found, labels={action}).total
    return sum([once] * scene.weight, Tally())


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
    actions = [name for name in SINGLE.classes if name != "background"]
    counts = {name: [tally(scenes, name, rule) for rule in options] for name in actions}
    if any(scene.decided for scene in scenes):
        together = [_pair_tallies(scenes, rule) for rule in options]
        counts |= {name: [told[name] for told in together] for name in _PAIRS}
    f1 = 0.5
    chosen: dict[str, int] = {}
    for _ in range(_ROUNDS):
        for name in counts:
            worth = [2 * t.right - f1 * (t.true + t.found) for t in counts[name]]
            chosen[name] = middle_of_best(worth, options)
        f1 = sum((counts[name][index] for name, index in chosen.items()), Tally()).f1
    return (
        {name: options[index] for name, index in chosen.items()},
        {name: counts[name][index] for name, index in chosen.items()},
    )


def middle_of_best(
    worth: Sequence[float], options: Sequence[ActionRule], usual: ActionRule | None = None
) -> int:
    """Of the options within one event of the best, the one nearest to the usual rule."""
    usual = usual or ActionRule()
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
