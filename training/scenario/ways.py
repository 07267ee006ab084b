"""Actions that lead somewhere: walking, running, carrying a box; coming and going."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.scenario.approach import angle_between, check_time, direction_to, go
from training.scenario.boxes import LIFT_FRAMES, hold, lift, put_down
from training.scenario.cast import Player
from training.scenario.gait import Kind
from training.scenario.handing import beside, put_away
from training.scenario.holding import Resting, Thing
from training.scenario.performing import busy_until
from training.scenario.routes import obstacle_of, route, smooth_path
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.walking import walk, walk_frames
from training.scenario.world import FPS

_PACES = {"walk": (0.75, 2.0), "run": (1.9, 4.5)}
_CARRY_M_S = 1.0
_EXIT_M = 0.3
_TURNS_S = 2.0


def go_somewhere(scene: Scene, cue: Cue) -> None:
    """Walk or run to the doing's place, or to one that the seed chooses."""
    player, track = cue.player, cue.player.track
    busy_until(cue, player)
    kind: Kind = "run" if cue.doing.action == "run" else "walk"
    goal = cue.doing.to_m or _somewhere(scene, cue, kind)
    path = _path(scene, player, goal)
    go(
        scene, player, track.place, due=cue.frame, yaw=_first_direction(path),
    )  # fmt: skip
    check_time(cue, track.free_from - cue.frame, "be ready")
    track.cut_back(max(track.free_from, cue.frame))
    track.wait_until(max(track.free_from, cue.frame))
    start = track.at
    steps = _steps(cue, path, kind)
    _fits(scene, cue, start + steps)
    gait = player.gaits[kind]
    track.append(walk(gait, path, player.persona.stance, steps, track.yaw), kind)
    _arrive(player, path)
    track.doing = cue.doing.action


def carry(scene: Scene, cue: Cue, box: Thing) -> None:
    """Take a box up with both hands, carry it there and put it down."""
    player, track = cue.player, cue.player.track
    busy_until(cue, player)
    put_away(scene, player, cue, box)
    if (holder := box.holder()) not in (None, player.index):
        other = scene.players[holder or 0].name
        raise cue.fail(f"'{other}' holds '{box.script.name}' then; take another", "prop")
    if isinstance(box.state, Resting):
        spot, yaw = beside(scene, player, box.state)
        go(scene, player, spot, due=cue.frame - LIFT_FRAMES, yaw=yaw)
        way = lift(player, box)
    else:
        way = hold(player, box, player.enters if len(box.states) == 1 else track.free_from)
    goal = cue.doing.to_m or _somewhere(scene, cue, "walk")
    path = _path(scene, player, goal)
    go(scene, player, track.place, due=cue.frame, yaw=_first_direction(path))
    check_time(cue, track.free_from - cue.frame, "have the box by then")
    track.wait_until(cue.frame)
    start = track.at
    steps = _steps(cue, path, "walk", _CARRY_M_S)
    _fits(scene, cue, start + steps)
    track.append(walk(player.gaits["walk"], path, player.persona.stance, steps, track.yaw))
    _arrive(player, path)
    end = track.at
    put_down(player, box, way)
    track.doing = "carry_box"
    scene.tell("carry_box", [player], (start, end), objects=(box.script.name,))


def leave(scene: Scene, player: Player, frame: int) -> None:
    """Go to the nearest wall and be gone by that frame, or when the way is done."""
    track = player.track
    spot = door_of(scene, track.place)
    go(scene, player, spot, due=frame)
    player.leaves = min(max(track.at, frame), track.frames)
    track.doing = "leaving"


def enter(scene: Scene, player: Player) -> None:
    """Come in by the nearest wall to where the actor starts, who is busy at once right there."""
    track = player.track
    start, yaw = track.place, track.yaw
    door = door_of(scene, start)
    way_s = np.hypot(door[0] - start[0], door[1] - start[1]) / player.persona.walk_m_s + _TURNS_S
    busy_s = [
        doing.at_s
        for other in scene.players
        for doing in other.script.does
        if other is player or player.name in doing.partner
    ]
    if min(busy_s, default=np.inf) < player.enters / FPS + way_s:
        track.wait_until(player.enters)
        track.spans.clear()
        return
    track.place = door
    track.yaw = direction_to(track.place, start)
    track.wait_until(player.enters)
    track.spans.clear()
    go(scene, player, start, due=0, yaw=yaw)
    track.doing = "coming in"


def door_of(scene: Scene, spot: Spot) -> Spot:
    """The nearest place at a wall that nothing stands on."""
    width, depth = scene.room.width_m, scene.room.depth_m
    x, y = scene.within(spot, _EXIT_M)
    walls = [(_EXIT_M, y), (width - _EXIT_M, y), (x, _EXIT_M), (x, depth - _EXIT_M)]
    things = [obstacle_of(item).grown(0.2) for item in scene.furniture]
    free = [wall for wall in walls if not any(thing.holds(wall) for thing in things)]
    return min(free or walls, key=lambda wall: np.hypot(wall[0] - spot[0], wall[1] - spot[1]))


def _path(scene: Scene, player: Player, goal: Spot) -> Float:
    corners = route(player.track.place, goal, scene.obstacles(player), scene.room)
    return smooth_path(corners)


def _first_direction(path: Float) -> float:
    return direction_to(tuple(path[0]), tuple(path[min(12, len(path) - 1)]))


def _steps(cue: Cue, path: Float, kind: Kind, speed_m_s: float | None = None) -> int:
    """Frames for a path: as long as the script says as far as legs can."""
    player = cue.player
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    gait = player.gaits[kind]
    usual = speed_m_s or (player.persona.walk_m_s if kind == "walk" else gait.speed_m_s)
    if cue.doing.for_s is None or cue.doing.to_m is None:
        return walk_frames(length, gait, usual)
    slowest, fastest = _PACES[kind]
    wished = round(cue.doing.for_s * FPS)
    least = walk_frames(length, gait, fastest)
    if wished < least:
        raise cue.fail(
            f"{length:.1f} m in {cue.doing.for_s:g} s is too far to {kind}; give it "
            f"{np.ceil(least / FPS * 10) / 10:g} s or more, or a nearer to_m", "for_s",
        )  # fmt: skip
    return min(wished, walk_frames(length, gait, slowest))


def _fits(scene: Scene, cue: Cue, end: int) -> None:
    if end > scene.script.duration_s * FPS + 1:
        raise cue.fail(
            f"arrives at {np.ceil(end / FPS * 10) / 10:g} s, the scene ends at "
            f"{scene.script.duration_s:g} s; begin earlier, go less far or lengthen duration_s"
        )


def _arrive(player: Player, path: Float) -> None:
    track = player.track
    ahead = min(12, len(path) - 1)
    track.yaw += angle_between(track.yaw, direction_to(tuple(path[-1 - ahead]), tuple(path[-1])))
    track.place = (float(path[-1, 0]), float(path[-1, 1]))


def _somewhere(scene: Scene, cue: Cue, kind: Kind) -> Spot:
    """A free place as far away as the doing's length asks for."""
    player = cue.player
    speed = player.persona.walk_m_s if kind == "walk" else player.gaits[kind].speed_m_s
    wished = speed * max((cue.doing.for_s or 3.0) - 0.5, 0.5)
    walls = [obstacle_of(item).grown(0.35) for item in scene.furniture]
    start = player.track.place
    best, least = start, np.inf
    for _ in range(60):
        spot = scene.within(
            (
                float(player.rng.uniform(0, scene.room.width_m)),
                float(player.rng.uniform(0, scene.room.depth_m)),
            ),
            0.5,
        )
        off = abs(float(np.hypot(spot[0] - start[0], spot[1] - start[1])) - wished)
        if off < least and not any(wall.holds(spot) for wall in walls):
            best, least = spot, off
    return best
