"""Acts a script: from what people are to do to where everybody and everything is at each moment."""

from __future__ import annotations

import numpy as np

from recognition.taxonomy import load_taxonomy
from settings.strict_yaml import Place
from training.scenario.cast import Player, cast, furniture_of, room_of
from training.scenario.groups import gather, go_together
from training.scenario.handing import keep_in_arms
from training.scenario.holding import Hidden, State, Thing, tracked
from training.scenario.library import MoveLibrary, credits_of
from training.scenario.looks import cloth_color
from training.scenario.moves import makers
from training.scenario.pairs import DUETS, meet
from training.scenario.performed import complete, sounds_of
from training.scenario.performing import perform, stand_still
from training.scenario.scene import Cue, Scene
from training.scenario.script import PropScript, ScenarioError, Script
from training.scenario.script_check import find_problems
from training.scenario.seats import seat_at_first
from training.scenario.ways import carry, enter, go_somewhere, leave
from training.scenario.world import FPS, Actor, Furniture, World

_ON_TOP = {"chair": 0.5}
"""Height of what things stand on by the height of the furniture."""


def act(script: Script, library: MoveLibrary) -> World:
    """Act a scene; the same script and recordings give the same world.

    Actions begin when the script says, or as soon afterwards as the actors can be there, 4 s later
    at most; the truth tells when they really began and ended.

    Raises:
        ScenarioError: the script cannot be played; says at which doing, why, and what to do.
    """
    taxonomy = load_taxonomy()
    problems = find_problems(script, taxonomy)
    if problems:
        raise ScenarioError(problems)
    room = room_of(script.room)
    furniture = furniture_of(script.furniture, script.seed)
    players, subjects = cast(script, library)
    scene = Scene(
        script=script,
        taxonomy=taxonomy,
        room=room,
        furniture=furniture,
        players=players,
        things={prop.name: _thing(prop, script, furniture) for prop in script.props},
        moves=makers(library),
        sources=subjects,
    )
    for player in players:
        if player.script.start.seated:
            seat_at_first(scene, player, ("actors", player.index, "start", "seated"))
        if player.enters > 0:
            enter(scene, player)
    for _, number, cue in _in_order(scene):
        if cue is None:
            player = players[number]
            leave(scene, player, round((player.script.leaves_at_s or 0) * FPS))
        else:
            _do(scene, cue)
    return _finished(scene, script)


def _in_order(scene: Scene) -> list[tuple[float, int, Cue | None]]:
    """All doings by time, and when actors leave (None): (seconds, index of the actor, doing)."""
    turns: list[tuple[float, int, Cue | None]] = []
    for player in scene.players:
        for index, doing in enumerate(player.script.does):
            place: Place = ("actors", player.index, "does", index)
            partners = tuple(scene.player(name) for name in doing.partner)
            turns.append((doing.at_s, player.index, Cue(player, doing, place, partners)))
        if player.script.leaves_at_s is not None:
            turns.append((player.script.leaves_at_s, player.index, None))
    return sorted(turns, key=lambda turn: (turn[0], turn[1]))


def _do(scene: Scene, cue: Cue) -> None:
    action = cue.doing.action
    if action in ("walk", "run"):
        go_somewhere(scene, cue)
    elif action == "carry_box":
        carry(scene, cue, scene.things[cue.doing.prop or ""])
    elif action in DUETS:
        meet(scene, cue)
    elif action == "gathering":
        gather(scene, cue)
    elif action == "walking_together":
        go_together(scene, cue)
    elif action == "stand":
        stand_still(scene, cue)
    else:
        perform(scene, cue)


def _finished(scene: Scene, script: Script) -> World:
    for player in scene.players:
        player.track.wait_until(player.track.frames)
    keep_in_arms(scene)
    bodies = [player.track.finished() for player in scene.players]
    truth = complete(scene, bodies)
    props = tuple(tracked(thing, bodies, scene.room) for thing in scene.things.values())
    credit = credits_of(scene.sources)
    return World(
        duration_s=script.duration_s,
        room=scene.room,
        furniture=scene.furniture,
        actors=tuple(
            Actor(
                name=player.name,
                look=player.look,
                joints=body.astype(np.float32),
                present=_present(player),
            )
            for player, body in zip(scene.players, bodies, strict=True)
        ),
        props=props,
        sounds=sounds_of(scene, bodies, script.sound.cues),
        truth=truth,
        notes={"motion": credit or "all motion is parametric"},
    )


def _present(player: Player) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    frames = np.arange(player.track.frames)
    last = player.track.frames if player.leaves is None else player.leaves
    return (frames >= player.enters) & (frames < last)


def _thing(prop: PropScript, script: Script, furniture: tuple[Furniture, ...]) -> Thing:
    rng = np.random.default_rng([script.seed, 19, list(script.props).index(prop)])
    thing = Thing(script=prop, color=prop.color or cloth_color(rng))
    state: State = Hidden()
    if prop.at_m is not None:
        x, y, z = prop.at_m
        rest = thing.resting_at(x, y, 0.0, float(rng.uniform(-np.pi, np.pi)))
        rest.centre[2] = max(z, rest.centre[2])
        state = rest
    elif prop.on is not None:
        index = next(i for i, item in enumerate(script.furniture) if item.name == prop.on)
        item = furniture[index]
        turned = float(np.radians(item.facing_deg - 90))
        across, along = (
            float(rng.uniform(-0.5, 0.5)) * max(size - 0.3, 0.0) for size in item.size_m[:2]
        )
        x = item.at_m[0] + across * float(np.cos(turned)) - along * float(np.sin(turned))
        y = item.at_m[1] + across * float(np.sin(turned)) + along * float(np.cos(turned))
        top = item.size_m[2] * _ON_TOP.get(item.kind, 1.0)
        state = thing.resting_at(x, y, top, turned + float(rng.normal(0, 0.3)))
    thing.become(0, state)
    return thing
