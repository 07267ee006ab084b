"""Draws scenes that can be played: what the actors cannot do in time is left out."""

from __future__ import annotations

from collections.abc import Sequence

from settings.strict_yaml import Place
from training.scenario.library import MoveLibrary
from training.scenario.random_script import random_script
from training.scenario.script import ScenarioError, Script
from training.scenario.stage import act
from training.scenario.viewing import check_views
from training.scenario.world import World


def random_world(
    seed: int,
    library: MoveLibrary,
    *,
    actions: Sequence[str] | None = None,
    actors: int = 4,
    duration_s: float = 20.0,
    cameras: int = 1,
    size_px: tuple[int, int] = (1280, 720),
) -> tuple[Script, World]:
    """A drawn scene, acted out, and its script; see ``random_script`` for the arguments.

    How long people need on their ways is known only when they go: a doing that the stage refuses
    is taken out of the script, about one in five hundred.

    Raises:
        ValueError: an unknown action or level.
        ScenarioError: the scene cannot be played for another reason.
    """
    script = random_script(
        seed, actions=actions, actors=actors, duration_s=duration_s, cameras=cameras,
        size_px=size_px,
    )  # fmt: skip
    while True:
        try:
            world = act(script, library)
        except ScenarioError as error:
            shorter = _without(script, [place for place, _ in error.problems])
            if shorter == script:
                raise
            script = shorter
            continue
        check_views(script, world)
        return script, world


def _without(script: Script, places: Sequence[Place]) -> Script:
    """The script without the doings at those places, and without things that only they needed."""
    refused = {place[1:4:2] for place in places if place[:1] == ("actors",) and "does" in place}
    actors = tuple(
        actor.model_copy(
            update={
                "does": tuple(
                    doing
                    for number, doing in enumerate(actor.does)
                    if (index, number) not in refused
                )
            }
        )
        for index, actor in enumerate(script.actors)
    )
    used = {doing.prop for actor in actors for doing in actor.does}
    props = tuple(
        prop for prop in script.props if prop.name in used or prop.on or prop.at_m is not None
    )
    return script.model_copy(update={"actors": actors, "props": props})
