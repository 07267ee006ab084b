"""A box that is taken up with both hands, carried before the belly and put down again."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.scenario.cast import Player
from training.scenario.holding import Held, Thing
from training.scenario.move import Grip
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import Body, neutral, travel
from training.scenario.moves.limbs import chest, unit
from training.scenario.walking import pelvis_over
from training.scenario.world import FPS

_BEND_S, _STAY_S = 0.75, 0.15
LIFT_FRAMES = round((2 * _BEND_S + _STAY_S) * FPS) + 6
"""How long it takes to bend down to a box and to rise with it, and a moment more."""

BELLY_M = 0.10
"""Of the hands above the pelvis while something is carried."""

_AHEAD_M = 0.36
Moments = list[tuple[float, float]]


class Way:
    """How both arms go along: (frame, value) moments of the track.

    share: 0 as they were, 1 the hands are at the box. height: of the hands above the pelvis.
    """

    def __init__(self, frame: int, share: float, height: float) -> None:
        self.share: Moments = [(float(frame), share)]
        self.height: Moments = [(float(frame), height)]

    def at(self, frame: int, share: float, height: float) -> None:
        """Be so by that frame."""
        self.share.append((float(frame), share))
        self.height.append((float(frame), height))


def hold(player: Player, box: Thing, frame: int) -> Way:
    """The box is in the arms from that frame on."""
    _take(player, box, frame)
    return Way(frame, 1.0, BELLY_M)


def lift(player: Player, box: Thing) -> Way:
    """Bend down to a box that rests ahead, take it and rise with it."""
    track = player.track
    track.cut_back(track.free_from)
    start, low_m = track.at, float(box.states[-1][1].centre[2])  # type: ignore[union-attr]
    joints = _bow(player, low_m)
    track.put(joints)
    middle = start + len(joints) // 2
    down = low_m - float(joints[len(joints) // 2, 17, 2])
    way = Way(start, 0.0, min(down, BELLY_M))
    way.at(middle - 3, 1.0, min(down, BELLY_M))
    way.at(middle + 3, 1.0, min(down, BELLY_M))
    way.at(start + len(joints) - 1, 1.0, BELLY_M)
    _take(player, box, min(middle, track.frames - 1))
    return way


def put_down(player: Player, box: Thing, way: Way) -> None:
    """Bend down, leave the box on the floor and rise; then both arms follow the whole way."""
    track = player.track
    start = track.at
    low_m = float(box.size_m()[2]) / 2
    joints = _bow(player, low_m)
    track.put(joints)
    middle = start + len(joints) // 2
    down = low_m - float(joints[len(joints) // 2, 17, 2])
    way.at(start, 1.0, BELLY_M)
    way.at(middle - 3, 1.0, down)
    way.at(middle + 3, 1.0, down)
    way.at(start + len(joints) - 1, 0.0, down)
    bring_arms(player, box, way)
    if middle < track.at:
        hands = track.joints[middle, (22, 23)].mean(axis=0)
        rest = box.resting_at(float(hands[0]), float(hands[1]), 0.0, track.yaw + np.pi / 2)
        box.become(middle, rest)


def _take(player: Player, box: Thing, frame: int) -> None:
    across = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    grip = Grip(
        kind="box", hand="both", start=0, end=1, offset=np.zeros(3, np.float32), axes=across,
        level=True,
    )  # fmt: skip
    box.become(frame, Held(player.index, grip, frame, player.track.yaw))


def _bow(player: Player, low_m: float) -> Float:
    """Down to a thing at that height and up again, (T, 26, 3) in the actor's own space."""
    body = Body(player.persona.bones, neutral())
    deep = float(np.clip(1.05 - low_m / 0.8, 0.0, 0.95))
    down = {
        "l_thigh": 85 * deep, "r_thigh": 85 * deep, "l_shin": -32 * deep, "r_shin": -32 * deep,
        "pitch": 42 * deep,
    }  # fmt: skip
    up = {"l_thigh": 2, "r_thigh": 2, "l_shin": -3, "r_shin": -3, "pitch": 0}
    body.to(_BEND_S, down)
    body.hold(_STAY_S)
    body.to(_BEND_S, up)
    return pelvis_over(body.joints(feet="planted"))


def bring_arms(player: Player, box: Thing, way: Way) -> None:
    """Both hands of the track at the sides of the box."""
    track = player.track
    first, last = int(way.share[0][0]), min(int(way.share[-1][0]) + 1, track.at)
    count = last - first
    if count <= 0:
        return
    share = travel(count, [(frame - first, value) for frame, value in way.share])
    height = travel(count, [(frame - first, value) for frame, value in way.height])
    joints = track.joints[first:last]
    axes = chest(joints)
    ahead = unit(axes[:, :, 0] * np.array([1, 1, 0], np.float32))
    left = unit(axes[:, :, 1] * np.array([1, 1, 0], np.float32))
    middle = joints[:, 17] + _AHEAD_M * ahead
    middle[:, 2] += height
    for side, sign in (("left", 1.0), ("right", -1.0)):
        at = middle + sign * 0.5 * (float(box.size_m()[0]) + 0.02) * left
        goal = Goal(at=at, share=share, points=ahead - sign * 0.25 * left, elbow=30, bow=0.0)
        joints = reach_for(joints, side, goal)
    track.joints[first:last] = joints
