"""A scene while it is acted: who and what is there, what has been done, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from recognition.taxonomy import Taxonomy
from settings.strict_yaml import Place
from training.scenario.cast import Player
from training.scenario.holding import Thing
from training.scenario.move import Direction, Maker, Move
from training.scenario.routes import Obstacle, obstacle_of, person_at
from training.scenario.script import Doing, ScenarioError, Script
from training.scenario.world import FPS, ActionTruth, Furniture, Room

Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Cue:
    """One doing whose turn it is. place: of it in the script. partners: who else takes part."""

    player: Player
    doing: Doing
    place: Place
    partners: tuple[Player, ...] = ()

    @property
    def frame(self) -> int:
        """When the script has it begin."""
        return round(self.doing.at_s * FPS)

    def fail(self, text: str, key: str | None = "at_s") -> ScenarioError:
        """An error at this doing."""
        return ScenarioError([((*self.place, key) if key else self.place, text)])


@dataclass(slots=True, kw_only=True)
class Scene:
    """Everything that changes while a script is acted, and what does not.

    sources: the subjects whose recordings have been used.
    """

    script: Script
    taxonomy: Taxonomy
    room: Room
    furniture: tuple[Furniture, ...]
    players: list[Player]
    things: dict[str, Thing]
    moves: Mapping[str, Maker]
    truth: list[ActionTruth] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)

    def player(self, name: str) -> Player:
        """The actor of that name."""
        return next(player for player in self.players if player.name == name)

    def make(self, action: str, player: Player, direction: Direction) -> Move:
        """A move of somebody; notes whose recording it is."""
        move = self.moves[action](player.persona.bones, direction, player.rng)
        if move.source is not None:
            self.sources.add(move.source)
        return move

    def free_until(self, cue: Cue) -> float:
        """Seconds of the scene at which the doing's actor has to do something else."""
        others = [
            doing.at_s
            for player in self.players
            for doing in player.script.does
            if doing.at_s > cue.doing.at_s
            and (player is cue.player or cue.player.name in doing.partner)
        ]
        gone = cue.player.script.leaves_at_s or self.script.duration_s
        return min([*others, gone])

    def obstacles(self, walker: Player, *, apart_from: Sequence[Player] = ()) -> list[Obstacle]:
        """What stands in the way of somebody: furniture, and people who stay where they are."""
        others = [
            person_at(other.track.place)
            for other in self.players
            if other is not walker
            and other not in apart_from
            and other.present(walker.track.at)
            and other.track.at <= walker.track.at
        ]
        return [*(obstacle_of(thing) for thing in self.furniture), *others]

    def within(self, spot: Spot, margin_m: float = 0.35) -> Spot:
        """The nearest place that far from the walls."""
        x = np.clip(spot[0], margin_m, self.room.width_m - margin_m)
        y = np.clip(spot[1], margin_m, self.room.depth_m - margin_m)
        return (float(x), float(y))

    def tell(
        self,
        action: str,
        actors: Sequence[Player],
        span: tuple[int, int],
        *,
        objects: tuple[str, ...] = (),
        sounds: tuple[str, ...] = (),
    ) -> None:
        """Note as truth what has been done in frames span[0]..span[1]-1."""
        self.truth.append(
            ActionTruth(
                action=action,
                level=self.taxonomy.action(action).level,
                actors=tuple(actor.name for actor in actors),
                onset_s=round(span[0] / FPS, 3),
                end_s=round(span[1] / FPS, 3),
                objects=objects,
                sounds=sounds,
            )
        )
