"""The tiler's and the on-screen display's twins: where things are, and what is drawn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from plugins.cpu.display.nvdsosd import NvDsOsd
from plugins.cpu.display.nvmultistreamtiler import NvMultiStreamTiler
from plugins.cpu.metadata.carrier import batch_of, frame_pixels
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsDisplayMeta
from plugins.gst import Gst
from tests.plugins.cpu.batches import batch_with, person

pytestmark = pytest.mark.gst

Pixels = npt.NDArray[np.uint8]


def plain(shade: int, width: int = 40, height: int = 20) -> Pixels:
    picture = np.full((height, width, 4), shade, np.uint8)
    picture[..., 3] = 255
    return picture


def tiler(**settings: int) -> NvMultiStreamTiler:
    made = NvMultiStreamTiler()
    for name, value in {"rows": 1, "columns": 2, "width": 80, "height": 20, **settings}.items():
        made.set_property(name.replace("_", "-"), value)
    return made


def metadata(buffer: Gst.Buffer) -> NvDsBatchMeta:
    meta = batch_of(buffer)
    assert meta is not None
    return meta


def picture_of(buffer: Gst.Buffer) -> Pixels:
    with frame_pixels(buffer, 0) as pixels:
        copied: Pixels = pixels.copy()
    return copied


def through(element: NvMultiStreamTiler | NvDsOsd, buffer: Gst.Buffer) -> Gst.Buffer:
    result = element.on_buffer(buffer)
    assert result is not None
    return result


def test_each_source_has_its_tile_and_a_batch_one_frame() -> None:
    buffer, _ = batch_with([plain(50), plain(200)])
    composed = through(tiler(), buffer)
    picture = picture_of(composed)
    assert picture.shape == (20, 80, 4)
    assert (picture[:, :40, 0] == 50).all()
    assert (picture[:, 40:, 0] == 200).all()
    assert metadata(composed).num_frames_in_batch == 1


def test_a_source_that_is_not_in_the_batch_keeps_its_last_picture() -> None:
    element = tiler()
    through(element, batch_with([plain(50), plain(200)])[0])
    later, _ = batch_with([plain(90)])
    picture = picture_of(through(element, later))
    assert (picture[:, :40, 0] == 90).all()
    assert (picture[:, 40:, 0] == 200).all()


def test_one_source_alone_can_be_shown() -> None:
    buffer, _ = batch_with([plain(50), plain(200)])
    picture = picture_of(through(tiler(show_source=1), buffer))
    assert (picture[..., 0] == 200).all()


def test_objects_move_into_the_picture_and_the_other_branch_keeps_its_own() -> None:
    buffer, meta = batch_with([plain(0), plain(0)])
    item = person(10, 5, 20, 10)
    item.text_params.display_text = "walk"
    meta.frame_items[1].object_items.append(item)
    composed = through(tiler(width=160, height=40), buffer)
    (moved,) = metadata(composed).frame_items[0].object_items
    rect = moved.rect_params
    assert (rect.left, rect.top, rect.width, rect.height) == (100, 10, 40, 20)
    assert (item.rect_params.left, item.rect_params.top) == (10, 5)
    assert moved.text_params.text == "walk"


def drawn(meta_of: NvDsDisplayMeta | None = None, **rect: float) -> tuple[Pixels, Pixels]:
    """A black picture before and after the display drew on it."""
    buffer, meta = batch_with([plain(0, 100, 60)])
    if rect:
        item = person(rect["left"], rect["top"], rect["width"], rect["height"])
        item.rect_params.border_width = 2
        item.rect_params.border_color.set(0, 1, 0, 1)
        meta.frame_items[0].object_items.append(item)
    if meta_of is not None:
        meta.frame_items[0].display_items.append(meta_of)
    after = through(NvDsOsd(), buffer)
    return picture_of(buffer), picture_of(after)


def test_a_box_is_drawn_in_its_colour_on_a_copy() -> None:
    before, after = drawn(left=20, top=10, width=50, height=40)
    assert (before[..., :3] == 0).all()
    assert after[10, 40].tolist() == [0, 255, 0, 255]
    assert after[30, 40].tolist() == [0, 0, 0, 255]


def test_drawings_of_the_application_are_drawn_as_many_as_it_says() -> None:
    drawing = NvDsDisplayMeta()
    drawing.num_lines = 1
    for line in drawing.line_params[:2]:
        line.x1, line.x2, line.line_width = 0, 99, 1
        line.line_color.set(1, 1, 1, 1)
    drawing.line_params[0].y1 = drawing.line_params[0].y2 = 10
    drawing.line_params[1].y1 = drawing.line_params[1].y2 = 30
    _, after = drawn(drawing)
    assert after[10, 50, 0] == 255
    assert after[30, 50, 0] == 0


def test_a_text_is_drawn_at_its_offset() -> None:
    drawing = NvDsDisplayMeta()
    drawing.num_labels = 1
    text = drawing.text_params[0]
    text.display_text, text.x_offset, text.y_offset = "HELLO", 10, 20
    text.font_params.font_size = 10
    text.font_params.font_color.set(1, 1, 0, 1)
    _, after = drawn(drawing)
    lit = np.argwhere(after[..., 0] > 128)
    assert lit.min(axis=0).tolist() >= [20, 10]
    assert len(lit) > 30
    assert lit[:, 0].max() < 45


def test_what_reaches_beyond_the_picture_is_cut() -> None:
    _, after = drawn(left=-20, top=-10, width=500, height=400)
    assert after.shape == (60, 100, 4)


def masked(values: list[float]) -> tuple[Gst.Buffer, NvDsBatchMeta]:
    """One object whose left half is its mask."""
    buffer, batch = batch_with([plain(100)])
    item = person(10, 5, 20, 10)
    item.rect_params.border_color.set(1.0, 0.0, 0.0, 1.0)
    mask = item.mask_params
    mask.width, mask.height, mask.threshold = 2, 1, 0.5
    mask.data = np.array(values, np.float32)
    mask.size = mask.data.nbytes
    batch.frame_items[0].object_items.append(item)
    return buffer, batch


def test_a_mask_is_drawn_where_it_is_wanted() -> None:
    osd = NvDsOsd()
    osd.set_property("display-bbox", False)
    osd.set_property("display-text", False)
    buffer, _ = masked([1.0, 0.0])
    assert (picture_of(through(osd, buffer))[..., :3] == 100).all()
    osd.set_property("display-mask", True)
    picture = picture_of(through(osd, buffer))
    assert picture[10, 12].tolist() == [177, 50, 50, 255]
    assert picture[10, 28].tolist() == [100, 100, 100, 255]
    assert picture[10, 8].tolist() == [100, 100, 100, 255]
    keypoints, _ = masked([6.0, 7.0, 0.9])
    assert (picture_of(through(osd, keypoints))[..., :3] == 100).all()


def test_the_clock_is_drawn_where_it_is_wanted() -> None:
    osd = NvDsOsd()
    osd.set_property("display-clock", True)
    osd.set_property("x-clock-offset", 20)
    osd.set_property("clock-color", 0x00FF00FF)
    buffer, _ = batch_with([plain(0, 400, 60)])
    picture = picture_of(through(osd, buffer))
    assert picture[..., 1].max() > 200
    assert picture[..., 0].max() == 0
    assert not picture[:, :20, 1].any()
