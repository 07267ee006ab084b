"""What can be seen of each person and thing in a painted picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.cameras import Camera
from training.scenario.render.context import metres


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTruth:
    """One person in a picture.

    actor: index in the world. box: (4,) x1 y1 x2 y2 px, of the whole body whether seen or not,
    cut to the picture. visible_box: the same of what is seen, zeros where nothing is. visible:
    share of the silhouette that is seen, 0..1; what lies outside of the picture counts as not
    seen. keypoints: (17, 3) x px, y px and 2 seen, 1 hidden, 0 outside of the picture (then
    x = y = 0, as in COCO).
    """

    actor: int
    box: Float
    visible_box: Float
    visible: float
    keypoints: Float


@dataclass(frozen=True, slots=True, kw_only=True)
class PropTruth:
    """One thing of which something is seen. prop: index in the world. box: of what is seen."""

    prop: int
    kind: str
    box: Float
    visible: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """image: (H, W, 3) uint8 BGR."""

    image: npt.NDArray[np.uint8]
    people: tuple[PersonTruth, ...]
    props: tuple[PropTruth, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Who is at each pixel.

    ids: (H, W) uint8. depth: (H, W) 0..1 as ``context.metres`` takes it.
    """

    ids: npt.NDArray[np.uint8]
    depth: Float


_DEEP_M = np.array(
    [0.05, 0.05, 0.05, 0.06, 0.06, 0.12, 0.12, 0.08, 0.08, 0.07, 0.07, 0.17, 0.17, 0.12, 0.12,
     0.10, 0.10], np.float32
)  # fmt: skip
"""How far before a COCO joint the surface of its own body part may be."""


def extent(points: Float, camera: Camera, size: tuple[int, int]) -> Float | None:
    """Box (4,) px round the projection of points (V, 3), not cut; None if all are behind.

    A box never reaches further out than twice the picture on each side.
    """
    depth = (points - camera.position) @ camera.axes[2]
    before = points[depth > 0.1]
    if len(before) == 0:
        return None
    places = project(before, camera, size)
    room = np.array([*size], np.float32)
    low = np.maximum(places.min(axis=0), -2 * room)
    high = np.minimum(places.max(axis=0), 3 * room)
    return np.concatenate([low, np.maximum(high, low + 0.5)]).astype(np.float32)


def project(points: Float, camera: Camera, size: tuple[int, int]) -> Float:
    """Places (..., 2) px in a picture of ``size``; the camera's own size may be another."""
    places, _ = camera.project(points)
    scale = np.array(size, np.float32) / np.array(camera.size, np.float32)
    found: Float = (places * scale).astype(np.float32)
    return found


def cut(box: Float, size: tuple[int, int]) -> Float:
    """The part of a box inside the picture; of no area where there is none."""
    width, height = size
    found: Float = np.clip(box, 0, np.array([width, height, width, height], np.float32))
    return found


def visible_part(seen: Seen, identity: int, box: Float) -> tuple[Float, int]:
    """Box (4,) of the pixels with an id within ``box``, and their number."""
    height, width = seen.ids.shape
    x1, y1 = (max(int(np.floor(v)) - 2, 0) for v in box[:2])
    x2, y2 = min(int(np.ceil(box[2])) + 2, width), min(int(np.ceil(box[3])) + 2, height)
    mask = seen.ids[y1:y2, x1:x2] == identity
    count = int(np.count_nonzero(mask))
    if count == 0:
        return np.zeros(4, np.float32), 0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    found = [x1 + columns[0], y1 + rows[0], x1 + columns[-1] + 1, y1 + rows[-1] + 1]
    return np.array(found, np.float32), count


def keypoints_of(seen: Seen, joints: Float, camera: Camera, identity: int) -> Float:
    """(17, 3) x px, y px, COCO visibility, of joints (26, 3) metres.

    A joint is hidden where anything else is nearer than it, or where the own body's surface is
    nearer than the body part at that joint is thick.
    """
    height, width = seen.ids.shape
    points = joints[:17]
    depth = (points - camera.position) @ camera.axes[2]
    places = project(points, camera, (width, height))
    out = np.zeros((17, 3), np.float32)
    x, y = np.floor(places).astype(np.int64).T
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height) & (depth > 0.1)
    at = y[inside], x[inside]
    own = seen.ids[at] == identity
    room = np.where(own, _DEEP_M[inside], 0.0)
    hidden = metres(seen.depth[at]) < depth[inside] - room
    out[inside, :2] = places[inside]
    out[inside, 2] = np.where(hidden, 1, 2)
    return out
