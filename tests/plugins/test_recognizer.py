"""From frames and sound to events, with an engine whose answer is known."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.errors import EngineError
from engines.protocol import Tensor
from plugins.fusion_labels import fusion_labels
from plugins.recognizer import Recognizer
from recognition.events import ActionEvent
from recognition.frames import Frame
from recognition.layouts import SOCIAL, VISUAL
from recognition.rules import EventConfig
from recognition.sound import TOKEN_SIZE, LogMelStream
from recognition.windows import WindowConfig
from tests.recognition.fusion import LABELS, ScriptedFusion, walks_when_moving
from tests.recognition.people import clip, frame, person


def recognizer(engine: ScriptedFusion, sources: tuple[int, ...] = (0,)) -> Recognizer:
    return Recognizer(engine, LABELS, windows=WindowConfig(), events=EventConfig(), sources=sources)


def told(events: Iterable[ActionEvent]) -> list[tuple[int, str, str]]:
    return [(event.source_id, event.action, event.phase) for event in events]


def play(frames: Iterable[Frame], recognizer_: Recognizer) -> list[ActionEvent]:
    return [event for shot in frames for event in recognizer_.step([shot])]


def test_a_walk_is_told_once_and_ends_with_its_track() -> None:
    one = recognizer(ScriptedFusion(walks_when_moving))
    events = play(clip(5, step_px=120), one)
    events += one.step([frame(8.0)])
    assert told(events) == [(0, "walk", "start"), (0, "walk", "end")]
    assert events[1].end_reason == "track_lost"
    assert one.tracks_started == {0: 1}


def test_an_event_says_in_which_zones_the_person_stands() -> None:
    half = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))
    one = Recognizer(
        ScriptedFusion(walks_when_moving), LABELS, windows=WindowConfig(), events=EventConfig(),
        sources=(0, 1), zones={0: {"gate": half}},
    )  # fmt: skip
    start, end = [*play(clip(6, step_px=120), one), *one.step([frame(9.0)])]
    assert start.zones is not None
    assert end.zones is not None
    assert (start.zones.current, start.zones.entered) == ((), ())
    assert (end.zones.current, end.zones.entered) == (("gate",), ("gate",))
    # Their feet are 150 px from the left at first, and pass 640 px after 4.1 s.
    assert end.zones.dwell_s["gate"] == pytest.approx(6 - 4.1, abs=0.1)
    (elsewhere, *_) = play(clip(6, step_px=120, source_id=1), one)
    assert elsewhere.zones is None


def test_all_due_windows_of_a_batch_go_through_the_engine_at_once() -> None:
    engine = ScriptedFusion(lambda _: "background")
    one = recognizer(engine)
    for index in range(90):
        crowd = tuple(person(track_id=5 * n) for n in range(20))
        one.step([frame(index / 30, *crowd)])
    assert set(engine.batches) == {20}


def test_windows_of_a_crowd_are_staggered_by_track() -> None:
    engine = ScriptedFusion(lambda _: "background")
    one = recognizer(engine)
    for index in range(90):
        one.step([frame(index / 30, *(person(track_id=n) for n in range(20)))])
    assert max(engine.batches) == 4


def test_how_sources_interleave_changes_no_sources_events() -> None:
    def run(order: list[int]) -> dict[int, list[ActionEvent]]:
        clips = {s: list(clip(6, step_px=120 * s, source_id=s)) for s in (0, 1)}
        one = recognizer(ScriptedFusion(walks_when_moving), (0, 1))
        events: list[ActionEvent] = []
        for source in order:
            events += one.step([clips[source].pop(0)])
        events += one.end_all("stream_ended")
        return {s: [event for event in events if event.source_id == s] for s in (0, 1)}

    assert run([0, 1] * 180) == run([0] * 180 + [1] * 180) == run([1] * 180 + [0] * 180)


def test_a_camera_that_starts_again_ends_its_events_and_begins_anew() -> None:
    one = recognizer(ScriptedFusion(walks_when_moving))
    first = play(clip(5, step_px=120), one)
    again = play(clip(5, step_px=120), one)
    assert told(first) == [(0, "walk", "start")]
    assert told(again) == [(0, "walk", "end"), (0, "walk", "start")]
    assert again[0].end_reason == "camera_offline"


def test_the_end_of_a_source_frees_it_and_leaves_the_others() -> None:
    one = recognizer(ScriptedFusion(walks_when_moving), (0, 1))
    for source in (0, 1):
        play(clip(5, step_px=120, source_id=source), one)
    assert told(one.end_source(0, "stream_ended")) == [(0, "walk", "end")]
    assert told(one.end_all("shutdown")) == [(1, "walk", "end")]


def test_sound_reaches_the_model_and_the_evidence() -> None:
    def claps_when_loud(arrays: object) -> str:
        assert isinstance(arrays, dict)
        return "clap" if arrays["aud"].max() > 1.5 and arrays["mod"][3] else "stand"

    one = recognizer(ScriptedFusion(claps_when_loud))
    samples = np.random.default_rng(0).standard_normal(6 * 16_000).astype(np.float32) * 0.5
    sound = LogMelStream(0).push(samples, 0)
    assert sound is not None
    one.hear(sound)
    events = play(clip(5), one)
    # Until half of a window has been heard, sound counts as absent.
    (clap,) = [event for event in events if event.action == "clap"]
    evidence = clap.evidence
    assert evidence["audio"].present
    assert evidence["audio"].weight == pytest.approx(1 / 4)
    assert evidence["pose"].quality == pytest.approx(0.8, abs=0.01)


def test_tokens_of_an_encoder_reach_the_model_in_place_of_the_bands() -> None:
    heard = []

    def listens(arrays: Mapping[str, Tensor]) -> str:
        heard.append((arrays["mod"][3], arrays["aud"][-1].max()))
        return "stand"

    one = Recognizer(
        ScriptedFusion(listens), LABELS, windows=WindowConfig(), events=EventConfig(), sources=(0,),
        encode=lambda patches: np.full((len(patches), TOKEN_SIZE), 7, np.float32),
    )  # fmt: skip
    sound = LogMelStream(0).push(np.zeros(6 * 16_000, np.float32), 0)
    assert sound is not None
    one.hear(sound)
    play(clip(5), one)
    assert heard[0] == (0, 0)  # half of the first window is before the sound began
    assert heard[-1] == (1, 7)


def shakes_hands_when_near(arrays: Mapping[str, Tensor]) -> str:
    return "handshake" if arrays["nei_mask"][-5:, 0].all() else "walk"


def social(labels: tuple[str, ...] = ("walk", "background", "handshake")) -> Recognizer:
    engine = ScriptedFusion(shakes_hands_when_near, labels, layout=SOCIAL)
    return Recognizer(engine, labels, windows=WindowConfig(), events=EventConfig(), sources=(0, 1))


def test_what_two_people_do_is_one_event_that_names_both_while_a_third_acts_alone() -> None:
    one = social()
    events: list[ActionEvent] = []
    for index in range(120):
        pair = [person((x, 100, x + 100, 400), track_id=n) for n, x in ((7, 100), (3, 220))]
        far = person((1150, 100, 1250, 400), track_id=5)
        events += one.step([frame(index / 30, *pair, far)])
    told_of = [(event.action, event.phase, event.track_id, event.co_tracks) for event in events]
    assert sorted(told_of) == [("handshake", "start", 3, (7,)), ("walk", "start", 5, ())]
    shake = next(event for event in events if event.action == "handshake")
    assert shake.evidence["neighbours"].present
    assert shake.evidence["neighbours"].weight == pytest.approx(1 / 5)
    assert [name for name, _ in one.actions_of(0, 7)] == ["handshake"]
    ends = one.step([frame(8.0)])
    assert sorted(told(ends)) == [(0, "handshake", "end"), (0, "walk", "end")]


def test_who_stands_in_another_picture_is_nobodys_neighbour() -> None:
    one = social()
    events: list[ActionEvent] = []
    for index in range(120):
        events += one.step([frame(index / 30, person(), source_id=n) for n in (0, 1)])
    assert {event.action for event in events} == {"walk"}
    assert not events[0].evidence["neighbours"].present
    assert told(one.end_source(0, "stream_ended")) == [(0, "walk", "end")]


def contributions(event: ActionEvent) -> dict[str, float]:
    return {
        name: round(part.contribution, 2)
        for name, part in event.evidence.items()
        if part.contribution is not None
    }


def test_a_start_says_what_each_modality_that_was_there_gave_to_it() -> None:
    def needs_a_pose(arrays: Mapping[str, Tensor]) -> str:
        pose, trajectory = arrays["mod"][:2]
        return "walk" if pose or not trajectory else "stand"

    engine = ScriptedFusion(needs_a_pose)
    one = recognizer(engine)
    start, end = [*play(clip(5), one), *one.end_all("shutdown")]
    assert contributions(start) == {"pose": 1.0, "trajectory": 0.0}
    assert contributions(end) == {}
    assert engine.batches.count(2) == 1


def test_a_modality_that_speaks_against_an_action_gives_less_than_nothing() -> None:
    def doubts_what_moves(arrays: Mapping[str, Tensor]) -> str:
        return "walk" if arrays["traj"][-1, 2] else "background"

    class Doubtful(ScriptedFusion):
        def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
            answers = super().run(inputs)
            answers["logits"] *= np.where(inputs["mod"][:, 1:2] > 0, 0.2, 1)
            return answers

    start = play(clip(5), recognizer(Doubtful(doubts_what_moves)))[0]
    assert contributions(start)["trajectory"] < -0.2


def test_what_a_pair_owes_to_its_neighbourhood_is_told_too() -> None:
    def needs_neighbours(arrays: Mapping[str, Tensor]) -> str:
        return "handshake" if arrays["mod"][4] and arrays["nei_mask"].any() else "background"

    labels = ("walk", "background", "handshake")
    one = Recognizer(
        ScriptedFusion(needs_neighbours, labels, layout=SOCIAL), labels,
        windows=WindowConfig(), events=EventConfig(), sources=(0,),
    )  # fmt: skip
    pair = [person((x, 100, x + 100, 400), track_id=n) for n, x in ((7, 100), (3, 220))]
    (start,) = play((frame(index / 30, *pair) for index in range(120)), one)
    assert contributions(start) == {"pose": 0.0, "trajectory": 0.0, "neighbours": 1.0}


def test_an_event_goes_on_where_the_tracker_changes_its_mind_about_who_it_is() -> None:
    def shots() -> Iterable[Frame]:
        for shot in clip(6, step_px=120):
            lost = 3.0 < shot.pts_ns / 1e9 < 3.5
            track_id = 4 if shot.pts_ns < 3.2e9 else 9
            people = (replace(one, track_id=track_id) for one in shot.persons)
            yield replace(shot, persons=() if lost else tuple(people))

    one = recognizer(ScriptedFusion(walks_when_moving))
    start, end = [*play(shots(), one), *one.step([frame(9.0)])]
    assert (start.track_id, end.track_id) == (4, 9)
    assert start.name == end.name
    assert one.tracks_started == {0: 1}
    apart = Recognizer(
        ScriptedFusion(walks_when_moving), LABELS,
        windows=WindowConfig(), events=EventConfig(stitch_s=0), sources=(0,),
    )  # fmt: skip
    assert len([event for event in play(shots(), apart) if event.phase == "start"]) == 2


def test_the_overlay_shows_what_somebody_does_under_the_newest_track() -> None:
    one = recognizer(ScriptedFusion(walks_when_moving))
    play(clip(5, step_px=120), one)
    one.step([frame(5.0, person((700, 100, 800, 400), track_id=8))])
    assert [name for name, _ in one.actions_of(0, 8)] == ["walk"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"layout_version": "1"},
            "made for feature layout 1; this program makes 2, 3, 4. "
            "Export it again: edgeact export CHECKPOINT --to FILE",
        ),
        (
            {"sound_tokens": "yamnet"},
            "made for sound.tokens yamnet, the configuration says bands. "
            "Set sound.tokens: yamnet, or train for bands",
        ),
        ({"steps": "24"}, "made for window.steps 24, the configuration says 48"),
        ({"labels": "walk"}, "holds no list of labels"),
        ({"labels": json.dumps(["walk"])}, "1 labels for 4 logits"),
    ],
)
def test_a_model_of_another_layout_is_refused(change: dict[str, str], message: str) -> None:
    engine = ScriptedFusion(walks_when_moving)
    engine.metadata = {**engine.metadata, **change}
    with pytest.raises(EngineError, match=message):
        fusion_labels(engine, Path("fusion.onnx"), WindowConfig())


@pytest.mark.parametrize("look", [0.5, None])
def test_a_model_of_layout_4_is_told_what_people_look_like_where_that_is_known(
    look: float | None,
) -> None:
    told: list[Mapping[str, Tensor]] = []

    def walks(arrays: Mapping[str, Tensor]) -> str:
        told.append(arrays)
        return "walk"

    one = recognizer(ScriptedFusion(walks, layout=VISUAL))
    events = play((frame(index / 15, person(look=look)) for index in range(60)), one)
    assert one.takes_appearance
    assert {float(arrays["mod"][-1]) for arrays in told if arrays["mod"].sum() > 1} >= {
        float(look is not None)
    }
    assert told[0]["ctx"].max() == (look or 0)
    (start,) = (event for event in events if event.phase == "start")
    found = start.evidence["appearance"]
    assert found.present == (look is not None)
    assert (found.quality or 0) > 0 if look else found.quality is None


def test_a_model_with_other_inputs_is_refused() -> None:
    engine = ScriptedFusion(walks_when_moving)
    engine.inputs = {"images": (None, 3, 416, 416)}
    with pytest.raises(EngineError, match=r"takes images \['B', 3, 416, 416\]; wanted pose"):
        fusion_labels(engine, Path("fusion.onnx"), WindowConfig())
