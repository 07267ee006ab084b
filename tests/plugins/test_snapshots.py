"""Pictures of people, taken when somebody wants one, of the next frame that shows them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from plugins.cpu import pyds
from plugins.gst import Gst
from plugins.snapshots import COARSE_PX, PATIENCE_FRAMES, WAITING, Shown, Snapshots, Wanted
from tests.plugins.cpu.batches import batch_with, person

WIDTH, HEIGHT = 320, 240
Pixels = npt.NDArray[np.uint8]


class Album:
    """Shows frames to ``Snapshots`` and keeps the pictures, by track."""

    def __init__(self) -> None:
        self.snapshots = Snapshots(pyds, (WIDTH, HEIGHT))
        self.taken: dict[int, Pixels] = {}

    def want(
        self, track_id: int, *, shown: Shown = "person", coarse: bool = False, source_id: int = 0
    ) -> None:
        def keep(jpeg: bytes) -> None:
            self.taken[track_id] = cast(
                Pixels, cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
            )

        self.snapshots.want(
            Wanted(
                source_id=source_id,
                track_id=track_id,
                shown=shown,
                coarse=coarse,
                quality=95,
                taken=keep,
            )
        )

    def show(self, *tracks: int, left: float = 40) -> None:
        """A grey frame of source 0 with people in red."""
        pixels = np.full((HEIGHT, WIDTH, 4), 128, np.uint8)
        pixels[60:180, 40:100] = (200, 0, 0, 255)
        buffer, batch = batch_with([pixels])
        for track_id in tracks:
            one = person(left, 60, 60, 120)
            one.object_id = track_id
            batch.frame_items[0].object_items.append(one)
        info: Any = SimpleNamespace(get_buffer=lambda: buffer)
        assert self.snapshots.on_buffer(cast(Gst.Pad, None), info) == Gst.PadProbeReturn.OK


def test_a_person_is_cut_out_and_nobody_else_is_seen() -> None:
    album = Album()
    album.want(7)
    album.show(7)
    picture = album.taken[7]
    assert picture.shape == (120, 60, 3)
    assert np.abs(picture.mean(axis=(0, 1)) - (0, 0, 200)).max() < 5  # blue, green, red


def test_the_whole_picture_is_shown_where_that_is_wanted() -> None:
    album = Album()
    album.want(7, shown="picture")
    album.show(7)
    assert album.taken[7].shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(("shown", "shape"), [("person", (48, 24, 3)), ("picture", (120, 160, 3))])
def test_a_coarse_picture_has_too_few_pixels_to_know_anybody(
    shown: Shown, shape: tuple[int, int, int]
) -> None:
    album = Album()
    album.want(7, shown=shown, coarse=True)
    album.show(7)
    assert album.taken[7].shape == shape
    assert shape[1] == COARSE_PX[shown]


def test_the_next_frame_that_shows_the_person_is_taken_and_only_one() -> None:
    album = Album()
    album.want(7)
    album.show(8)
    assert album.taken == {}
    album.show(7, 8)
    assert album.taken.keys() == {7}
    album.taken.clear()
    album.show(7)
    assert album.taken == {}


def test_who_is_gone_or_out_of_the_picture_is_not_waited_for_long() -> None:
    album = Album()
    album.want(7)
    for _ in range(PATIENCE_FRAMES):
        album.show(7, left=WIDTH + 5)
    album.show(7)
    assert album.taken == {}


def test_a_person_of_another_camera_is_somebody_else() -> None:
    album = Album()
    album.want(7, source_id=1)
    album.show(7)
    assert album.taken == {}


def test_of_too_many_pictures_the_oldest_are_not_taken() -> None:
    album = Album()
    for track_id in range(WAITING + 2):
        album.want(track_id)
    album.show(*range(WAITING + 2))
    assert album.taken.keys() == set(range(2, WAITING + 2))
