"""Windows: any frame rate, one grid."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.frames import PREDICTED
from recognition.windows import Window, WindowConfig, WindowStore
from tests.recognition.people import clip, frame, person


def windows_of(seconds: float, *, fps: float = 30, step_px: float = 0) -> list[Window]:
    store = WindowStore(WindowConfig())
    return [
        window for shot in clip(seconds, fps=fps, step_px=step_px) for window in store.push(shot)[0]
    ]


@pytest.mark.parametrize("fps", [8, 10, 15, 25, 29.97, 60])
def test_a_window_falls_due_three_times_a_second_whatever_the_frame_rate(fps: float) -> None:
    due = windows_of(8, fps=fps)
    assert len(due) == pytest.approx((8 - 10 / 15) * 3, abs=2)


@pytest.mark.parametrize("fps", [10, 25, 60])
def test_a_steady_walk_looks_the_same_at_any_frame_rate(fps: float) -> None:
    window = windows_of(5, fps=fps, step_px=90)[-1]
    steps = np.diff(window.boxes[:, 0])
    np.testing.assert_allclose(steps, 90 / 15, atol=1e-2)
    assert (window.seen == 1).all()


def test_a_window_is_the_last_steps_in_order() -> None:
    window = windows_of(6, fps=15, step_px=15)[-1]
    newest = window.end_ns / 1e9
    np.testing.assert_allclose(window.boxes[-1, 0], 100 + 15 * newest, atol=0.1)
    np.testing.assert_allclose(window.boxes[0, 0], 100 + 15 * (newest - 47 / 15), atol=0.1)


def test_a_short_gap_is_bridged_at_half_the_score_and_a_long_one_stays_missing() -> None:
    store = WindowStore(WindowConfig(min_seen_steps=1, hop_steps=1))
    times = [0.0, 0.1, 0.2, 0.45, 0.55, 1.2, 1.3]
    window = [w for t in times for w in store.push(frame(t, person()))[0]][-1]
    at = {round((window.end_ns / 1e9 - (47 - step) / 15) * 15): step for step in range(48)}
    assert window.seen[at[2]] == 1
    assert window.seen[at[5]] == 0.5  # 0.33 s: between 0.20 and 0.45
    assert window.keypoints[at[5], 0, 2] == pytest.approx(0.4)
    assert window.seen[at[12]] == 0  # 0.80 s: between 0.55 and 1.20
    assert (window.keypoints[at[12]] == 0).all()


def test_a_joint_that_one_sighting_lacks_is_missing_in_between() -> None:
    store = WindowStore(WindowConfig(min_seen_steps=1, hop_steps=1))
    blind = person()
    assert blind.keypoints is not None
    blind.keypoints[9] = (0, 0, 0)
    shots = [frame(0.0, person()), frame(0.1, blind), frame(0.2, person())]
    window = [w for shot in shots for w in store.push(shot)[0]][-1]
    assert window.keypoints[-1, 9, 2] == pytest.approx(0.8)
    assert window.keypoints[-2, 9, 2] == 0


def test_what_only_the_tracker_predicted_is_no_sighting() -> None:
    store = WindowStore(WindowConfig())
    for index in range(60):
        due, _ = store.push(frame(index / 30, person(confidence=PREDICTED)))
        assert due == []
    assert len(store) == 0


def test_a_track_is_over_when_nobody_saw_it_for_two_seconds() -> None:
    store = WindowStore(WindowConfig())
    store.push(frame(0, person()))
    assert store.push(frame(1.9))[1] == []
    assert store.push(frame(2.1))[1] == [(0, 1)]
    assert len(store) == 0


def test_a_full_store_refuses_new_tracks_and_counts_them() -> None:
    store = WindowStore(WindowConfig(max_tracks=2))
    store.push(frame(0, *(person(track_id=n) for n in range(3))))
    assert (len(store), store.refused) == (2, 1)


def test_a_new_track_never_sees_the_one_that_had_its_memory_before() -> None:
    store = WindowStore(WindowConfig(max_tracks=1, min_seen_steps=1))
    for shot in clip(4):
        store.push(shot)
    assert store.forget_source(0) == [(0, 1)]
    due = [w for n in range(10) for w in store.push(frame(4 + n / 15, person(track_id=2)))[0]]
    assert np.count_nonzero(due[-1].seen) <= 11


def test_tracks_of_two_sources_with_the_same_id_stay_apart() -> None:
    store = WindowStore(WindowConfig())
    for here, there in zip(clip(3), clip(3, step_px=60, source_id=1), strict=True):
        store.push(here)
        store.push(there)
    assert len(store) == 2
    assert store.forget_source(0) == [(0, 1)]
    assert len(store) == 1


@given(
    st.lists(st.floats(0.001, 0.6), min_size=20, max_size=120),
    st.integers(0, 10),
)
def test_a_window_is_finite_and_on_the_grid_for_any_timing(
    gaps: list[float], track_id: int
) -> None:
    store = WindowStore(WindowConfig(min_seen_steps=1))
    now, last_end = 0.0, -1
    for gap in gaps:
        now += gap
        for window in store.push(frame(now, person(track_id=track_id)))[0]:
            assert np.isfinite(window.keypoints).all()
            assert np.isfinite(window.boxes).all()
            assert window.end_ns % store.config.step_ns == 0
            assert last_end < window.end_ns <= now * 1e9 + 1
            last_end = window.end_ns
