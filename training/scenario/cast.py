"""Who and what is in a scene before anything happens: actors, their habits, furniture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from training.scenario.gait import Gait, Kind
from training.scenario.library import MoveLibrary
from training.scenario.looks import random_look
from training.scenario.persona import Persona
from training.scenario.rooms import random_color
from training.scenario.script import (
    ActorScript,
    FurnitureScript,
    RoomScript,
    Script,
    SubjectScript,
)
from training.scenario.track import Track
from training.scenario.world import FPS, Furniture, Look, Room

Rng = np.random.Generator

_USUAL_SIZE_M = {
    "table": (1.4, 0.8, 0.74), "chair": (0.46, 0.46, 0.9), "shelf": (1.0, 0.35, 1.8),
    "pillar": (0.35, 0.35, 2.8), "screen": (1.2, 0.1, 1.6),
}  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Player:
    """An actor at work. seat: the chair it sits on. enters, leaves: frames, leaves excluded."""

    index: int
    script: ActorScript
    look: Look
    persona: Persona
    track: Track
    gaits: dict[Kind, Gait]
    rng: Rng
    enters: int = 0
    leaves: int | None = None
    seat: Furniture | None = None
    cues: list[tuple[int, str, float, float | None]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Its name in the script."""
        return self.script.name

    def present(self, frame: int) -> bool:
        """Whether it is in the scene."""
        return self.enters <= frame and (self.leaves is None or frame < self.leaves)


def room_of(script: RoomScript) -> Room:
    """The room that a script asks for."""
    return Room(
        width_m=script.width_m,
        depth_m=script.depth_m,
        height_m=script.height_m,
        style=script.style,
        seed=script.seed,
    )


def furniture_of(things: Sequence[FurnitureScript], seed: int) -> tuple[Furniture, ...]:
    """What stands in the room, in the order of the script; its seed fills in sizes and colours."""
    return tuple(
        Furniture(
            kind=thing.kind,
            at_m=thing.at_m,
            size_m=thing.size_m or _USUAL_SIZE_M[thing.kind],
            facing_deg=thing.facing_deg,
            color=thing.color or random_color(np.random.default_rng([seed, 7, index])),
        )
        for index, thing in enumerate(things)
    )


def cast(script: Script, library: MoveLibrary) -> tuple[list[Player], set[str]]:
    """All actors where they start, and whose recorded gaits they have."""
    players, subjects = [], set()
    for index, actor in enumerate(script.actors):
        seed = [script.seed, 11, index]
        own = actor.subject.seed
        body_rng = np.random.default_rng(seed if own is None else [own, 13])
        persona = Persona(actor.subject.height_m, body_rng)
        gaits: dict[Kind, Gait] = {}
        for kind in ("walk", "run"):
            gaits[kind], subject = library.gait(kind, persona.bones, body_rng)
            subjects |= {subject} if subject else set()
        # At the speed of the recording steps are as long as they were.
        easy = gaits["walk"].speed_m_s * float(body_rng.uniform(0.95, 1.1))
        persona.walk_m_s = float(np.clip(easy, 0.95, 1.55))
        track = Track(
            persona=persona,
            frames=round(script.duration_s * FPS),
            place=actor.start.at_m,
            yaw=float(np.radians(actor.start.facing_deg)),
        )
        players.append(
            Player(
                index=index,
                script=actor,
                look=_look_of(actor.subject, body_rng),
                persona=persona,
                track=track,
                gaits=gaits,
                rng=np.random.default_rng([script.seed, 17, index]),
                enters=round((actor.enters_at_s or 0.0) * FPS),
            )
        )
    return players, subjects


def _look_of(subject: SubjectScript, rng: Rng) -> Look:
    wished: dict[str, Any] = {
        name: value for name, value in subject.look.model_dump().items() if value is not None
    }
    if subject.girth is not None:
        wished["girth"] = subject.girth
    return replace(random_look(rng), **wished)
