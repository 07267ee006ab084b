"""When a camera counts as dark: seconds and frames, drawn as pairs."""

from __future__ import annotations

import pytest

from pipelines.source_state import SourceState


@pytest.mark.parametrize(
    ("looks", "changes"),
    [
        ([(0, 0), (0, 60)], [None, None]),  # it never gave a picture: others tell of that
        ([(1, 0), (1, 9), (1, 10), (1, 99)], [None, None, "dark", None]),
        ([(1, 0), (2, 9), (2, 18), (2, 19)], [None, None, None, "dark"]),
        ([(1, 0), (1, 10), (2, 11), (2, 21)], [None, "dark", "back", "dark"]),
    ],
)
def test_a_camera_is_dark_once_it_gave_no_picture_for_so_long(
    looks: list[tuple[int, float]], changes: list[str | None]
) -> None:
    state = SourceState("dock", dark_after_s=10)
    assert [state.look(frames, now_s) for frames, now_s in looks] == changes


def test_a_file_is_never_dark_and_neither_is_what_is_over() -> None:
    recording, gone = SourceState("clip"), SourceState("dock", dark_after_s=1)
    gone.over = True
    for state in (recording, gone):
        assert [state.look(1, 0), state.look(1, 99)] == [None, None]


def test_a_warning_stands_until_pictures_come() -> None:
    state = SourceState("dock", dark_after_s=10)
    assert [state.warn("refused"), state.warn("refused"), state.warn("no route")] == [
        True,
        False,
        True,
    ]
    assert (state.attempts, state.look(1, 5), state.said) == (3, "back", "")
