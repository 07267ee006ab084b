"""Chooses when events of groups begin and end: the rules with the best event F1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from recognition.hysteresis import ActionRule
from recognition.scoring import Tally, score
from training.event_rules import middle_of_best
from training.group.replay import Replay
from training.group.scenes import CLASSES, GROUPS

ENTER = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
EXIT_SHARE = (0.5, 0.75)
MIN_ON_S = (0.0, 1.0, 2.0)
MIN_OFF_S = (1.0, 2.0, 3.0, 5.0)
SMOOTHING_S = (0.0, 1.0, 2.0)
LAG_S = (0.5, 0.9, 1.3)

_ROUNDS = 2
_USUAL = ActionRule(enter=0.6, exit=0.3, min_on_s=1, min_off_s=2, smoothing_s=1, lag_s=0.9)


def choose_rules(
    replays: Sequence[Replay],
) -> tuple[dict[str, ActionRule], dict[str, Tally]]:
    """The rule of each action of groups, and its counts with it.

    What begins an event is chosen in turn with what ends and delays it, each given the other.
    """
    rules = {name: _best_rule(replays, name) for name in GROUPS}
    return rules, {name: tally(replays, name, rule) for name, rule in rules.items()}


def _best_rule(replays: Sequence[Replay], action: str) -> ActionRule:
    rule = _USUAL
    for _ in range(_ROUNDS):
        for drawn in (_beginnings, _ends):
            options = drawn(rule)
            counts = [tally(replays, action, option) for option in options]
            f1 = max(count.f1 for count in counts)
            worth = [2 * c.right - f1 * (c.true + c.found) for c in counts]
            rule = options[middle_of_best(worth, options, _USUAL)]
    return rule


def _beginnings(rule: ActionRule) -> list[ActionRule]:
    return [
        rule.model_copy(update={"enter": enter, "exit": round(enter * share, 3), "min_on_s": on})
        for enter, share, on in product(ENTER, EXIT_SHARE, MIN_ON_S)
    ]


def _ends(rule: ActionRule) -> list[ActionRule]:
    return [
        rule.model_copy(update={"min_off_s": off, "smoothing_s": smoothing, "lag_s": lag})
        for off, smoothing, lag in product(MIN_OFF_S, SMOOTHING_S, LAG_S)
    ]


def tally(replays: Sequence[Replay], action: str, rule: ActionRule) -> Tally:
    """Events of one action over all scenes under a rule; the other actions tell none."""
    off = dict.fromkeys(GROUPS, ActionRule(enabled=False))
    total = Tally()
    for replay in replays:
        told = replay.spans(CLASSES, {**off, action: rule})
        truth = [span for span in replay.truth if span.action == action]
        if told or truth:
            once = score(truth, told, labels={action}).total
            total = sum([once] * replay.weight, total)
    return total


def table(rules: dict[str, ActionRule], tallies: dict[str, Tally]) -> Iterator[str]:
    """The rules as lines for ``configs/taxonomy.yaml``, each with what it reaches."""
    keys = ("enter", "exit", "min_on_s", "min_off_s", "smoothing_s", "lag_s")
    for name, rule in rules.items():
        values = ", ".join(f"{key}: {getattr(rule, key):g}" for key in keys)
        count = tallies[name]
        yield (
            f"{name}: {{{values}}}  # F1 {count.f1:.2f}: {count.right} right of {count.found} "
            f"told, {count.true} true"
        )
