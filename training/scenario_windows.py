"""Films acted-out worlds without pixels: what detector, pose model and microphone would report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

from recognition.frames import Float, Frame, Object, Person
from recognition.layouts import SINGLE, Layout
from recognition.sound import RATE_HZ
from recognition.windows import Window
from training.cameras import Camera, random_camera
from training.dataset import (
    Dataset,
    Filming,
    frame_times,
    heard,
    label_at,
    resampled,
    windows_of,
)
from training.doings import named_segments
from training.filmed_props import clear_view, prop_boxes
from training.labels import CLASSES
from training.mocap import FPS, Segment
from training.object_noise import Shown, body_ghosts, detections
from training.occlusion import Screen, body_screen, furniture_screen, hide
from training.pose_noise import Observation, observe
from training.scenario.mixing import RATE_HZ as MIX_RATE_HZ
from training.scenario.mixing import hear, mean_power
from training.scenario.world import PROP_SIZES_M, Actor, Prop, World
from training.sound_synthesis import room_sound

Rng = np.random.Generator

_ID_CHANGES = 0.1  # share of people who get another track id in between


@dataclass(frozen=True, slots=True)
class _Seen:
    """One actor before one camera. ids: (K,) track id in each frame."""

    observation: Observation
    ids: npt.NDArray[np.int64]


def actor_segments(
    world: World, actor: Actor, classes: Sequence[str] = CLASSES
) -> tuple[Segment, ...]:
    """What an actor does, by class; see ``named_segments``."""
    doings = [
        (truth.action, round(truth.onset_s * FPS), round(truth.end_s * FPS))
        for truth in world.truth
        if actor.name in truth.actors
    ]
    return named_segments(doings, actor.present, classes)


@dataclass(frozen=True, slots=True)
class Filmed:
    """A world as one camera's detector and pose model report it.

    start_ns: PTS of the world's beginning. owner: actor by track id.
    """

    frames: tuple[Frame, ...]
    start_ns: int
    owner: dict[int, int]


def watch_world(world: World, rng: Rng, camera: Camera | None = None) -> Filmed | None:
    """A world seen by one camera, a random one if none is given; None where nobody is there."""
    start_ns = int(rng.integers(1, 3_600_000_000_000))
    times = frame_times(world.duration_s - 2 / FPS, rng)
    if len(times) < 2 or not any(actor.present.any() for actor in world.actors):
        return None
    camera = camera or camera_for(world, rng)
    people, things = _watch(world, times, camera, rng)
    owner = {int(number): row for row, one in enumerate(people) for number in np.unique(one.ids)}
    return Filmed(tuple(_frames(people, things, times, camera, start_ns)), start_ns, owner)


def film_world(
    world: World,
    sound: Float | None,
    filming: Filming,
    rng: Rng,
    *,
    subject: str,
    camera: Camera | None = None,
    layout: Layout = SINGLE,
) -> Dataset | None:
    """The windows of a world seen by one camera; None when none of them has a class.

    sound: (M,) mono 16 kHz from the start on, None for a camera without a microphone. camera: None
    for a random one.
    """
    filmed = watch_world(world, rng, camera)
    if filmed is None:
        return None
    segments = [actor_segments(world, actor, layout.classes) for actor in world.actors]

    def label_of(window: Window) -> int | None:
        end_s = (window.end_ns - filmed.start_ns) / 1e9
        row = filmed.owner[window.track_id]
        return label_at(segments[row], end_s, len(world.actors[row].joints), layout.classes)

    memory = heard(sound, filmed.start_ns, filming.hearing)
    return windows_of(
        filmed.frames, label_of, memory, filming=filming, subject=subject, rng=rng, layout=layout
    )


def camera_for(world: World, rng: Rng) -> Camera:
    """A random camera that looks at one of the people, some while they are there."""
    candidates = [actor for actor in world.actors if actor.present.any()]
    actor = candidates[int(rng.integers(len(candidates)))]
    return random_camera(actor.joints[actor.present], rng)


def world_sound(world: World, rng: Rng) -> Float:
    """What a microphone somewhere in the room hears, (M,) mono 16 kHz."""
    place = (
        rng.uniform(0, world.room.width_m),
        rng.uniform(0, world.room.depth_m),
        rng.uniform(0.8, world.room.height_m),
    )
    whole = hear(world, at_m=place, seed=int(rng.integers(2**31)))
    sound = resample_poly(whole, 1, MIX_RATE_HZ // RATE_HZ).astype(np.float32)
    noise = room_sound(len(sound), rng)  # at this rate it costs a tenth of the mixer's own
    if sound.any():
        below_db = rng.uniform(0, 35)
        noise = noise * np.float32(np.sqrt(mean_power(sound)) * 10 ** (-below_db / 20))
    sound = sound + noise
    loudest = 10 ** (rng.uniform(-12, -3) / 20) / max(float(np.abs(sound).max()), 1e-9)
    gain = np.exp(rng.uniform(np.log(0.15), np.log(1.0)))
    scaled: Float = (sound * loudest * gain).astype(np.float32)
    return scaled


def _watch(
    world: World, times: npt.NDArray[np.float64], camera: Camera, rng: Rng
) -> tuple[list[_Seen], list[tuple[Object, ...]]]:
    """What is seen of everybody, and the things of each frame."""
    at = times * FPS
    bodies = [resampled(actor.joints, at) for actor in world.actors]
    screens = [body_screen(joints, camera) for joints in bodies]
    solid = [furniture_screen(item, len(times), camera) for item in world.furniture]
    fixed = [screen for screen in solid if screen is not None]
    people = []
    for row, (actor, joints) in enumerate(zip(world.actors, bodies, strict=True)):
        others = [*fixed, *screens[:row], *screens[row + 1 :]]
        seen = hide(observe(joints, camera, rng), joints, others, camera, rng)
        there = actor.present[np.clip(at.astype(int), 0, len(actor.present) - 1)]
        people.append(_Seen(_only(seen, there), _track_ids(row, len(times), rng)))
    shown = [_show(prop, at, bodies, fixed, camera) for prop in world.props]
    for one in people:
        seen = one.observation
        shown += body_ghosts(seen.keypoints, seen.boxes, rng)
    return people, detections(shown, times, camera.size, rng)


def _only(seen: Observation, there: npt.NDArray[np.bool_]) -> Observation:
    return Observation(keypoints=seen.keypoints, boxes=seen.boxes, found=seen.found & there)


def _track_ids(row: int, count: int, rng: Rng) -> npt.NDArray[np.int64]:
    """One id, or another from some frame on; no two people share any."""
    ids = np.full(count, 1 + row + 100 * rng.integers(0, 50), np.int64)
    if rng.random() < _ID_CHANGES:
        ids[rng.integers(count) :] += 50
    return ids


def _show(
    prop: Prop,
    at: npt.NDArray[np.float64],
    bodies: Sequence[Float],
    fixed: Sequence[Screen],
    camera: Camera,
) -> Shown:
    rows = np.clip(np.round(at).astype(int), 0, len(prop.centre) - 1)
    size = np.array(PROP_SIZES_M[prop.kind], np.float32) * prop.scale
    boxes, depth = prop_boxes(resampled(prop.centre, at), prop.axes[rows], size, camera)
    clear = clear_view(boxes, depth, bodies, camera)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    for screen in fixed:
        within = ((middle > screen.boxes[:, :2]) & (middle < screen.boxes[:, 2:])).all(axis=1)
        clear = np.where(within & (depth > screen.depth + 0.3), np.float32(0.1), clear)
    there = prop.present[rows].astype(np.float32)
    return Shown(kind=prop.kind, boxes=boxes, clear=(clear * there).astype(np.float32))


def _frames(
    people: Sequence[_Seen],
    things: Sequence[tuple[Object, ...]],
    times: npt.NDArray[np.float64],
    camera: Camera,
    start_ns: int,
) -> Iterator[Frame]:
    for index, at_s in enumerate(times):
        persons = tuple(
            Person(
                track_id=int(one.ids[index]),
                box=one.observation.boxes[index],
                confidence=0.8,
                keypoints=one.observation.keypoints[index],
            )
            for one in people
            if one.observation.found[index]
        )
        yield Frame(
            source_id=0,
            pts_ns=start_ns + int(at_s * 1e9),
            width=camera.size[0],
            height=camera.size[1],
            persons=persons,
            objects=things[index],
        )
