"""Turns the pose network's tensors into keypoints in pixels of the muxed frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from plugins.errors import GraphError
from plugins.metadata import RawFrame
from plugins.placement import NetworkInput, place
from recognition.appearance import APPEARANCE_LAYER
from recognition.frames import APPEARANCE_SIZE, Float

# BlazePose's landmarks in COCO order (MediaPipe pose topology, 33 landmarks).
_BLAZEPOSE_TO_COCO = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseSettings:
    """How the pose stage is set up; pyds does not tell, so it comes from the nvinfer file.

    decoder: ``movenet``, ``blazepose`` or ``simcc``.
    keep_aspect, symmetric: ``maintain-aspect-ratio`` and ``symmetric-padding`` of the file.
    """

    decoder: str
    keep_aspect: bool
    symmetric: bool


def decode_poses(frame: RawFrame, size: tuple[int, int], settings: PoseSettings) -> Float:
    """Keypoints of all persons of a frame at once.

    size: width and height of the muxed frame, px.
    Returns (P, 17, 3) float32: x px, y px of the muxed frame, score 0..1; zeros for a person on
    whom the pose stage did not run.

    Raises:
        GraphError: the network's outputs are not what the decoder reads.
    """
    keypoints = np.zeros((len(frame.track_ids), 17, 3), np.float32)
    rows = np.flatnonzero(frame.has_tensors)
    if len(rows) == 0:
        return keypoints
    tensors = {name: values[rows].astype(np.float32) for name, values in frame.tensors.items()}
    decoded = _DECODERS[settings.decoder](tensors, frame.network)
    network = NetworkInput(
        *frame.network, keep_aspect=settings.keep_aspect, symmetric=settings.symmetric
    )
    for points, crop in zip(decoded, frame.crops[rows], strict=True):
        points[:, :2] = crop_to_frame(points[:, :2], crop, size, network)
    keypoints[rows] = decoded
    return keypoints


def appearances(frame: RawFrame) -> Float | None:
    """What all persons of a frame look like, (P, ``APPEARANCE_SIZE``) float32.

    None where the layer was not copied, or the pose network has none of that size.
    """
    found = frame.tensors.get(APPEARANCE_LAYER)
    if found is None or found[0].size != APPEARANCE_SIZE:
        return None
    return found.reshape(-1, APPEARANCE_SIZE).astype(np.float32)


def crop_to_frame(
    points: Float, crop: Float, size: tuple[int, int], network: NetworkInput
) -> Float:
    """Undo nvinfer's crop and letterbox.

    points: (V, 2) px of the network's input. crop: (4,) left, top, width, height px, as nvinfer
    was given it. size: of the muxed frame, px. Returns (V, 2) px of the muxed frame.
    """
    left, top, width, height = (float(edge) for edge in crop)
    placed = place((left, top, width, height), size, network)
    if placed is None:  # too small to have been cut out
        return np.zeros_like(points)
    offset = np.array([placed.offset_left, placed.offset_top], np.float32)
    scale = np.array([placed.scale_x, placed.scale_y], np.float32)
    origin = np.array([placed.left, placed.top], np.float32)
    back: Float = (points - offset) / scale + origin
    return back


def _movenet(tensors: Mapping[str, Float], network: tuple[int, int]) -> Float:
    """MoveNet: one layer of 17 x (y, x, score), y and x as a share of the input."""
    yxs = _layer(tensors, "movenet", 17 * 3).reshape(-1, 17, 3)
    scale = np.array(network, np.float32)
    return np.concatenate([yxs[..., 1::-1] * scale, yxs[..., 2:]], axis=-1)


def _blazepose(tensors: Mapping[str, Float], network: tuple[int, int]) -> Float:
    """BlazePose: 39 x (x px, y px, z, visibility, presence); the last two are logits."""
    marks = _layer(tensors, "blazepose", 39 * 5).reshape(-1, 39, 5)[:, _BLAZEPOSE_TO_COCO]
    score = 1 / (1 + np.exp(-np.minimum(marks[..., 3:4], marks[..., 4:5])))
    return np.concatenate([marks[..., :2], score], axis=-1).astype(np.float32)


def _simcc(tensors: Mapping[str, Float], network: tuple[int, int]) -> Float:
    """SimCC (RTMPose): a distribution along x and one along y for each joint.

    The bins may be finer than pixels; the place is the top of the parabola through the highest
    bin and its neighbours. Score: the lower of the two maxima.
    """
    found = {name[-2:]: values for name, values in tensors.items()}
    if not {"_x", "_y"} <= found.keys() or found["_x"].shape[1] != 17:
        raise _wrong_layout("simcc", "layers (17, bins) whose names end in _x and _y", tensors)
    along_x, along_y = found["_x"], found["_y"]
    axes = []
    for values, size in ((along_x, network[0]), (along_y, network[1])):
        axes.append(_top(values) * (size / values.shape[-1]))
    score = np.clip(np.minimum(along_x.max(axis=-1), along_y.max(axis=-1)), 0, 1)
    return np.stack([*axes, score], axis=-1).astype(np.float32)


def _top(values: Float) -> Float:
    """Where rows (..., bins) are highest, in bins, between bins as well."""
    best = values.argmax(axis=-1)
    inner = np.clip(best, 1, values.shape[-1] - 2)
    before, here, after = (
        np.take_along_axis(values, (inner + step)[..., None], axis=-1)[..., 0]
        for step in (-1, 0, 1)
    )
    bend = before - 2 * here + after
    peak = (best == inner) & (bend < 0)
    shift = np.where(peak, 0.5 * (before - after) / np.where(peak, bend, 1), 0)
    top: Float = best + np.clip(shift, -0.5, 0.5)
    return top


def _layer(tensors: Mapping[str, Float], decoder: str, size: int) -> Float:
    """The one layer that has ``size`` values for each person."""
    for values in tensors.values():
        if values[0].size == size:
            return values
    raise _wrong_layout(decoder, f"a layer of {size} values", tensors)


def _wrong_layout(decoder: str, wanted: str, tensors: Mapping[str, Float]) -> GraphError:
    came = ", ".join(f"{name} {values.shape[1:]}" for name, values in tensors.items())
    return GraphError(
        f"pose: the decoder '{decoder}' wants {wanted}; the network gives {came}. "
        f"Set pose.decoder to the network's kind"
    )


_DECODERS: Mapping[str, Callable[[Mapping[str, Float], tuple[int, int]], Float]] = {
    "movenet": _movenet,
    "blazepose": _blazepose,
    "simcc": _simcc,
}
