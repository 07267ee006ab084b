"""Things near the hands: one thing gives the same numbers, and what is not there gives none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from recognition.frames import PREDICTED, Float, Frame, Object, Person
from recognition.fusion_input import fusion_input
from recognition.objects import (
    CLASSES,
    GEOMETRY,
    MIRROR_ORDER,
    MIRROR_SIGN,
    OBJECT_SIZE,
    OBJECT_SLOTS,
    ROW,
    ObjectConfig,
    object_features,
)
from recognition.skeleton import LEFT, RIGHT
from recognition.windows import Window, WindowConfig, WindowStore
from tests.recognition.people import clip, frame, person, standing

BOX = (100.0, 100.0, 200.0, 400.0)
LEFT_WRIST = (176.0, 250.0)  # of ``standing(BOX)``


def thing(
    box: tuple[float, float, float, float] = (170, 240, 182, 260),
    *,
    label: str = "cup",
    track_id: int = 50,
    confidence: float = 0.8,
) -> Object:
    return Object(
        label=label, track_id=track_id, box=np.array(box, np.float32), confidence=confidence
    )


def shot(pts_s: float, *things: Object, who: Person | None = None) -> Frame:
    return Frame(
        source_id=0,
        pts_ns=round(pts_s * 1e9),
        width=1280,
        height=720,
        persons=(who or person(BOX),),
        objects=things,
    )


def rows(box: tuple[float, float, float, float], *, steps: int = 4) -> Float:
    """One cup in the first slot of every step."""
    made = np.zeros((1, steps, OBJECT_SLOTS, ROW), np.float32)
    made[:, :, 0] = (*box, 0.8, CLASSES.index("cup"), 1.5, 7)
    return made


def features(things: Float, keypoints: Float, box: tuple[float, ...]) -> tuple[Float, Float]:
    steps = things.shape[1]
    return object_features(
        things,
        np.tile(keypoints, (1, steps, 1, 1)),
        np.tile(np.array(box, np.float32), (1, steps, 1)),
        np.ones((1, steps), np.float32),
        rate_hz=15,
    )


def last_window(*shots: Frame) -> Window:
    store = WindowStore(WindowConfig(min_seen_steps=1, hop_steps=1), knows_objects=True)
    return [window for one in shots for window in store.push(one)[0]][-1]


@given(st.floats(0, 1000), st.floats(0, 500), st.floats(0.3, 3))
def test_a_cup_in_a_hand_means_the_same_anywhere_and_at_any_size(
    x: float, y: float, scale: float
) -> None:
    def moved(box: tuple[float, ...]) -> tuple[float, float, float, float]:
        x1, y1, x2, y2 = box
        return (x + scale * x1, y + scale * y1, x + scale * x2, y + scale * y2)

    cup = (165.0, 240.0, 180.0, 262.0)
    here, _ = features(rows(cup), standing(BOX), BOX)
    there, _ = features(rows(moved(cup)), standing(moved(BOX)), moved(BOX))
    np.testing.assert_allclose(here, there, atol=3e-3)


@given(
    st.tuples(st.floats(0, 1000), st.floats(0, 600), st.floats(5, 200), st.floats(5, 200)),
    st.floats(-30, 30),
)
def test_in_a_mirror_left_is_right_and_nothing_else_changes(
    place: tuple[float, float, float, float], step: float
) -> None:
    x, y, width, height = place
    things = rows((x, y, x + width, y + height))
    things[0, :, 0, 0] += step * np.arange(4)
    things[0, :, 0, 2] += step * np.arange(4)
    keypoints = standing(BOX)
    keypoints[9, :2] += (40, -60)
    mirrored = things.copy()
    mirrored[..., 0], mirrored[..., 2] = 1280 - things[..., 2], 1280 - things[..., 0]
    mirrored[..., 1:, :] = 0
    turned = keypoints.copy()
    turned[:, 0] = 1280 - keypoints[:, 0]
    turned[[*LEFT, *RIGHT]] = turned[[*RIGHT, *LEFT]]
    obj, _ = features(things, keypoints, BOX)
    other, _ = features(mirrored, turned, (1280 - BOX[2], BOX[1], 1280 - BOX[0], BOX[3]))
    expected = obj[..., :GEOMETRY][..., list(MIRROR_ORDER)] * np.array(MIRROR_SIGN)
    np.testing.assert_allclose(other[..., :GEOMETRY], expected, atol=2e-3)
    np.testing.assert_array_equal(other[..., GEOMETRY:], obj[..., GEOMETRY:])


@given(
    st.lists(st.floats(width=32), min_size=4, max_size=4),
    st.floats(-1, 2),
    st.lists(st.floats(-1e4, 1e4), min_size=4, max_size=4),
)
def test_features_are_finite_whatever_the_detector_reports(
    box: list[float], confidence: float, who: list[float]
) -> None:
    odd = Object(label="?", track_id=3, box=np.array(box, np.float32), confidence=confidence)
    body = person((who[0], who[1], who[2], who[3]))
    window = last_window(*(shot(n / 15, odd, thing(), who=body) for n in range(6)))
    inputs = fusion_input([window], [None], rate_hz=15)
    assert inputs["obj"].shape == (1, 48, OBJECT_SLOTS, OBJECT_SIZE)
    assert np.isfinite(inputs["obj"]).all()
    assert (inputs["obj"][inputs["obj_mask"] == 0] == 0).all()


def test_numbers_in_an_empty_slot_or_an_unseen_step_change_nothing() -> None:
    things = rows((165, 240, 180, 262))
    before, mask = features(things, standing(BOX), BOX)
    things[:, :, 1:] = np.nan
    things[:, :, 1:, 7] = 0
    after, _ = features(things, standing(BOX), BOX)
    np.testing.assert_array_equal(before, after)
    assert mask.tolist() == [[[1, 0, 0, 0]] * 4]


def test_a_thing_at_the_wrist_is_near_and_a_missing_wrist_tells_nothing() -> None:
    x, y = LEFT_WRIST
    obj, _ = features(rows((x - 10, y - 10, x + 10, y + 10)), standing(BOX), BOX)
    np.testing.assert_allclose(obj[0, 0, 0, 4:6], 0, atol=1e-3)
    assert obj[0, 0, 0, 8] == pytest.approx(1)
    assert obj[0, 0, 0, 9] < 0.6
    blind = standing(BOX)
    blind[9:11] = 0
    obj, _ = features(rows((x - 10, y - 10, x + 10, y + 10)), blind, BOX)
    assert (obj[0, 0, 0, 4:10] == 0).all()
    assert obj[0, 0, 0, 14] == pytest.approx(0.8)


def test_a_class_is_as_likely_as_its_score_and_names_of_coco_are_known() -> None:
    config = ObjectConfig()
    assert CLASSES[config.slot("cell phone")] == "phone"
    assert CLASSES[config.slot("sports ball")] == "ball"
    assert CLASSES[config.slot("zebra")] == "other"
    obj, _ = features(rows((165, 240, 180, 262)), standing(BOX), BOX)
    assert obj[0, 0, 0, GEOMETRY + CLASSES.index("cup")] == pytest.approx(0.8)
    assert obj[0, 0, 0, GEOMETRY:].sum() == pytest.approx(0.8)


def test_a_site_may_say_what_its_detectors_labels_mean() -> None:
    assert CLASSES[ObjectConfig(labels={"mug": "cup"}).slot("mug")] == "cup"
    with pytest.raises(ValidationError, match=r"the model knows no \['goblet'\]; wanted some of"):
        ObjectConfig(labels={"mug": "goblet"})


def test_the_things_nearest_to_the_hands_stand_in_the_window() -> None:
    far = [
        thing((600 + 40 * n, 100, 620 + 40 * n, 120), label="book", track_id=n) for n in range(6)
    ]
    window = last_window(*(shot(n / 15, *far, thing()) for n in range(8)))
    assert window.objects is not None
    newest = window.objects[-1]
    assert CLASSES.index("cup") in newest[:, 5]
    np.testing.assert_allclose(newest[0, :4], (170, 240, 182, 260), atol=1e-3)
    assert sorted(newest[1:, 0]) == [600, 640, 680]


def test_a_thing_keeps_its_slot_while_others_come_as_near() -> None:
    def at(x: float, number: int) -> Object:
        return thing((x, 240, x + 12, 260), track_id=number)

    shots = []
    for n in range(30):
        wobble = 3 * (-1) ** n  # all five change places in every frame
        shots.append(shot(n / 15, *(at(300 + wobble * (-1) ** k, k) for k in range(5))))
    window = last_window(*shots)
    assert window.objects is not None
    serials = window.objects[-25:, :, 7]
    assert (serials == serials[0]).all()
    assert (serials > 0).all()


def test_a_thing_that_is_not_seen_stays_for_a_moment_at_half_its_score() -> None:
    shots = [shot(n / 15, *([thing()] if n < 6 else [])) for n in range(14)]
    window = last_window(*shots)
    assert window.objects is not None
    scores = window.objects[-14:, 0, 4]
    np.testing.assert_allclose(scores[:6], 0.8)
    np.testing.assert_allclose(scores[6:9], 0.4)
    assert (scores[10:] == 0).all()


def test_what_the_tracker_only_predicted_is_no_thing() -> None:
    window = last_window(*(shot(n / 15, thing(confidence=PREDICTED)) for n in range(8)))
    assert window.objects is not None
    assert (window.objects == 0).all()


def test_a_moving_thing_is_between_its_sightings_as_the_hand_is() -> None:
    shots = []
    for n in range(8):  # 5 frames a second; the grid has 15 steps
        left = 170.0 + 60 * n
        shots.append(shot(n / 5, thing((left, 240, left + 12, 260))))
    window = last_window(*shots)
    assert window.objects is not None
    np.testing.assert_allclose(np.diff(window.objects[-20:, 0, 0]), 20, atol=0.1)


def test_a_detector_that_knows_only_people_is_told_apart_from_one_that_sees_no_things() -> None:
    without = WindowStore(WindowConfig())
    blind = [w for one in clip(4) for w in without.push(one)[0]][-1]
    store = WindowStore(WindowConfig(), knows_objects=True)
    seeing = [w for one in clip(4) for w in store.push(one)[0]][-1]
    assert blind.objects is None
    inputs = fusion_input([blind, seeing], [None, None], rate_hz=15)
    assert inputs["mod"][:, 2].tolist() == [0, 1]
    assert (inputs["obj_mask"] == 0).all()


def test_a_new_track_sees_no_thing_of_the_one_that_had_its_memory() -> None:
    store = WindowStore(WindowConfig(max_tracks=1, min_seen_steps=1), knows_objects=True)
    for n in range(60):
        store.push(shot(n / 15, thing()))
    assert store.forget_source(0) == [(0, 1)]
    due = [w for n in range(10) for w in store.push(frame(4 + n / 15, person(track_id=2)))[0]]
    assert due[-1].objects is not None
    assert (due[-1].objects == 0).all()
