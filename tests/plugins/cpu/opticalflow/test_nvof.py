"""nvof: what moved to the right is told and shown so, for each source by itself."""

from __future__ import annotations

import numpy as np
import pytest

from plugins.cpu import pyds
from plugins.cpu.elements.nv_events import STREAM_RESET, source_event
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.opticalflow.nvof import NvOf
from plugins.cpu.opticalflow.nvofvisual import NvOfVisual
from tests.plugins.cpu.batches import Pixels, batch_with
from tests.plugins.cpu.graphs import picture

pytestmark = pytest.mark.gst

NOISE = np.random.default_rng(5).integers(0, 256, (96, 160), dtype=np.uint8)


def shifted(right: int) -> Pixels:
    """A smooth pattern, moved by some pixels."""
    rough = np.repeat(np.repeat(NOISE[:12, :20], 8, axis=0), 8, axis=1)
    moved = np.roll(rough, right, axis=1)
    return np.stack([moved] * 3 + [np.full_like(moved, 255)], axis=-1)


def flow_of(frame: NvDsFrameMeta) -> pyds.NvDsOpticalFlowMeta | None:
    """Read the flow as NVIDIA's sample does."""
    node = frame.frame_user_meta_list
    while node is not None:
        user_meta = pyds.NvDsUserMeta.cast(node.data)
        if user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_OPTICAL_FLOW_META:
            return pyds.NvDsOpticalFlowMeta.cast(user_meta.user_meta_data)
        node = node.next
    return None


def test_vectors_count_in_parts_of_a_pixel_since_the_frame_before() -> None:
    element = NvOf()
    element.on_start()
    buffer, batch = batch_with([shifted(0), shifted(0)])
    element.on_batch(buffer, batch)
    assert [flow_of(frame) for frame in batch.frame_items] == [None, None]
    buffer, batch = batch_with([shifted(3), shifted(0)])
    element.on_batch(buffer, batch)
    moving, still = (flow_of(frame) for frame in batch.frame_items)
    assert moving is not None
    assert still is not None
    assert (moving.rows, moving.cols, moving.mv_size) == (24, 40, 4)
    vectors = pyds.get_optical_flow_vectors(moving)
    assert vectors.dtype == np.float32
    vectors = vectors.reshape(moving.rows, moving.cols, 2)
    assert np.median(vectors[2:-2, 2:-2, 0]) == pytest.approx(3 * 32, abs=8)
    assert np.median(vectors[2:-2, 2:-2, 1]) == pytest.approx(0, abs=4)
    assert np.abs(pyds.get_optical_flow_vectors(still)).max() <= 4

    shown = NvOfVisual().on_buffer(buffer)
    assert shown is not None
    right, black = picture(shown, 0), picture(shown, 1)
    red, green, blue = np.median(right[16:-16, 16:-16, :3].reshape(-1, 3), axis=0)
    assert red > 30  # the hue of 0 degrees
    assert max(green, blue) < red / 2
    assert black[..., :3].max() < 10


def test_a_source_that_begins_anew_has_no_frame_before() -> None:
    element = NvOf()
    element.on_start()
    element.on_batch(*batch_with([shifted(0)]))
    element.on_event(source_event(STREAM_RESET, 0))
    buffer, batch = batch_with([shifted(3)])
    element.on_batch(buffer, batch)
    assert flow_of(batch.frame_items[0]) is None


def test_another_meta_is_refused() -> None:
    with pytest.raises(TypeError, match="wanted NvDsOpticalFlowMeta, got NvDsFrameMeta"):
        pyds.get_optical_flow_vectors(NvDsFrameMeta())  # type: ignore[arg-type]
