"""One actor's action: everything is brought into place, then the move is made."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from settings.strict_yaml import Place
from training.scenario.approach import NEAR_M, angle_between, check_time, direction_to, go
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
from training.scenario.move import Direction, Move
from training.scenario.moves import ON_A_CHAIR
from training.scenario.rooms import seat_height_m
from training.scenario.routes import obstacle_of
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.script import ScenarioError
from training.scenario.world import FPS, Furniture

HANDS_FREE = frozenset({"walk", "run", "stand", "sit_down", "stand_up", "point", "gathering",
                        "walking_together"})  # fmt: skip
"""Actions for which nobody puts away what is in the hands."""

_LEAD = round(0.4 * FPS)  # that a move takes to begin
_OVERRUN_S = 2.0  # that a natural length may take of the next action's time
_REACH_M = 0.55
_STRIKE_M = 0.85
_BIG = ("box", "ball", "laptop")
_TARGET_M = 1.25
_SEAT_M = 1.0
_DRAWS = 8


def busy_until(cue: Cue, player: Player) -> None:
    """Refuse a doing that begins while its actor does something else, or is away."""
    track = player.track
    if track.free_from > cue.frame + _OVERRUN_S * FPS:
        until = np.ceil(track.free_from / FPS * 10) / 10
        raise cue.fail(
            f"'{player.name}' still does {track.doing} until {until:g} s; let {cue.doing.action} "
            "begin then or later"
        )


def perform(scene: Scene, cue: Cue) -> None:
    """Do a single person's action that leads nowhere."""
    player, doing, track = cue.player, cue.doing, cue.player.track
    busy_until(cue, player)
    thing = scene.things.get(doing.prop) if doing.prop else None
    if doing.action == "stand_up" and track.posture != "seated":
        text = "lies on the floor; leave it out, getting up comes by itself before the next doing"
        if track.posture == "standing":
            text = "stands already; let it sit_down first, or start seated: true"
        raise cue.fail(f"'{player.name}' {text}", "action")
    if doing.action == "sit_down":
        if track.posture == "seated":
            raise cue.fail(f"'{player.name}' sits already; stand_up first", "action")
        _sit(scene, cue)
        return
    put_away(scene, player, cue, thing)
    seated = track.posture == "seated" and doing.action in ON_A_CHAIR
    if not (seated or doing.action == "stand_up"):
        _come(scene, cue, thing)
    act(scene, cue, _made(scene, cue, thing), thing)


def _made(scene: Scene, cue: Cue, thing: Thing | None) -> Move:
    """The move as the script asks for it, from where the actor is now."""
    track = cue.player.track
    lying = None
    if thing is not None and isinstance(thing.state, Resting):
        lying = track.own(thing.state.centre)
    goal = _target(scene, cue)
    direction = Direction(
        for_s=cue.doing.for_s,
        hand=cue.doing.hand,
        seated=track.posture == "seated",
        other_m=None if goal is None else track.own(np.array(goal)),
        prop=thing.script.kind if thing else None,
        prop_m=lying,
        seat_m=track.seat_m,
    )
    move = scene.make(cue.doing.action, cue.player, direction)
    # Drawn again while it does not fit before what comes next: lengths differ.
    start_s = max(track.free_from / FPS, cue.doing.at_s)
    for _ in range(_DRAWS):
        if _fits(move, start_s, scene.free_until(cue)):
            break
        other = scene.make(cue.doing.action, cue.player, direction)
        if other.end - other.onset < move.end - move.onset:
            move = other
    return move


def _fits(move: Move, start_s: float, until_s: float) -> bool:
    return start_s + (move.end - move.onset) / FPS <= until_s


def _come(scene: Scene, cue: Cue, thing: Thing | None) -> None:
    """Rise, go to the thing or to whom it is aimed at, and turn."""
    player, track = cue.player, cue.player.track
    due = cue.frame - _LEAD
    spot, yaw = track.place, track.yaw
    if thing is not None:
        if (holder := thing.holder()) not in (None, player.index):
            other = scene.players[holder or 0].name
            raise cue.fail(f"'{other}' holds '{thing.script.name}' then; take another", "prop")
        if isinstance(thing.state, Flying):
            raise cue.fail(
                f"'{thing.script.name}' was thrown and has rolled away; take another", "prop"
            )
        if isinstance(thing.state, Resting):
            spot, yaw = beside(scene, player, thing.state)
    goal = _target(scene, cue)
    if goal is not None:
        level = (goal[0], goal[1])
        far = float(np.hypot(goal[0] - spot[0], goal[1] - spot[1]))
        if cue.doing.action in ("punch", "kick") and far > _STRIKE_M + 0.3:
            share = 1 - _STRIKE_M / far
            spot = (spot[0] + share * (goal[0] - spot[0]), spot[1] + share * (goal[1] - spot[1]))
        aside = float(np.radians(player.rng.uniform(-25, 25))) if cue.doing.action == "point" else 0
        yaw = direction_to(spot, level) + aside
    go(scene, player, scene.within(spot, 0.2), due=due, yaw=yaw)
    check_time(cue, track.free_from - cue.frame, "get there")


def _target(scene: Scene, cue: Cue) -> tuple[float, float, float] | None:
    at = cue.doing.at
    if at is None:
        return None
    if isinstance(at, str):
        x, y = scene.player(at).track.place
        return (x, y, _TARGET_M)
    return (at[0], at[1], _TARGET_M)


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
    if 0.35 < near < _REACH_M + 0.1:
        best = (0.0, player.track.place)
    return best[1], direction_to(best[1], goal)


def act(scene: Scene, cue: Cue, move: Move, thing: Thing | None) -> None:
    """Make a move whose action begins at the doing's time, or as soon as the actor is free."""
    player, track = cue.player, cue.player.track
    if move.begins != track.posture:
        raise cue.fail(
            f"'{player.name}' is {track.posture} then and '{move.action}' begins {move.begins}; "
            "let another doing bring it there first",
            "action",
        )
    start = max(track.free_from, cue.frame - move.onset)
    skip = int(np.clip(start - (cue.frame - move.onset), 0, move.onset))
    if start < track.at:
        track.cut_back(start)
    track.wait_until(start)
    first = track.at - skip  # the frame of the scene that is the move's first
    onset, end = first + move.onset, min(first + move.end, track.frames)
    if end - onset < 0.6 * (move.end - move.onset):
        lasts = np.ceil((first + move.end) / FPS * 10) / 10
        raise cue.fail(
            f"lasts until {lasts:g} s, the scene until {scene.script.duration_s:g} s; begin "
            "earlier, shorten for_s or lengthen duration_s"
        )
    yaw = track.yaw
    track.put(move.joints[skip:])
    track.posture, track.doing = move.ends, move.action
    track.settle()
    check_time(cue, onset - cue.frame, "begin")
    if move.ends == move.begins != "lying" and not _keeps(move):
        track.free_from = min(end, track.at)
    objects = _hand_over(scene, player, thing, move, (first, yaw)) if thing else ()
    for frame, kind, level_db in move.sounds:
        lasts = None
        if kind == "speech":
            lasts = max(0.5, (move.end - frame) / FPS)
        elif kind == "phone_ring":
            lasts = max(0.5, (move.onset - frame) / FPS)
        if first + frame >= 0:
            player.cues.append((first + frame, kind, level_db, lasts))
    sounds = tuple(dict.fromkeys(kind for _, kind, _ in move.sounds))
    scene.tell(cue.doing.action, [player], (onset, end), objects=objects, sounds=sounds)


def _keeps(move: Move) -> bool:
    """Whether something is still in a hand when the action proper is over."""
    return any(grip.end > move.end for grip in move.grips)


def _hand_over(
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


def put_away(scene: Scene, player: Player, cue: Cue, keep: Thing | None) -> None:
    """Free the hands for what comes: small things go into a pocket, big ones to the floor."""
    if cue.doing.action in HANDS_FREE:
        return
    frame = min(max(player.track.free_from, cue.frame - 2 * _LEAD), player.track.frames - 1)
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


def _sit(scene: Scene, cue: Cue) -> None:
    """Go before the nearest free chair, turn the back to it and sit down."""
    player, track = cue.player, cue.player.track
    chair = free_chair(scene, track.place)
    if chair is None:
        raise cue.fail(f"no chair is free for '{player.name}'; add a chair to furniture", "action")
    seat_m = seat_height_m(chair)
    direction = Direction(for_s=cue.doing.for_s, seat_m=seat_m)
    move = scene.make("sit_down", player, direction)
    yaw = float(np.radians(chair.facing_deg))
    back = move.joints[-1, 17] - move.joints[0, 17]
    c, s = np.cos(yaw), np.sin(yaw)
    spot = (
        float(chair.at_m[0] - (back[0] * c - back[1] * s)),
        float(chair.at_m[1] - (back[0] * s + back[1] * c)),
    )
    near = np.hypot(spot[0] - track.place[0], spot[1] - track.place[1]) < NEAR_M
    if not near or track.posture != "standing" or abs(angle_between(track.yaw, yaw)) > 0.1:
        go(scene, player, spot, due=cue.frame - move.onset, yaw=yaw)
        check_time(cue, track.free_from - cue.frame, "get to the chair")
    track.seat_m, player.seat = seat_m, chair
    act(scene, cue, move, None)


def free_chair(scene: Scene, spot: Spot) -> Furniture | None:
    """The nearest chair on which nobody sits."""
    taken = [player.seat for player in scene.players]
    chairs = [item for item in scene.furniture if item.kind == "chair" and item not in taken]
    return min(
        chairs, key=lambda item: np.hypot(item.at_m[0] - spot[0], item.at_m[1] - spot[1]),
        default=None,
    )  # fmt: skip


def seat_at_first(scene: Scene, player: Player, place: Place) -> None:
    """Somebody sits on the nearest chair when the scene begins."""
    track = player.track
    chair = free_chair(scene, track.place)
    far = np.inf if chair is None else np.hypot(*np.subtract(chair.at_m, track.place))
    if chair is None or far > _SEAT_M:
        raise ScenarioError(
            [(place, f"no chair within {_SEAT_M:g} m of '{player.name}'; add one to furniture")]
        )
    seat_m = seat_height_m(chair)
    move = scene.make("stand_up", player, Direction(seat_m=seat_m))
    track.place, track.yaw = chair.at_m, float(np.radians(chair.facing_deg))
    track.posture, track.seat_m, player.seat = "seated", seat_m, chair
    track.put(move.joints[:1])
    track.settle()


def stand_still(scene: Scene, cue: Cue) -> None:
    """Stand (or sit) there for so long; on the feet that is truth like all standing."""
    player, track = cue.player, cue.player.track
    busy_until(cue, player)
    if track.posture != "standing":
        _come(scene, cue, None)
    start = max(track.free_from, cue.frame)
    if start < track.at:
        track.cut_back(start)
    track.wait_until(start)
    track.wait_until(start + round((cue.doing.for_s or 3.0) * FPS))
    track.doing = "stand"
