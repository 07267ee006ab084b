"""Brings actors where an action happens: they rise, walk there and turn, in time if they can."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from training.scenario.cast import Player
from training.scenario.move import Direction, Move
from training.scenario.routes import Obstacle, route, smooth_path
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.skeleton import CHANGE_FRAMES
from training.scenario.walking import Stand, shift, shift_frames, turn_frames, walk, walk_frames
from training.scenario.world import FPS

NEAR_M = 0.06
"""Nobody takes a step for less."""

SHIFTED_M = 0.65
"""For less one takes small steps in any direction and does not turn first."""

_HURRY = 1.35
_FIRST_TURN_RAD = float(np.radians(50))  # beyond, one turns before one walks
_EARLY_S = (0.15, 0.9)
_LATE_S = 4.0
_ROLL_FRAMES = 36


def angle_between(start: float, end: float) -> float:
    """The shorter turn from one direction to another, radians."""
    return float((end - start + np.pi) % (2 * np.pi) - np.pi)


def direction_to(start: Spot, end: Spot) -> float:
    """Radians."""
    return float(np.arctan2(end[1] - start[1], end[0] - start[0]))


def rising(scene: Scene, player: Player) -> Move | None:
    """How somebody who sits or lies gets up, None for who stands."""
    track = player.track
    if track.posture == "seated":
        return scene.make("stand_up", player, Direction(seat_m=track.seat_m))
    if track.posture == "lying":
        down = scene.make("lie_down", player, Direction())
        # Who lies otherwise rolls over first.
        lying = np.repeat(down.joints[-1:], _ROLL_FRAMES // 2, axis=0)
        joints = np.concatenate([lying, down.joints[::-1]])
        joints[..., :2] -= joints[0, 17, :2]
        return Move(action="get_up", joints=joints, onset=0, end=len(joints), begins="lying")
    return None


def rise(scene: Scene, player: Player, move: Move | None) -> None:
    """Get up, from now on; getting up from the floor is no action of the taxonomy."""
    if move is None:
        return
    track = player.track
    start = track.at
    track.put(move.joints, over=_ROLL_FRAMES if track.posture == "lying" else CHANGE_FRAMES)
    track.posture = "standing"
    track.settle()
    player.seat = None
    if move.action in scene.taxonomy.actions:
        span = start + move.onset, min(start + move.end, track.frames)
        if span[0] < span[1]:
            scene.tell(move.action, [player], span)


def go(
    scene: Scene, player: Player, spot: Spot, *,
    due: int, yaw: float | None = None, around: Sequence[Obstacle] | None = None,
) -> None:  # fmt: skip
    """Be at a place, facing ``yaw``, by the frame ``due``, or as soon afterwards as can be.

    around: what to walk round; the furniture and people of the scene if left out.
    """
    track = player.track
    move = rising(scene, player)
    up = len(move.joints) if move else 0
    obstacles = scene.obstacles(player) if around is None else around
    path = smooth_path(route(track.place, spot, obstacles, scene.room))
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    final = track.yaw if yaw is None and length <= NEAR_M else yaw
    steps = _steps(player, path, length, final, due - track.free_from - up)
    needed = up + sum(steps)
    if needed:
        slack = max(0, due - track.free_from - needed)
        early = min(slack, round(float(player.rng.uniform(*_EARLY_S)) * FPS))
        start = max(track.free_from, due - needed - early)
        track.cut_back(start)
        track.wait_until(start)
    rise(scene, player, move)
    stance, here = player.persona.stance, Stand(track.place, track.yaw)
    if length <= SHIFTED_M:
        end = Stand(spot, _final(final, track.yaw))
        if steps[1]:
            track.append(shift(stance, here, end))
        track.place, track.yaw = end.place, end.yaw
        return
    first, arriving = _headings(path, track.yaw)
    _turn(player, first)
    track.append(walk(player.gaits["walk"], path, stance, steps[1], track.yaw), "walk")
    track.yaw += angle_between(track.yaw, arriving)
    track.place = (float(path[-1, 0]), float(path[-1, 1]))
    _turn(player, angle_between(track.yaw, _final(yaw, track.yaw)))


def _steps(
    player: Player, path: Float, length: float, yaw: float | None, time: int
) -> tuple[int, int, int]:
    """Frames to turn, to walk and to turn again; in a hurry where there is little time."""
    own = player.track.yaw
    if length <= SHIFTED_M:
        angle = angle_between(own, _final(yaw, own))
        if length <= NEAR_M:
            return 0, turn_frames(angle), 0
        return 0, shift_frames(length, angle), 0
    first, arriving = _headings(path, own)
    turns = turn_frames(first), turn_frames(angle_between(arriving, _final(yaw, arriving)))
    gait, speed = player.gaits["walk"], player.persona.walk_m_s
    steps = walk_frames(length, gait, speed)
    if steps > time - sum(turns):
        steps = max(time - sum(turns), walk_frames(length, gait, speed * _HURRY))
    return turns[0], steps, turns[1]


def check_time(cue: Cue, late: int, what: str) -> None:
    """Refuse what begins more than 4 s after its time; late: frames."""
    if late > _LATE_S * FPS:
        earliest = cue.doing.at_s + late / FPS
        raise cue.fail(
            f"'{cue.player.name}' cannot {what} in time; let {cue.doing.action} begin at "
            f"{np.ceil(earliest * 10) / 10:g} s or later, or start nearer"
        )


def _turn(player: Player, angle: float) -> None:
    track = player.track
    if turn_frames(angle):
        start, end = Stand(track.place, track.yaw), Stand(track.place, track.yaw + angle)
        track.append(shift(player.persona.stance, start, end))
    track.yaw += angle


def _final(yaw: float | None, otherwise: float) -> float:
    return otherwise if yaw is None else yaw


def _headings(path: Float, yaw: float) -> tuple[float, float]:
    """The turn before the first step, and the direction of the last one."""
    ahead = min(len(path) - 1, 12)
    start = direction_to(tuple(path[0]), tuple(path[ahead]))
    end = direction_to(tuple(path[-1 - ahead]), tuple(path[-1]))
    turned = angle_between(yaw, start)
    return (turned if abs(turned) > _FIRST_TURN_RAD else 0.0), end
