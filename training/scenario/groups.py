"""What several people do together: they gather in a circle, or go somewhere side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from training.scenario.approach import check_time, direction_to, go
from training.scenario.cast import Player
from training.scenario.formations import circle_m
from training.scenario.performing import busy_until
from training.scenario.routes import obstacle_of, route, smooth_path
from training.scenario.scene import Cue, Scene, Spot
from training.scenario.track import Span
from training.scenario.walking import Piece, walk, walk_frames
from training.scenario.world import FPS

_ABREAST_M = 0.7
_GATHER_S = (5.0, 8.0)


def _members(cue: Cue) -> list[Player]:
    people = [cue.player, *cue.partners]
    for player in people:
        busy_until(cue, player)
    return people


def _come(scene: Scene, cue: Cue, places: Sequence[tuple[Player, Spot, float]]) -> int:
    """Bring everybody to a place, facing so; the frame in which all are there."""
    furniture = [obstacle_of(item) for item in scene.furniture]
    for player, spot, yaw in places:
        go(scene, player, spot, due=cue.frame, yaw=yaw, around=furniture)
    start = max(cue.frame, *(player.track.free_from for player, _, _ in places))
    check_time(cue, start - cue.frame, "meet the others")
    for player, _, _ in places:
        player.track.cut_back(start)
        player.track.wait_until(start)
    return start


def gather(scene: Scene, cue: Cue) -> None:
    """Stand in a circle, face its middle and talk."""
    people = _members(cue)
    rng = cue.player.rng
    radius = circle_m(len(people))
    spots = np.array([player.track.place for player in people])
    middle = _free_middle(scene, spots.mean(axis=0), radius)
    # Everybody keeps to the side from which it comes.
    order = np.argsort(np.arctan2(spots[:, 1] - middle[1], spots[:, 0] - middle[0]))
    first = direction_to(middle, people[int(order[0])].track.place)
    places = []
    for number, index in enumerate(order):
        angle = first + 2 * np.pi * number / len(people)
        spot = (
            middle[0] + radius * float(np.cos(angle)),
            middle[1] + radius * float(np.sin(angle)),
        )
        places.append((people[int(index)], spot, direction_to(spot, middle)))
    start = _come(scene, cue, places)
    lasts = cue.doing.for_s or float(rng.uniform(*_GATHER_S))
    end = start + round(lasts * FPS)
    if end > cue.player.track.frames + 1 and cue.doing.for_s is None:
        end = cue.player.track.frames
    if end > cue.player.track.frames + 2 * FPS:
        raise cue.fail(
            f"lasts until {end / FPS:.1f} s, the scene until {scene.script.duration_s:g} s; begin "
            "earlier, shorten for_s or lengthen duration_s"
        )
    end = min(end, cue.player.track.frames)
    for player in people:
        _talk(player, end - start)
    scene.tell("gathering", people, (start, end), sounds=("speech",))
    _speak(people, start, end, rng)


def _talk(player: Player, frames: int) -> None:
    track = player.track
    start = track.at
    joints, quiet = player.persona.talk(frames)
    track.put(joints)
    track.spans.pop()
    at = 0
    for first, last in quiet:
        if first > at:
            track.spans.append(Span("other", start + at, start + first))
        track.spans.append(Span("stand", start + first, start + last))
        at = last
    track.doing = "gathering"


def _speak(people: Sequence[Player], start: int, end: int, rng: np.random.Generator) -> None:
    """Now one says something, now another."""
    at = start + round(0.3 * FPS)
    while at < end - FPS:
        lasts = float(rng.uniform(1.0, 2.5))
        lasts = min(lasts, (end - at) / FPS)
        speaker = people[int(rng.integers(len(people)))]
        speaker.cues.append((at, "speech", -22.0 + float(rng.normal(0, 2)), lasts))
        at += round((lasts + float(rng.uniform(0.2, 1.2))) * FPS)


def _free_middle(scene: Scene, wished: Float, radius: float) -> Spot:
    """The place nearest to the wished one with room for a circle."""
    walls = [obstacle_of(item).grown(radius + 0.2) for item in scene.furniture]
    best = scene.within((float(wished[0]), float(wished[1])), radius + 0.3)
    for far in np.arange(0, 4, 0.25):
        for angle in np.arange(0, 2 * np.pi, np.pi / 6):
            x, y = wished[0] + far * np.cos(angle), wished[1] + far * np.sin(angle)
            spot = scene.within((float(x), float(y)), radius + 0.3)
            if not any(wall.holds(spot) for wall in walls):
                return spot
    return best


def go_together(scene: Scene, cue: Cue) -> None:
    """Walk side by side, at one pace, to where the doing leads."""
    people = _members(cue)
    leader = cue.player
    goal = scene.within(cue.doing.to_m or _far_corner(scene, leader.track.place), 0.6)
    line = route(leader.track.place, goal, [obstacle_of(i) for i in scene.furniture], scene.room)
    way = direction_to(line[0], line[1])
    left = np.array([-np.sin(way), np.cos(way)])
    beside = [np.dot(np.subtract(p.track.place, leader.track.place), left) for p in people]
    slots = [0.0] * len(people)
    for rank, index in enumerate(np.argsort(beside)):
        slots[int(index)] = _ABREAST_M * rank
    slots = [slot - slots[0] for slot in slots]
    centre = smooth_path(line)
    paths = [_aside(scene, centre, slot) for slot in slots]
    places = [
        (player, (float(path[0, 0]), float(path[0, 1])), way)
        for player, path in zip(people, paths, strict=True)
    ]
    start = _come(scene, cue, places)
    speed = min(player.persona.walk_m_s for player in people) * 0.92
    length = float(np.linalg.norm(np.diff(centre, axis=0), axis=1).sum())
    steps = walk_frames(length, leader.gaits["walk"], speed)
    if cue.doing.for_s is not None and cue.doing.to_m is not None:
        fastest = walk_frames(length, leader.gaits["walk"], 1.9)
        steps = max(round(cue.doing.for_s * FPS), fastest)
        steps = min(steps, walk_frames(length, leader.gaits["walk"], 0.75))
    if start + steps > leader.track.frames + 1:
        raise cue.fail(
            f"arrives at {(start + steps) / FPS:.1f} s, the scene ends at "
            f"{scene.script.duration_s:g} s; begin earlier, go less far or lengthen duration_s"
        )
    for player, path in zip(people, paths, strict=True):
        _follow(player, path, steps)
    scene.tell("walking_together", people, (start, start + steps))


def _follow(player: Player, path: Float, steps: int) -> None:
    track = player.track
    own = smooth_path([tuple(path[0]), *map(tuple, path[12:-12:12]), tuple(path[-1])])
    part: Piece = walk(player.gaits["walk"], own, player.persona.stance, steps, track.yaw)
    track.append(part, "walk")
    track.place = (float(own[-1, 0]), float(own[-1, 1]))
    ahead = min(12, len(own) - 1)
    track.yaw = direction_to(tuple(own[-1 - ahead]), tuple(own[-1]))
    track.doing = "walking_together"


def _aside(scene: Scene, path: Float, by: float) -> Float:
    """A path beside another, to the left."""
    ways = np.gradient(path, axis=0)
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-6)
    moved = path + by * np.stack([-ways[:, 1], ways[:, 0]], axis=1)
    limits = np.array([scene.room.width_m, scene.room.depth_m]) - 0.3
    inside: Float = np.clip(moved, 0.3, limits).astype(np.float32)
    return inside


def _far_corner(scene: Scene, spot: Spot) -> Spot:
    width, depth = scene.room.width_m, scene.room.depth_m
    corners = [(0.8, 0.8), (width - 0.8, 0.8), (width - 0.8, depth - 0.8), (0.8, depth - 0.8)]
    return max(corners, key=lambda c: np.hypot(c[0] - spot[0], c[1] - spot[1]))
