"""What actors take, hold, let go and put away."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.scenario.approach import angle_between, direction_to
from training.scenario.boxes import BELLY_M, Way, bring_arms
from training.scenario.cast import Player
from training.scenario.holding import (
    Flying,
    Held,
    Hidden,
    Resting,
    Thing,
    held_pose,
    support_under,
)
from training.scenario.move import Move
from training.scenario.routes import obstacle_of
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.world import FPS

HANDS_FREE = frozenset(
    {"walk", "run", "stand", "sit_down", "stand_up", "point", "gathering", "walking_together"}
)
"""Actions for which nobody puts away what is in the hands."""

_REACH_M = 0.46
_BIG = ("box", "ball", "laptop")
_HOLD_FRAMES = 14
_AHEAD = round(0.8 * FPS)


def beside(scene: Scene, player: Player, rest: Resting) -> tuple[Spot, float]:
    """Where to stand to take a thing, and which way to face."""
    goal = (float(rest.centre[0]), float(rest.centre[1]))
    start = direction_to(goal, player.track.place)
    walls = [obstacle_of(item).grown(0.14) for item in scene.furniture]
    best: tuple[float, Spot] | None = None
    for step in range(16):
        for far in (_REACH_M - 0.1, _REACH_M, _REACH_M + 0.15):
            angle = start + (step + 1) // 2 * (1 if step % 2 else -1) * np.pi / 8
            spot = (goal[0] + far * float(np.cos(angle)), goal[1] + far * float(np.sin(angle)))
            blocked = any(wall.holds(spot) for wall in walls) or scene.within(spot, 0.2) != spot
            cost = abs(angle_between(start, angle)) + 4 * far + 100 * blocked
            if best is None or cost < best[0]:
                best = (cost, spot)
    assert best is not None
    near = float(np.hypot(player.track.place[0] - goal[0], player.track.place[1] - goal[1]))
    if 0.33 < near < _REACH_M + 0.06:
        best = (0.0, player.track.place)
    return best[1], direction_to(best[1], goal)


def hand_over(
    scene: Scene, player: Player, thing: Thing, move: Move, at: tuple[int, float]
) -> tuple[str, ...]:
    """Let the thing follow the grips of a move that began at a frame, facing so."""
    first, yaw = at
    grips = [grip for grip in move.grips if grip.kind == thing.script.kind]
    body = player.track.joints
    for number, grip in enumerate(grips):
        held = Held(player.index, grip, first, yaw)
        begin = first + grip.start
        if begin >= player.track.at:
            break
        if number == 0 and isinstance(thing.state, Hidden):
            _appear(scene, thing, held, body)
        thing.become(max(begin, 0), held)
        end = first + grip.end
        if grip.end >= len(move.joints) or end >= player.track.at:
            continue
        if grip.flies:
            thing.become(end, Flying())
        elif number + 1 == len(grips):
            thing.become(end, _let_go(scene, thing, held, body, end - 1))
    return (thing.script.name,)


def _appear(scene: Scene, thing: Thing, held: Held, body: Float) -> None:
    """A thing that lay nowhere was in the hand all the time, or where it is taken from now."""
    if len(thing.states) > 1:  # out of a pocket again
        return
    begin = held.start + held.grip.start
    if held.grip.start > 0:
        rest = _let_go(scene, thing, held, body, begin)
        if isinstance(rest, Resting):
            thing.become(0, rest)
    elif scene.players[held.actor].track.doing == "nothing" or not _used_before(scene, held.actor):
        thing.become(scene.players[held.actor].enters, held)


def _used_before(scene: Scene, actor: int) -> bool:
    """Whether an actor has had another thing in the hands."""
    return any(
        isinstance(state, Held) and state.actor == actor
        for thing in scene.things.values()
        for _, state in thing.states
    )


def _let_go(scene: Scene, thing: Thing, held: Held, body: Float, frame: int) -> Resting | Hidden:
    """What becomes of a held thing that is let go, or was before it was taken."""
    frame = min(frame, scene.players[held.actor].track.at - 1)
    centre, axes = held_pose(held, body, np.array([max(frame, 0)]))
    high = float(np.abs(axes[0, 2]) @ thing.size_m())
    support = support_under(centre[0] - [0, 0, high / 2], scene.furniture)
    if support is None:
        return Hidden()
    centre[0, 2] = support + high / 2
    return Resting(centre[0], axes[0])


def keep_in_arms(scene: Scene) -> None:
    """Both arms stay round what two hands have taken up, until it is let go."""
    for thing in scene.things.values():
        ends = [frame for frame, _ in thing.states[1:]] + [scene.players[0].track.frames]
        for (_, state), end in zip(thing.states, ends, strict=True):
            if not isinstance(state, Held) or state.grip.hand != "both":
                continue
            taken = state.start + state.grip.end
            if state.grip.end - state.grip.start == 1 or end - taken < _HOLD_FRAMES:
                continue  # carried by its own rules, or let go at once
            way = Way(taken - _HOLD_FRAMES, 0.0, BELLY_M)
            way.at(taken - 2, 1.0, BELLY_M)
            way.at(end - 2, 1.0, BELLY_M)
            way.at(end + _HOLD_FRAMES, 0.0, BELLY_M)
            bring_arms(scene.players[state.actor], thing, way)


def put_away(scene: Scene, player: Player, cue: Cue, keep: Thing | None) -> None:
    """Free the hands for what comes: small things go into a pocket, big ones to the floor."""
    if cue.doing.action in HANDS_FREE:
        return
    frame = min(max(player.track.free_from, cue.frame - _AHEAD), player.track.frames - 1)
    for thing in scene.things.values():
        if thing is keep or thing.holder() != player.index:
            continue
        if thing.script.kind in _BIG:
            x, y = player.track.place
            side = player.track.yaw - np.pi / 2
            spot = scene.within((x + 0.45 * float(np.cos(side)), y + 0.45 * float(np.sin(side))))
            thing.become(frame, thing.resting_at(*spot, 0.0, player.track.yaw))
        else:
            thing.become(frame, Hidden())
