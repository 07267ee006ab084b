"""Chairs: who sits where, how one gets there and sits down."""

from __future__ import annotations

import numpy as np

from settings.strict_yaml import Place
from training.scenario.approach import NEAR_M, angle_between, check_time, go
from training.scenario.cast import Player
from training.scenario.move import Direction, Move
from training.scenario.rooms import seat_height_m
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.script import ScenarioError
from training.scenario.world import Furniture

_SEAT_M = 1.0


def before_chair(scene: Scene, cue: Cue) -> Move:
    """Go before the nearest free chair and turn the back to it; the move that sits down on it."""
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
    return move


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
