"""What a script's keys cannot say alone: whether its names, times and things fit together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from recognition.taxonomy import Taxonomy, load_taxonomy
from settings.strict_yaml import Place, suggestion
from training.scenario.script import ActorScript, CameraScript, Doing, RoomScript, Script

Problem = tuple[Place, str]

WAYS = frozenset({"walk", "run", "carry_box", "walking_together"})
"""Actions that lead somewhere."""

AIMED = frozenset({"point", "throw_ball", "punch", "kick", "wave"})
"""Actions that may be aimed at somebody or at a place."""


def find_problems(script: Script, taxonomy: Taxonomy | None = None) -> list[Problem]:
    """Everything that keeps a script from being played."""
    taxonomy = taxonomy or load_taxonomy()
    return [
        *_double_names(script),
        *_furniture(script),
        *_props(script),
        *(
            problem
            for index, actor in enumerate(script.actors)
            for problem in _actor(script, taxonomy, ("actors", index), actor)
        ),
        *_overlaps(script),
        *(
            problem
            for index, camera in enumerate(script.cameras)
            for problem in _camera(script.room, ("cameras", index), camera)
        ),
        *_cues(script),
    ]


def _double_names(script: Script) -> Iterator[Problem]:
    sections: dict[str, list[str | None]] = {
        "furniture": [item.name for item in script.furniture],
        "props": [item.name for item in script.props],
        "actors": [item.name for item in script.actors],
        "cameras": [item.name for item in script.cameras],
    }
    for section, names in sections.items():
        for index, name in enumerate(names):
            if name is not None and name in names[:index]:
                yield (section, index, "name"), f"'{name}' is taken; give each its own name"


def _furniture(script: Script) -> Iterator[Problem]:
    for index, item in enumerate(script.furniture):
        yield from _inside(script.room, ("furniture", index, "at_m"), item.at_m)


def _props(script: Script) -> Iterator[Problem]:
    standing = [item.name for item in script.furniture if item.name]
    used = {doing.prop for actor in script.actors for doing in actor.does}
    for index, prop in enumerate(script.props):
        place: Place = ("props", index)
        if prop.on is not None and prop.at_m is not None:
            yield (*place, "at_m"), "given besides on:; keep one of the two"
        elif prop.on is not None and prop.on not in standing:
            advice = suggestion(prop.on, standing)
            yield (*place, "on"), f"no furniture is called '{prop.on}'; {advice}"
        elif prop.at_m is not None:
            yield from _inside(script.room, (*place, "at_m"), prop.at_m)
        elif prop.on is None and prop.name not in used:
            yield (
                place,
                f"'{prop.name}' lies nowhere and nobody holds it; give it on: or at_m:, or name "
                "it as the prop: of a doing",
            )


def _actor(
    script: Script, taxonomy: Taxonomy, place: Place, actor: ActorScript
) -> Iterator[Problem]:
    yield from _inside(script.room, (*place, "start", "at_m"), actor.start.at_m)
    enters, leaves = actor.enters_at_s or 0.0, actor.leaves_at_s or script.duration_s
    if enters >= leaves:
        key = "enters_at_s" if actor.leaves_at_s is None else "leaves_at_s"
        yield (
            (*place, key),
            f"'{actor.name}' is never there: enters at {enters:g} s, gone at {leaves:g} s",
        )
        return
    for index, doing in enumerate(actor.does):
        where = (*place, "does", index)
        if doing.at_s >= script.duration_s or doing.end_s > script.duration_s + 1e-6:
            yield (
                (*where, "at_s"),
                f"lasts until {doing.end_s:g} s, the scene until {script.duration_s:g} s; begin "
                "earlier, shorten for_s or lengthen duration_s",
            )
        elif doing.at_s < enters or doing.end_s > leaves + 1e-6:
            yield (
                (*where, "at_s"),
                f"'{actor.name}' is there only from {enters:g} to {leaves:g} s",
            )
        yield from _doing(script, taxonomy, where, (actor, doing))


def _doing(
    script: Script, taxonomy: Taxonomy, place: Place, done: tuple[ActorScript, Doing]
) -> Iterator[Problem]:
    actor, doing = done
    if doing.action not in taxonomy.actions or doing.action == "background":
        known = [name for name in taxonomy.actions if name != "background"]
        yield (
            (*place, "action"),
            f"unknown action '{doing.action}'; {suggestion(doing.action, known)}",
        )
        return
    yield from _prop_of(script, taxonomy, place, doing)
    yield from _partners_of(script, taxonomy, place, done)
    if doing.to_m is not None:
        yield from _inside(script.room, (*place, "to_m"), doing.to_m)
        if doing.action not in WAYS:
            yield (
                (*place, "to_m"),
                f"'{doing.action}' leads nowhere; walk there first, then {doing.action}",
            )
    if doing.at is None:
        return
    if doing.action not in AIMED:
        yield (*place, "at"), f"'{doing.action}' is aimed at nothing; leave at: out"
    elif isinstance(doing.at, str):
        others = [other.name for other in script.actors if other.name != actor.name]
        if doing.at not in others:
            yield (
                (*place, "at"),
                f"no other actor is called '{doing.at}'; " + suggestion(doing.at, others),
            )


def _prop_of(script: Script, taxonomy: Taxonomy, place: Place, doing: Doing) -> Iterator[Problem]:
    action = taxonomy.action(doing.action)
    kinds = {prop.name: prop.kind for prop in script.props}
    wanted = " or ".join(action.objects)
    if doing.prop is None:
        if action.level == "human_object":
            fitting = [name for name, kind in kinds.items() if kind in action.objects]
            advice = f"such as prop: {fitting[0]}" if fitting else f"add a {wanted} to props first"
            yield place, f"'{action.name}' needs a prop ({wanted}); name one, {advice}"
    elif doing.prop not in kinds:
        advice = suggestion(doing.prop, kinds)
        yield (*place, "prop"), f"no prop is called '{doing.prop}'; {advice}"
    elif not action.objects:
        yield (*place, "prop"), f"'{action.name}' uses no prop; leave prop: out"
    elif kinds[doing.prop] not in action.objects:
        yield (
            (*place, "prop"),
            f"'{doing.prop}' is a {kinds[doing.prop]}; '{action.name}' needs a {wanted}",
        )


def _partners_of(
    script: Script, taxonomy: Taxonomy, place: Place, done: tuple[ActorScript, Doing]
) -> Iterator[Problem]:
    actor, doing = done
    scope, least = (known := taxonomy.action(doing.action)).scope, known.least_people
    others = [other.name for other in script.actors if other.name != actor.name]
    count = len(doing.partner)
    if scope == "track" and count:
        yield (*place, "with"), f"'{doing.action}' is done alone; leave with: out"
    elif scope == "pair" and count != 1:
        yield place, f"'{doing.action}' needs one partner; name the other actor: with: NAME"
    elif scope == "group" and count + 1 < least:
        yield (
            place,
            f"'{doing.action}' takes {least} people or more, this one {count + 1}; name the "
            "others: with: [NAME, ...]",
        )
    for index, name in enumerate(doing.partner):
        if name == actor.name:
            yield (*place, "with"), f"'{name}' is the actor; name somebody else"
        elif name not in others:
            yield (*place, "with"), f"no actor is called '{name}'; {suggestion(name, others)}"
        elif name in doing.partner[:index]:
            yield (*place, "with"), f"'{name}' is named twice; name each once"


def _overlaps(script: Script) -> Iterator[Problem]:
    """Doings of one actor, those as a partner included, of which one begins in the other."""
    for actor in script.actors:
        busy: list[tuple[float, float, Place, str]] = sorted(
            (doing.at_s, doing.end_s, ("actors", owner, "does", index), doing.action)
            for owner, other in enumerate(script.actors)
            for index, doing in enumerate(other.does)
            if other.name == actor.name or actor.name in doing.partner
        )
        for before, after in pairwise(busy):
            at_once = after[0] == before[0]
            if after[0] < before[1] - 1e-6 or at_once:
                span = "at the same time" if at_once else f"from {before[0]:g} to {before[1]:g} s"
                yield (
                    (*after[2], "at_s"),
                    f"{after[3]} begins at {after[0]:g} s, but '{actor.name}' does {before[3]} "
                    f"{span}; one thing at a time: begin later or shorten for_s",
                )


def _camera(room: RoomScript, place: Place, camera: CameraScript) -> Iterator[Problem]:
    yield from _inside(room, (*place, "at_m"), camera.at_m)
    (x, y, _), (look_x, look_y, _) = camera.at_m, camera.look_at_m
    if abs(x - look_x) + abs(y - look_y) < 0.01:
        yield (*place, "look_at_m"), "straight above or below the camera; move it 0.1 m aside"


def _cues(script: Script) -> Iterator[Problem]:
    for index, cue in enumerate(script.sound.cues):
        place = ("sound", "cues", index)
        if cue.at_s >= script.duration_s:
            yield (*place, "at_s"), f"after the scene, which lasts {script.duration_s:g} s"
        if cue.text is not None and cue.kind != "speech":
            yield (*place, "text"), f"only speech has text; this is a {cue.kind}"
        yield from _inside(script.room, (*place, "at_m"), cue.at_m)


def _inside(room: RoomScript, place: Place, at_m: Sequence[float]) -> Iterable[Problem]:
    limits = (room.width_m, room.depth_m, room.height_m)[: len(at_m)]
    if any(not 0 <= value <= limit for value, limit in zip(at_m, limits, strict=True)):
        size = " x ".join(f"{limit:g}" for limit in limits)
        given = ", ".join(f"{value:g}" for value in at_m)
        yield place, f"[{given}] is outside the room of {size} m; keep within it"
