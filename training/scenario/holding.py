"""Where a thing is: it rests, is held, flies and rolls, or is out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from training.motion import heading
from training.scenario.falling import fly
from training.scenario.move import Grip
from training.scenario.moves.limbs import ARM, unit
from training.scenario.script import PropScript
from training.scenario.world import PROP_SIZES_M, Color, Furniture, Prop, Room

_FLAT = ("phone", "book", "hammer")  # these lie on their backs
_TAKE_FRAMES = 5
_IN_HAND_M = 0.145  # from a hand to the middle of what it holds, at most
_NEAR_M = 0.25  # a thing let go this close above something is put down there
Frames = npt.NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Resting:
    """centre (3,) metres; axes (3, 3)."""

    centre: Float
    axes: Float


@dataclass(frozen=True, slots=True)
class Hidden:
    """In a pocket or a bag, or not brought yet."""


@dataclass(frozen=True, slots=True)
class Held:
    """In a hand of an actor. start: the frame of the scene that is the move's first. yaw: of it."""

    actor: int
    grip: Grip
    start: int
    yaw: float


@dataclass(frozen=True, slots=True)
class Flying:
    """Thrown by whoever held it before."""


State = Resting | Hidden | Held | Flying


@dataclass(slots=True, kw_only=True)
class Thing:
    """A prop and all that becomes of it: (frame, state), by frame."""

    script: PropScript
    color: Color
    states: list[tuple[int, State]] = field(default_factory=list)

    @property
    def state(self) -> State:
        """What it is in since the last change."""
        return self.states[-1][1]

    def size_m(self) -> Float:
        """Width, depth and height."""
        size: Float = np.array(PROP_SIZES_M[self.script.kind], np.float32) * self.script.scale
        return size

    def become(self, frame: int, state: State) -> None:
        """From that frame on; what was to come later is forgotten."""
        self.states = [entry for entry in self.states if entry[0] < frame] + [(frame, state)]

    def holder(self) -> int | None:
        """The actor in whose hand it is."""
        return self.state.actor if isinstance(self.state, Held) else None

    def resting_at(self, x: float, y: float, support_m: float, yaw: float) -> Resting:
        """On something ``support_m`` high."""
        c, s = np.cos(yaw), np.sin(yaw)
        width_depth_height = self.size_m()
        if self.script.kind in _FLAT:
            axes = np.array([[c, 0, -s], [s, 0, c], [0, -1, 0]], np.float32)
            high = float(width_depth_height[1])
        else:
            axes = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]], np.float32)
            high = float(width_depth_height[2])
        return Resting(np.array([x, y, support_m + high / 2], np.float32), axes)


def support_under(point: Float, furniture: Sequence[Furniture]) -> float | None:
    """Height of what a thing at a point stands on when it is let go, None in mid-air."""
    heights = [0.0]
    for item in furniture:
        turned = np.radians(item.facing_deg - 90)
        c, s = np.cos(turned), np.sin(turned)
        x, y = point[0] - item.at_m[0], point[1] - item.at_m[1]
        inside = abs(x * c + y * s) < item.size_m[0] / 2, abs(y * c - x * s) < item.size_m[1] / 2
        if all(inside) and item.kind in ("table", "shelf"):
            heights.append(item.size_m[2])
    below = [height for height in heights if -0.1 < point[2] - height < _NEAR_M]
    return max(below, default=None)


def tracked(thing: Thing, bodies: Sequence[Float], room: Room) -> Prop:
    """The thing's whole track, after the tracks (T, 26, 3) of all actors are finished."""
    frames = len(bodies[0])
    centre = np.zeros((frames, 3), np.float32)
    axes = np.repeat(np.eye(3, dtype=np.float32)[None], frames, axis=0)
    present = np.zeros(frames, np.bool_)
    ends = [frame for frame, _ in thing.states[1:]] + [frames]
    for (start, state), end in zip(thing.states, ends, strict=True):
        part = slice(max(start, 0), min(end, frames))
        if part.start >= part.stop or isinstance(state, Hidden):
            continue
        present[part] = True
        if isinstance(state, Resting):
            centre[part], axes[part] = state.centre, state.axes
        elif isinstance(state, Held):
            frames_held = np.arange(part.start, part.stop)
            centre[part], axes[part] = held_pose(state, bodies[state.actor], frames_held)
        else:
            size = float(thing.size_m()[2])
            before = centre[max(part.start - 3, 0) : part.start]
            centre[part], axes[part] = fly(before, part.stop - part.start, size / 2, room)
        if start > 0 and present[start - 1] and not isinstance(state, Flying):
            _ease(centre, axes, part)
    return Prop(
        name=thing.script.name,
        kind=thing.script.kind,
        centre=centre,
        axes=axes,
        present=present,
        color=thing.color,
        scale=thing.script.scale,
    )


def _ease(centre: Float, axes: Float, part: slice) -> None:
    """Go smoothly from the pose of the frame before to what follows."""
    count = min(_TAKE_FRAMES, part.stop - part.start)
    share = (np.arange(1, count + 1) / (count + 1))[:, None].astype(np.float32)
    taken = slice(part.start, part.start + count)
    centre[taken] = centre[part.start - 1] * (1 - share) + centre[taken] * share
    mixed = axes[part.start - 1] * (1 - share[..., None]) + axes[taken] * share[..., None]
    u, _, v = np.linalg.svd(mixed)
    u[..., 2] *= np.linalg.det(u @ v)[:, None]
    axes[taken] = u @ v


def held_pose(held: Held, joints: Float, frames: Frames) -> tuple[Float, Float]:
    """Centre (K, 3) and axes (K, 3, 3) of a held thing at the frames (K,).

    joints: (T, 26, 3) of the actor in the scene. A grip that goes on after its last row keeps it
    and turns with the body.
    """
    grip = held.grip
    index = frames - held.start - grip.start
    body = joints[frames]
    rows = grip.end - grip.start
    offset = _row(grip.offset, 1, index, rows)
    if grip.hand != "both":  # a thing that was out of reach comes to the hand
        far = np.linalg.norm(offset, axis=1, keepdims=True)
        offset = offset * np.minimum(1, _IN_HAND_M / np.maximum(far, 1e-6))
    own = _row(grip.axes, 2, index, rows)
    if grip.level:
        turned = held.yaw + _turn_beyond(held, joints, frames)
        c, s, zero = np.cos(turned), np.sin(turned), np.zeros_like(turned)
        frame = np.stack([c, -s, zero, s, c, zero, zero, zero, zero + 1], axis=1).reshape(-1, 3, 3)
    else:
        frame = _forearm(body, grip.hand)
    hands = [ARM[side][3] for side in ("left", "right") if grip.hand in (side, "both")]
    palm = body[:, hands].mean(axis=1)
    centre = palm + np.einsum("tij,tj->ti", frame, offset)
    return centre.astype(np.float32), (frame @ own).astype(np.float32)


def _turn_beyond(held: Held, joints: Float, frames: Frames) -> Float:
    """By how much the body has turned since, or has yet to turn to, the grip's own frames."""
    first, rows = held.start + held.grip.start, held.grip.end - held.grip.start
    known = np.clip(frames, first, first + rows - 1).clip(0, len(joints) - 1)
    low, high = int(min(frames.min(), known.min())), int(max(frames.max(), known.max()))
    faces = np.unwrap(heading(joints[low : high + 1]))
    turned: Float = np.where(known == frames, 0, faces[frames - low] - faces[known - low])
    return turned


def _row(value: Float, dims: int, index: Frames, rows: int) -> Float:
    """One value for all frames, or that of each frame."""
    if value.ndim == dims:
        return np.broadcast_to(value, (len(index), *value.shape))
    picked: Float = value[np.clip(index, 0, rows - 1)]
    return picked


def _forearm(body: Float, hand: str) -> Float:
    """Axes (K, 3, 3) of a forearm: x towards the hand, z as near to up as that allows."""
    _, elbow, wrist, _ = ARM["left" if hand == "left" else "right"]
    ahead = unit(body[:, wrist] - body[:, elbow])
    up = np.zeros_like(ahead)
    up[:, 2] = 1
    top = up - (up * ahead).sum(axis=1, keepdims=True) * ahead
    steep = np.linalg.norm(top, axis=1, keepdims=True) < 1e-3
    top = unit(np.where(steep, np.array([1, 0, 0], np.float32), top))
    axes: Float = np.stack([ahead, np.cross(top, ahead), top], axis=2)
    return axes
