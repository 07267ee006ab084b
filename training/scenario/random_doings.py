"""Deals actions to the people of a drawn scene: everybody busy, each action in its turn."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recognition.taxonomy import load_taxonomy
from training.scenario.random_places import Floor
from training.scenario.script import Doing, PropScript, Spot
from training.scenario.script_check import AIMED, WAYS

Rng = np.random.Generator

SEATED = frozenset({"wave", "point", "clap", "raise_hands", "drink", "phone_call", "read"})
"""Actions that can be done on a chair."""

_LAST = frozenset({"fall", "lie_down"})
"""Nobody gets up after these."""

_LENGTH_S = {
    "stand": (2.5, 5.0), "wave": (2.0, 4.0), "point": (1.8, 3.5), "clap": (2.0, 4.0),
    "raise_hands": (2.0, 4.0), "drink": (2.5, 5.0), "phone_call": (3.5, 7.0), "read": (3.5, 7.0),
    "hammer": (2.5, 5.0),
}  # fmt: skip
_NATURAL_S = 3.6
"""Room that is left for an action of its own length; few last longer."""

_LEAD_S = 1.2
"""Room before and after an action in which arms rise and sink."""

_SPEED_M_S = {"walk": 1.0, "run": 2.0, "carry_box": 0.8}
_TURN_S = 2.2
_WAY_M = {"walk": (1.8, 6.0), "run": (2.8, 9.0), "carry_box": (1.8, 5.0)}


@dataclass(slots=True)
class Player:
    """One person while the scene is drawn.

    chair: there is one behind the back, or below. free_s: when the next doing may begin. gone_s:
    when the person leaves.
    """

    name: str
    at: Spot
    facing_deg: float
    seated: bool
    chair: bool
    free_s: float
    enters_s: float = 0.0
    gone_s: float = math.inf
    lying: bool = False
    doings: list[Doing] = field(default_factory=list)


@dataclass(slots=True)
class Deal:
    """The actions still to be dealt, in turn, and what has been needed for them."""

    turn: deque[str]
    floor: Floor
    rng: Rng
    props: list[PropScript] = field(default_factory=list)

    def play(self, players: list[Player], duration_s: float) -> None:
        """Give everybody something to do until the time is over."""
        waiting = list(players)
        while waiting:
            player = min(waiting, key=lambda one: one.free_s)
            if not self._deal(player, players, min(duration_s, player.gone_s)):
                waiting.remove(player)

    def _deal(self, player: Player, players: list[Player], until_s: float) -> bool:
        """The first action of the turn that this person can do now; False where there is none."""
        for action in self.turn:
            doing = self._doing(player, players, action, until_s)
            if doing is not None:
                self.turn.remove(action)
                self.turn.append(action)
                player.doings.append(doing)
                return True
        return False

    def _doing(
        self, player: Player, players: list[Player], action: str, until_s: float
    ) -> Doing | None:
        left_s = until_s - player.free_s
        if not _can(player, action) or (action in _LAST and left_s > 0.5 * until_s):
            return None
        values: dict[str, Any] = {"action": action}
        low, high = _LENGTH_S.get(action, (0.0, 0.0))
        lasts_s = _NATURAL_S
        if high:
            values["for_s"] = round(float(self.rng.uniform(low, high)), 1)
            lasts_s = values["for_s"] + _LEAD_S
        to_m = None
        if action in WAYS:
            least, most = _WAY_M[action]
            most = min(most, (left_s - _TURN_S) * _SPEED_M_S[action])
            to_m = self.floor.goal(player.at, self.rng, least_m=least, most_m=most)
            if to_m is None:
                return None
            length = float(np.hypot(to_m[0] - player.at[0], to_m[1] - player.at[1]))
            lasts_s = 1.15 * length / _SPEED_M_S[action] + _TURN_S
        if lasts_s > left_s:
            return None
        values |= {
            "at_s": round(player.free_s, 2),
            "to_m": to_m,
            "prop": self._prop(player, action),
        }
        values["at"] = self._aim(player, players, action)
        _after(player, action, to_m)
        player.free_s += lasts_s + float(self.rng.uniform(0.4, 2.0))
        return Doing(**values)

    def _prop(self, player: Player, action: str) -> str | None:
        """A thing for the action: this person's own, or a new one."""
        known = load_taxonomy().action(action)
        if not known.objects or known.level not in ("human_object", "action"):
            return None
        kinds = list(known.objects)
        if action == "pick_up":
            kinds = ["bottle", "cup", "book", "ball", "box", "phone"]
        kind = str(self.rng.choice(kinds))
        own = f"{player.name}-{kind}"
        if action in ("pick_up", "throw_ball"):  # it is elsewhere afterwards
            own = f"{own}-{len(self.props)}"
        if own not in {prop.name for prop in self.props}:
            self.props.append(
                PropScript.model_validate(
                    {
                        "name": own,
                        "kind": kind,
                        "color": [round(float(v), 2) for v in self.rng.uniform(0.05, 0.95, 3)],
                        "scale": round(float(self.rng.uniform(0.85, 1.2)), 2),
                    }
                )
            )
        return own

    def _aim(self, player: Player, players: list[Player], action: str) -> str | None:
        others = [other.name for other in players if other is not player]
        if action in AIMED - {"punch", "kick"} and others and self.rng.random() < 0.4:
            return str(self.rng.choice(others))
        return None


def _can(player: Player, action: str) -> bool:
    if player.lying:
        return False
    if player.seated:
        return action in SEATED or action == "stand_up"
    return action != "stand_up" and (action != "sit_down" or player.chair)


def _after(player: Player, action: str, to_m: Spot | None) -> None:
    if to_m is not None:
        player.at, player.chair = to_m, False
    if action == "sit_down":
        player.seated = True
    if action == "stand_up":
        player.seated = False
    player.lying = action in _LAST
