"""Rules are chosen by the events that they make."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from recognition.hysteresis import ActionRule
from recognition.layouts import SOCIAL
from recognition.pairs import Decision
from recognition.scoring import Span, Tally
from tests.recognition.fusion import ScriptedFusion
from tests.recognition.people import clip
from training.decisions import Decided, decide
from training.event_rules import (
    ScoredScene,
    ScoredTrack,
    choose_rules,
    scored_scene,
    spans_of,
    total_f1,
)
from training.labels import CLASSES

STEP_NS = 333_000_000


def track(drawing: str, action: str = "wave", person: str | None = "ann") -> ScoredTrack:
    """One character is the score of ``action`` in tenths at a step of a third of a second."""
    scores: Float = np.zeros((len(drawing), len(CLASSES)), np.float32)
    scores[:, CLASSES.index(action)] = [int(mark) / 10 for mark in drawing]
    times = tuple(step * STEP_NS for step in range(1, len(drawing) + 1))
    return ScoredTrack(person, times, scores)


def wave(onset_s: float, end_s: float) -> Span:
    return Span(action="wave", person="ann", onset_s=onset_s, end_s=end_s)


def test_a_rule_makes_spans_of_scores_set_back_by_its_lag() -> None:
    rule = ActionRule(enter=0.5, exit=0.3, min_on_s=0, min_off_s=0, smoothing_s=0, lag_s=0.6)
    (span,) = spans_of(track("0009990000"), "wave", rule)
    assert (round(span.onset_s, 2), round(span.end_s, 2)) == (0.73, 1.73)
    (open_one,) = spans_of(track("0009999"), "wave", rule)
    assert round(open_one.end_s, 2) == 2.33


def test_the_threshold_that_parts_true_from_false_is_chosen() -> None:
    scenes = [
        ScoredScene((track("0007777700000"),), (wave(0.8, 2.3),)),
        ScoredScene((track("0055555500000"),), ()),
        ScoredScene((track("0055500000055"),), ()),
    ]
    rules, tallies = choose_rules(scenes, lag_s=0.5, smoothing_s=0.0)
    assert 0.5 < rules["wave"].enter <= 0.7
    assert tallies["wave"] == Tally(true=1, found=1, right=1)
    assert total_f1(tallies) == 1.0
    assert rules["kick"].enter == ActionRule().enter


def test_an_event_of_nobody_is_a_false_alarm() -> None:
    ghost = ScoredScene((track("0009999000", person=None),), ())
    _, tallies = choose_rules([ghost] * 4, lag_s=0.5, smoothing_s=0.0)
    assert tallies["wave"].right == 0


def test_every_track_is_scored_at_the_moments_of_the_program() -> None:
    engine = ScriptedFusion(lambda _arrays: "walk", CLASSES)
    decided = decide(clip(6, step_px=100), None, engine, start_ns=1_000_000_000)
    ((times, scores),) = decided.alone().values()
    assert len(times) == len(scores) > 12
    assert (scores.argmax(axis=1) == CLASSES.index("walk")).all()
    assert max(times) < 5_000_000_000


def meeting(drawing: str) -> Decided:
    """Tracks 1 and 2 stand near each other; one character is the score of both for ``hug``."""
    decisions = []
    for step, mark in enumerate(drawing, 1):
        scores: Float = np.zeros(len(SOCIAL.classes), np.float32)
        scores[SOCIAL.classes.index("hug")] = int(mark) / 10
        decisions += [
            Decision(
                source_id=0, track_id=own, pts_ns=step * STEP_NS, scores=scores, near=(other,),
                evidence={}, box=np.array([0, 0, 10, 30], np.float32), frame_size=(640, 480),
            )
            for own, other in ((1, 2), (2, 1))
        ]  # fmt: skip
    return Decided(SOCIAL.classes, True, tuple(decisions))


def test_what_two_people_do_gets_a_rule_by_events_of_both() -> None:
    hugs = [Span(action="hug", person=name, onset_s=0.8, end_s=2.3) for name in ("ann", "bob")]
    owners = {1: "ann", 2: "bob"}
    scenes = [
        scored_scene(meeting("0007777700000"), owners, hugs),
        scored_scene(meeting("0055555500000"), owners, ()),
        scored_scene(meeting("0055500000055"), owners, ()),
    ]
    rules, tallies = choose_rules(scenes, lag_s=0.5, smoothing_s=0.0)
    assert 0.5 < rules["hug"].enter <= 0.7
    assert tallies["hug"] == Tally(true=2, found=2, right=2)


def test_a_scene_of_more_weight_counts_as_often() -> None:
    true, false = (track("0009999000", person=name) for name in ("ann", None))
    scenes = [
        ScoredScene((true,), (wave(0.8, 2.3),), weight=3),
        ScoredScene((false,), ()),
    ]
    _, tallies = choose_rules(scenes, lag_s=0.5, smoothing_s=0.0)
    assert tallies["wave"] == Tally(true=3, found=4, right=3)
