"""One actor's action: everything is brought into place, then the move is made."""

from __future__ import annotations

import numpy as np

from training.scenario.approach import check_time, direction_to, go
from training.scenario.cast import Player
from training.scenario.handing import beside, hand_over, put_away
from training.scenario.holding import Flying, Resting, Thing
from training.scenario.move import Direction, Move
from training.scenario.moves import ON_A_CHAIR
from training.scenario.scene import Cue, Scene
from training.scenario.seats import before_chair
from training.scenario.world import FPS

_LEAD = round(0.4 * FPS)  # that a move takes to begin
_OVERRUN_S = 2.0  # that a natural length may take of the next action's time
_STRIKE_M = 0.85
_TARGET_M = 1.25
_DRAWS = 8


def busy_until(cue: Cue, player: Player) -> None:
    """Refuse a doing that begins while its actor does something else, or is away."""
    track = player.track
    if not player.present(cue.frame):
        raise cue.fail(f"'{player.name}' is not there at {cue.doing.at_s:g} s", None)
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
        act(scene, cue, before_chair(scene, cue), None)
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
    if move.ends != "seated":
        player.seat = None
    track.settle()
    check_time(cue, onset - cue.frame, "begin")
    if move.ends == move.begins != "lying" and not _keeps(move):
        track.free_from = min(end, track.at)
    objects = hand_over(scene, player, thing, move, (first, yaw)) if thing else ()
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
