"""What people look like is kept on the grid beside their joints, and becomes tokens of slots."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from recognition.appearance import appearance_tokens
from recognition.frames import APPEARANCE_SIZE, Frame, Person
from recognition.fusion_input import SLOTS
from recognition.layouts import LAYOUTS, SOCIAL, VISUAL
from recognition.windows import Window, WindowConfig, WindowStore
from tests.recognition.people import frame, person

CONFIG = WindowConfig(hop_steps=1, min_seen_steps=1)


def last_window(frames: Iterator[Frame], *, appearance: bool = True) -> Window:
    """The newest window of what a store was shown."""
    store = WindowStore(CONFIG, appearance=appearance)
    return [window for each in frames for window in store.push(each)[0]][-1]


def looked(window: Window) -> list[float]:
    """The look at each step, all of whose features are the same."""
    assert window.appearance is not None
    assert window.appearance.shape == (48, APPEARANCE_SIZE)
    assert (window.appearance == window.appearance[:, :1]).all()
    column: list[float] = window.appearance[:, 0].tolist()
    return column


def test_every_step_has_the_look_of_the_sighting_that_filled_it() -> None:
    slow = (frame(index / 7.5, person(look=index + 1)) for index in range(60))
    looks = looked(last_window(slow))
    assert looks[-5:] == [58, 59, 59, 60, 60]  # two steps for each frame
    assert min(looks) > 0


def test_nobody_was_looked_at_in_a_gap_and_where_no_pose_ran() -> None:
    times = [index / 15 for index in range(100) if not 60 <= index < 80]
    gone = looked(last_window(frame(at, person(look=2)) for at in times))
    assert gone == [2.0] * 8 + [0.0] * 20 + [2.0] * 20
    blind = (frame(index / 15, person(look=None if index >= 90 else 2)) for index in range(100))
    assert looked(last_window(blind)) == [2.0] * 38 + [0.0] * 10


def test_a_new_track_knows_nothing_of_who_had_its_place_before() -> None:
    store = WindowStore(WindowConfig(max_tracks=1, hop_steps=1, min_seen_steps=1), appearance=True)
    for index in range(60):
        store.push(frame(index / 15, person(look=5)))
    store.push(frame(20.0))  # the first is over
    store.push(frame(20.1, person(track_id=2, look=7)))
    (window,), _ = store.push(frame(20.2, person(track_id=2, look=7)))
    assert set(looked(window)) == {0.0, 7.0}


def test_nothing_is_kept_where_nobody_wants_it() -> None:
    window = last_window(
        (frame(index / 15, person(look=1)) for index in range(60)), appearance=False
    )
    assert window.appearance is None


def test_a_token_is_the_mean_over_the_steps_of_its_slot_that_were_looked_at() -> None:
    look = np.zeros((48, APPEARANCE_SIZE), np.float32)
    look[4:8] = np.array([1, 0, 2, 6], np.float32)[:, None]
    tokens, known = appearance_tokens([look, None, look * 0], slots=SLOTS)
    assert known.tolist() == [True, False, False]
    np.testing.assert_allclose(tokens[0, 1], 3)
    assert tokens.shape == (3, SLOTS, APPEARANCE_SIZE)
    assert not tokens[0, [0, *range(2, SLOTS)]].any()
    assert not tokens[1:].any()


def test_layout_4_is_layout_3_and_what_people_look_like() -> None:
    window = last_window(frame(index / 15, person(look=1)) for index in range(60))
    blind = last_window(frame(index / 15, person()) for index in range(60))
    arrays = VISUAL.inputs([window, blind], [None, None], [(), ()], rate_hz=15)
    assert {name: (None, *x.shape[1:]) for name, x in arrays.items()} == VISUAL.input_shapes(48)
    assert arrays["mod"][:, -1].tolist() == [1, 0]
    without = SOCIAL.inputs([window, blind], [None, None], [(), ()], rate_hz=15)
    for name, values in SOCIAL.narrowed(arrays).items():
        np.testing.assert_array_equal(values, without[name])
    assert VISUAL.classes == SOCIAL.classes
    assert LAYOUTS["4"] is VISUAL


def test_a_look_of_another_size_is_refused() -> None:
    box = np.zeros(4, np.float32)
    with pytest.raises(ValueError, match=r"appearance must be \(96,\) features; got \(3,\)"):
        Person(track_id=1, box=box, confidence=1, appearance=np.ones(3, np.float32))
