"""What two people do with each other: they shake hands, hug, or one pushes the other away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import arms
from training.scenario.approach import angle_between, check_time, direction_to, go
from training.scenario.cast import Player
from training.scenario.handing import put_away
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import travel
from training.scenario.moves.limbs import chest, unit
from training.scenario.performing import busy_until
from training.scenario.routes import obstacle_of
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.skeleton import turned_and_moved
from training.scenario.walking import Piece, stepping
from training.scenario.world import FPS

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Duet:
    """Both tracks of one thing done together, in the scene. onset, end: frames of the action."""

    pieces: tuple[Piece, Piece]
    onset: int
    end: int


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two people who stand before each other."""

    one: Player
    other: Player
    for_s: float | None
    rng: Rng

    def place(self, pieces: tuple[Piece, Piece]) -> tuple[Float, Float]:
        """Joints of both as they stand in the scene."""
        first, second = (
            turned_and_moved(part.joints, who.track.yaw, np.array(who.track.place, np.float32))
            for part, who in zip(pieces, (self.one, self.other), strict=True)
        )
        return first, second


def meet(scene: Scene, cue: Cue) -> None:
    """Both come together at the doing's time, the actor walks up to the partner."""
    one, other = cue.player, cue.partners[0]
    for player in (one, other):
        busy_until(cue, player)
        put_away(scene, player, cue, None)
    apart, make = DUETS[cue.doing.action]
    spot = _before(scene, one, other, apart)
    go(scene, one, spot, due=cue.frame, yaw=direction_to(spot, other.track.place))
    facing = direction_to(other.track.place, one.track.place)
    go(scene, other, other.track.place, due=min(cue.frame, one.track.at), yaw=facing)
    start = max(one.track.free_from, other.track.free_from, cue.frame)
    check_time(cue, start - cue.frame, f"get to '{other.name}'")
    for player in (one, other):
        player.track.cut_back(start)
        player.track.wait_until(start)
    duet = make(Meeting(one, other, cue.doing.for_s, one.rng))
    end = start + duet.end
    if end > one.track.frames:
        raise cue.fail(
            f"lasts until {np.ceil(end / FPS * 10) / 10:g} s, the scene until "
            f"{scene.script.duration_s:g} s; begin earlier or lengthen duration_s"
        )
    for player, part in zip((one, other), duet.pieces, strict=True):
        player.track.append(part)
        player.track.settle()
        player.track.yaw = facing if player is other else facing + np.pi
        player.track.doing, player.track.free_from = cue.doing.action, end
    scene.tell(cue.doing.action, [one, other], (start + duet.onset, end))


def _before(scene: Scene, one: Player, other: Player, apart: float) -> Spot:
    """Where to stand before somebody: on one's own side, unless something stands there."""
    middle = other.track.place
    own = direction_to(middle, one.track.place)
    front = other.track.yaw
    if abs(angle_between(own, front)) > np.radians(100) and other.track.posture == "seated":
        own = front
    walls = [obstacle_of(item).grown(0.2) for item in scene.furniture]
    for step in range(12):
        angle = own + (step + 1) // 2 * (1 if step % 2 else -1) * np.pi / 6
        spot = (
            middle[0] + apart * float(np.cos(angle)),
            middle[1] + apart * float(np.sin(angle)),
        )
        if scene.within(spot, 0.3) == spot and not any(wall.holds(spot) for wall in walls):
            return spot
    return (middle[0] + apart * float(np.cos(own)), middle[1] + apart * float(np.sin(own)))


def handshake(meeting: Meeting) -> Duet:
    """Right hands meet midway and go up and down."""
    rng, shakes = meeting.rng, int(meeting.rng.integers(2, 5))
    out_s, back_s = rng.uniform(0.45, 0.65), rng.uniform(0.45, 0.6)
    period_s = rng.uniform(0.32, 0.45)
    hold_s = shakes * period_s
    if meeting.for_s is not None:
        hold_s = max(0.5, meeting.for_s - out_s - back_s)
    end = round((out_s + hold_s + back_s) * FPS)
    frames = end + 6
    lean: Pose = {"pitch": rng.uniform(3, 9), "nod": rng.uniform(-4, 6)}
    keys = [(out_s, lean), (hold_s, {}), (back_s, {"pitch": 0, "nod": 0})]
    pieces = tuple(
        Piece(joints=who.persona.act(keys, frames), rests=np.ones((frames, 2), np.bool_))
        for who in (meeting.one, meeting.other)
    )
    first, second = meeting.place((pieces[0], pieces[1]))
    moments = [(0, 0), (out_s * FPS, 1), ((out_s + hold_s) * FPS, 1), (end, 0)]
    share = travel(frames, moments)
    time = np.arange(frames) / FPS - out_s
    shaking = np.clip(np.minimum(time, hold_s - time) / 0.15, 0, 1)
    high = 0.5 * (first[:, 17, 2] + second[:, 17, 2]) + rng.uniform(0.06, 0.14)
    high = high + rng.uniform(0.025, 0.05) * shaking * np.sin(2 * np.pi * time / period_s)
    middle = 0.5 * (first[:, 19] + second[:, 19])
    middle[:, 2] = high
    way = unit((second[:, 19] - first[:, 19]) * np.array([1, 1, 0], np.float32))
    done = []
    for joints, sign in ((first, 1.0), (second, -1.0)):
        # Palm on palm: each hand a little on its own right side and past the middle.
        across = sign * np.stack([way[:, 1], -way[:, 0], 0 * way[:, 0]], axis=1)
        goal = Goal(at=middle + 0.02 * across + 0.01 * sign * way, share=share, elbow=15)
        done.append(Piece(joints=reach_for(joints, "right", goal), rests=pieces[0].rests))
    return Duet((done[0], done[1]), 0, end)


def hug(meeting: Meeting) -> Duet:
    """Both step together and put their arms round each other's back."""
    rng = meeting.rng
    in_s, back_s = rng.uniform(0.7, 0.95), rng.uniform(0.7, 0.9)
    hold_s = rng.uniform(1.0, 2.2)
    if meeting.for_s is not None:
        hold_s = max(0.6, meeting.for_s - in_s - back_s)
    close, away, end = (round(s * FPS) for s in (in_s, in_s + hold_s, in_s + hold_s + back_s))
    frames = end + 6
    ahead = 0.5 * (_HUG_APART_M - rng.uniform(0.30, 0.36))
    side = {"lean": rng.uniform(5, 9), "look": rng.uniform(10, 35), "nod": rng.uniform(0, 10)}
    calm = dict.fromkeys(side, 0.0) | {"pitch": 0.0}
    keys = [(in_s, {**side, "pitch": rng.uniform(3, 8)}), (hold_s, {}), (back_s, calm)]
    pieces = tuple(
        stepping(who.persona.act(keys, frames), [(3, close, ahead), (away, end, -ahead)])
        for who in (meeting.one, meeting.other)
    )
    both = meeting.place((pieces[0], pieces[1]))
    share = travel(frames, [(2, 0), (close, 1), (away, 1), (end - 3, 0)])
    pats = 0.02 * np.abs(np.sin(np.arange(frames) / FPS * rng.uniform(5, 9))) * (rng.random() < 0.5)
    done = []
    for own, others, part in ((both[0], both[1], pieces[0]), (both[1], both[0], pieces[1])):
        axes = chest(others)
        back = others[:, 19] - (0.15 + pats[:, None]) * axes[:, :, 0]
        # One arm over the shoulder, the other below the arm: hands cross over the back.
        over = back + 0.06 * axes[:, :, 1] - 0.06 * axes[:, :, 2]
        below = back - 0.04 * axes[:, :, 1] - 0.26 * axes[:, :, 2]
        joints = reach_for(own, "left", Goal(at=over, share=share, elbow=60, bow=0.1))
        joints = reach_for(joints, "right", Goal(at=below, share=share, elbow=55, bow=0.1))
        done.append(Piece(joints=joints, rests=part.rests))
    return Duet((done[0], done[1]), 0, end)


def push(meeting: Meeting) -> Duet:
    """Both hands against the other's chest; who is pushed staggers back and catches itself."""
    rng = meeting.rng
    load_s, thrust_s = rng.uniform(0.3, 0.5), rng.uniform(0.15, 0.22)
    after_s = rng.uniform(0.5, 0.8)
    hit = round((load_s + thrust_s) * FPS)
    stagger = round(rng.uniform(0.55, 0.8) * FPS)
    end = max(hit + round(after_s * FPS), hit + stagger + 4)
    frames = end + 10
    far = rng.uniform(0.45, 0.8)
    rest = meeting.one.persona.rest
    doer = meeting.one.persona.act(
        [
            (load_s, {"pitch": rng.uniform(-4, 4), **arms(15, 12, 115, -12)}),
            (thrust_s, {"pitch": rng.uniform(12, 24)}),
            (0.12, {}),
            (after_s, {"pitch": 0, **rest}),
        ],
        frames,
    )
    pushed = meeting.other.persona.act(_staggering(hit / FPS, meeting.other, rng), frames)
    pieces = (
        stepping(doer, [(max(hit - 8, 0), hit + 2, rng.uniform(0.05, 0.15))]),
        stepping(pushed, [(hit, hit + stagger, -far)]),
    )
    one, other = meeting.place(pieces)
    share = travel(frames, [(hit - 6, 0), (hit, 1), (hit + 4, 1), (hit + 14, 0)])
    axes = chest(other)
    breast = other[:, 19] + 0.13 * axes[:, :, 0] - 0.10 * axes[:, :, 2]
    still = np.repeat(breast[hit : hit + 1], frames, axis=0)
    where = np.where((np.arange(frames) > hit + 3)[:, None], still, breast)
    for side, sign in (("left", -1.0), ("right", 1.0)):
        at = where + sign * 0.12 * axes[:, :, 1]
        goal = Goal(at=at, share=share, points=_upwards(axes), elbow=35, bow=0.0)
        one = reach_for(one, side, goal)
    done = Piece(joints=one, rests=pieces[0].rests), Piece(joints=other, rests=pieces[1].rests)
    return Duet(done, max(0, round(0.3 * load_s * FPS)), end)


def _staggering(until_s: float, who: Player, rng: Rng) -> list[tuple[float, Pose]]:
    """Thrown back after so many seconds, arms out, then upright again."""
    return [
        (until_s, {"nod": -3}),
        (0.15, {"pitch": -rng.uniform(10, 18), "nod": rng.uniform(5, 15)}),
        (0.2, arms(rng.uniform(25, 55), 30, rng.uniform(50, 90), 10)),
        (0.4, {"pitch": rng.uniform(4, 12)}),
        (0.4, {"pitch": 0, "nod": 0, **who.persona.rest}),
    ]


def _upwards(axes: Float) -> Float:
    """Fingers of a hand that pushes against a chest."""
    return unit(0.8 * axes[:, :, 2] - 0.5 * axes[:, :, 0])


_HUG_APART_M = 0.95
DUETS: dict[str, tuple[float, Callable[[Meeting], Duet]]] = {
    "handshake": (0.88, handshake),
    "hug": (_HUG_APART_M, hug),
    "push": (0.62, push),
}
"""How far apart the two stand at first, metres, and what they do then."""
