"""What the fusion model is told of the people around a person, and who those are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from recognition.frames import Float
from recognition.skeleton import MIN_SCORE, body_frame
from recognition.windows import Track, Window, WindowStore

NEIGHBOUR_SLOTS = 2
"""People told of per window: the nearest."""

NEIGHBOUR_SIZE = 16
"""Values per person and step; the order is in ``neighbour_features``."""

NEAR = 2.0
"""Body heights between two people's boxes from which on they are nothing to each other."""

MIRROR_SIGN = (-1, 1, 1, 1, 1, -1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
"""The same neighbour in a mirror: ``values * MIRROR_SIGN``."""

_LIMIT = 4.0  # body heights, and body heights per second; what is more counts as that
_CLOSE = 10.0  # a tenth of a body height apart is half as close as touching


class PeopleStore(WindowStore):
    """Windows of tracks, and of whoever was near them at the same times."""

    def near(self, window: Window) -> tuple[Window, ...]:
        """The people nearest to a window's at its end, at most ``NEIGHBOUR_SLOTS``, nearest first.

        window: that the newest ``push`` returned; ask when the whole frame has been pushed, so that
        nobody's place in the frame matters. Each neighbour's window is on the same grid steps;
        where it was not seen, ``seen`` is 0. Things and looks are left out.
        """
        end = window.end_ns // self.config.step_ns
        others = [
            (track_id, track)
            for (source_id, track_id), track in sorted(self._tracks.items())
            if source_id == window.source_id
            and track_id != window.track_id
            and end - track.step < self.config.steps
        ]
        if not others:
            return ()
        boxes = np.stack([track.row[-4:] for _, track in others])
        chosen = nearest(window.boxes[-1], body_height(window), boxes)
        return tuple(self._at(window, *others[index]) for index in chosen)

    def _at(self, window: Window, track_id: int, track: Track) -> Window:
        """Another track's window on the grid steps of ``window``."""
        steps = self.config.steps
        late = window.end_ns // self.config.step_ns - track.step
        first = track.step % steps + 1 + late
        part = slice(first, first + steps - late)
        rows = np.pad(self._rows[track.slot, part], ((0, late), (0, 0)))
        return replace(
            window,
            track_id=track_id,
            keypoints=rows[:, : 17 * 3].reshape(-1, 17, 3),
            boxes=rows[:, 17 * 3 :],
            seen=np.pad(self._seen[track.slot, part], (0, late)),
            objects=None,
            appearance=None,
        )


def body_height(window: Window) -> float:
    """Height of a window's person, px: four times the scale of ``body_frame``."""
    _, scale = body_frame(window.keypoints[None], window.boxes[None], window.seen[None])
    return 4 * float(scale[0])


def nearest(box: Float, height: float, others: Float) -> list[int]:
    """Which of others' boxes (N, 4) are nearest to a box (4,), nearest first.

    At most ``NEIGHBOUR_SLOTS``, none farther away than ``NEAR`` times ``height`` px. Of boxes that
    touch, the one whose middle is nearer counts as nearer.
    """
    gap = _gap(box, others) / height
    middle = (others[:, :2] + others[:, 2:] - box[:2] - box[2:]) / 2
    order = np.lexsort((np.linalg.norm(middle, axis=-1), gap))[:NEIGHBOUR_SLOTS]
    return [int(index) for index in order if gap[index] <= NEAR]


def neighbour_features(
    windows: Sequence[Window], near: Sequence[Sequence[Window]], *, rate_hz: int
) -> tuple[Float, Float]:
    """Arrays ``nei`` and ``nei_mask`` of the fusion model, as each window's person sees others.

    near: each window's neighbours on the same steps, as of ``PeopleStore.near``.
    Returns nei (B, T, 2, 16) and nei_mask (B, T, 2), 1 where both people were seen. Lengths are in
    heights of the window's own person, x right and y down:
        0, 1    body centre from the own one
        2       height of the box by the own one's, as a power of 2
        3       IoU of the two boxes
        4       gap between the boxes, 0 where they touch
        5, 6    velocity against the own one's, per second
        7, 8    how far the own nose points towards the other, and the other's towards the own
        9       how alike the two face: 1 the same way, -1 face to face
        10, 11  nearness of the own hands to the other's chest, and of the other's to the own
        12, 13  nearness of hand to hand and of nose to nose
        14      how much lower the other's feet are
        15      the other's mean score of joints, halved where bridged
    Nearness is 1 / (1 + 10 distance), so that zero, which a missing joint has, is far away.
    """
    steps = len(windows[0].seen)
    features = np.zeros((len(windows), steps, NEIGHBOUR_SLOTS, NEIGHBOUR_SIZE), np.float32)
    mask = np.zeros(features.shape[:3], np.float32)
    pairs = [
        (row, slot, window, other)
        for row, (window, others) in enumerate(zip(windows, near, strict=True))
        for slot, other in enumerate(others[:NEIGHBOUR_SLOTS])
    ]
    if pairs:
        rows, slots, own, others = zip(*pairs, strict=True)
        values, both = _of_pairs(own, others, rate_hz)
        features[list(rows), :, list(slots)] = values
        mask[list(rows), :, list(slots)] = both
    return features, mask


def _of_pairs(own: Sequence[Window], others: Sequence[Window], rate_hz: int) -> tuple[Float, Float]:
    """The values (P, T, 16) of pairs, and where both were seen (P, T)."""
    mine, theirs = Body(own), Body(others)
    height = 4 * mine.scale[:, None]
    both = (mine.seen > 0) & (theirs.seen > 0)
    place = (theirs.centre - mine.centre) / height[..., None]
    velocity = np.zeros_like(place)
    moved = both[:, 1:] & both[:, :-1]
    velocity[:, 1:] = np.where(moved[..., None], np.diff(place, axis=1) * rate_hz, 0)
    side = np.sign(place[..., 0])
    sizes = [np.maximum(one.boxes[..., 3] - one.boxes[..., 1], 1) for one in (theirs, mine)]
    columns = [
        *np.moveaxis(np.clip(place, -_LIMIT, _LIMIT), 2, 0),
        np.clip(np.log2(sizes[0] / sizes[1]), -2, 2),
        _iou(mine.boxes, theirs.boxes),
        np.clip(_gap(mine.boxes, theirs.boxes) / height, 0, _LIMIT),
        *np.moveaxis(np.clip(velocity, -_LIMIT, _LIMIT), 2, 0),
        mine.turn * side,
        theirs.turn * -side,
        mine.front * theirs.front,
        _nearness(mine.joints((9, 10)), theirs.chest(), height),
        _nearness(theirs.joints((9, 10)), mine.chest(), height),
        _nearness(mine.joints((9, 10)), theirs.joints((9, 10)), height),
        _nearness(mine.joints((0,)), theirs.joints((0,)), height),
        np.clip((theirs.boxes[..., 3] - mine.boxes[..., 3]) / height, -_LIMIT, _LIMIT),
        theirs.keypoints[..., 2].mean(axis=2) * theirs.seen,
    ]
    values = np.stack(columns, axis=-1)
    kept = both[..., None] & np.isfinite(values)
    return np.where(kept, values, 0).astype(np.float32), both.astype(np.float32)


class Body:
    """One person of each pair: P windows side by side.

    turn: (P, T) how far the nose is to the right of the middle of the shoulders, in body scales,
    -1..1. front: (P, T) 1 facing the camera, -1 turned away, by the order of the shoulders.
    """

    def __init__(self, windows: Sequence[Window]) -> None:
        self.keypoints = np.stack([window.keypoints for window in windows])
        self.boxes = np.stack([window.boxes for window in windows])
        self.seen = np.stack([window.seen for window in windows])
        self.centre, self.scale = body_frame(self.keypoints, self.boxes, self.seen)
        left, right, nose = (self.keypoints[:, :, joint] for joint in (5, 6, 0))
        shown = (left[..., 2] >= MIN_SCORE) & (right[..., 2] >= MIN_SCORE)
        scale = self.scale[:, None]
        across = (left[..., 0] - right[..., 0]) / scale
        ahead = (nose[..., 0] - (left[..., 0] + right[..., 0]) / 2) / scale
        self.front = np.where(shown, np.clip(across, -1, 1), 0)
        self.turn = np.where(shown & (nose[..., 2] >= MIN_SCORE), np.clip(ahead, -1, 1), 0)

    def joints(self, which: tuple[int, ...]) -> Float:
        """Joints (P, T, N, 2) px; not a number where not seen."""
        chosen = self.keypoints[:, :, list(which)]
        shown = chosen[..., 2:] >= MIN_SCORE
        points: Float = np.where(shown, chosen[..., :2], np.nan)
        return points

    def chest(self) -> Float:
        """Middle of shoulders and hips (P, T, 1, 2) px; not a number where one was not seen."""
        middle: Float = self.joints((5, 6, 11, 12)).mean(axis=2, keepdims=True)
        return middle


def _nearness(one: Float, other: Float, height: Float) -> Float:
    """Of the nearest two of points (P, T, N, 2) and (P, T, M, 2): (P, T); 0 where none is seen."""
    apart = np.linalg.norm(one[:, :, :, None] - other[:, :, None], axis=-1)
    distance = np.where(np.isnan(apart), np.inf, apart).min(axis=(2, 3)) / height
    close: Float = 1 / (1 + _CLOSE * distance)
    return close


def _gap(box: Float, others: Float) -> Float:
    """Px between boxes (..., 4) x1 y1 x2 y2; 0 where they touch."""
    apart = np.maximum(
        np.maximum(others[..., :2] - box[..., 2:], box[..., :2] - others[..., 2:]), 0
    )
    gap: Float = np.linalg.norm(apart, axis=-1)
    return gap


def _iou(one: Float, other: Float) -> Float:
    low = np.maximum(one[..., :2], other[..., :2])
    high = np.minimum(one[..., 2:], other[..., 2:])
    both = np.maximum(high - low, 0).prod(axis=-1)
    areas = [(box[..., 2:] - box[..., :2]).prod(axis=-1) for box in (one, other)]
    iou: Float = both / np.maximum(areas[0] + areas[1] - both, 1e-6)
    return iou
