"""Builds batches by hand, so that a test can show an element one frame at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import gi
import numpy as np
import numpy.typing as npt

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.metadata.carrier import attach  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsObjectMeta  # noqa: E402

Pixels = npt.NDArray[np.uint8]


def frame_of(pixels: Pixels, *, source_id: int = 0, batch_id: int = 0) -> NvDsFrameMeta:
    """Metadata of one muxed frame. pixels: (H, W, 4)."""
    frame = NvDsFrameMeta()
    frame.source_id = frame.pad_index = source_id
    frame.batch_id = batch_id
    frame.pipeline_height, frame.pipeline_width = pixels.shape[:2]
    return frame


def batch_with(pictures: Sequence[Pixels]) -> tuple[Gst.Buffer, NvDsBatchMeta]:
    """One buffer with a memory per picture (H, W, 4) RGBA, source_id = place in the batch."""
    buffer = Gst.Buffer.new()
    batch = NvDsBatchMeta(len(pictures))
    for number, pixels in enumerate(pictures):
        buffer.append_memory(Gst.Buffer.new_wrapped(pixels.tobytes()).get_all_memory())
        batch.frame_items.append(frame_of(pixels, source_id=number, batch_id=number))
    attach(buffer, batch)
    return buffer, batch


def person(
    left: float,
    top: float,
    width: float,
    height: float,
    *,
    confidence: float = 0.9,
    class_id: int = 0,
) -> NvDsObjectMeta:
    """An object as a detector with gie-unique-id 1 makes it; px."""
    made = NvDsObjectMeta()
    made.unique_component_id = 1
    made.class_id, made.confidence = class_id, confidence
    made.obj_label = "person" if class_id == 0 else f"class {class_id}"
    for rect in (made.rect_params, made.detector_bbox_info.org_bbox_coords):
        rect.left, rect.top, rect.width, rect.height = left, top, width, height
    return made


def clip_frames(path: Path, size: tuple[int, int] | None = None) -> Iterator[Pixels]:
    """The frames of a clip as (H, W, 4) RGBA, scaled to size (width, height) where given."""
    clip = cv2.VideoCapture(str(path))
    while True:
        found, picture = clip.read()
        if not found:
            return
        if size is not None:
            picture = cv2.resize(picture, size)
        yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA)  # type: ignore[misc]
