"""Acts out scenes with and without groups, and films who is together in them each second."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from recognition.fusion_input import SLOTS
from recognition.group_clock import GroupClock
from recognition.groups import EMBEDDING, Cluster, Member
from recognition.layouts import SOCIAL
from recognition.neighbours import PeopleStore
from recognition.sound_encoders import SourceSound
from recognition.taxonomy import load_taxonomy
from recognition.windows import Window, WindowConfig
from training.acted import LEVELS, played
from training.cameras import Camera
from training.dataset import LABEL_SHARE, LABEL_SPAN_S, heard
from training.group.config import GroupData
from training.scenario.random_script import random_script
from training.scenario.world import ActionTruth, World
from training.scenario_windows import Filmed, watch_world, world_sound

Rng = np.random.Generator

SEEDS = {"train": 750_000, "validation": 850_000}
"""Where the seeds of each side begin; scenes of other kinds have seeds of their own."""

GROUPS = tuple(action.name for action in load_taxonomy().of_level("group"))
CLASSES = (*GROUPS, "background")
BACKGROUND = len(GROUPS)

_HARDLY = 0.2  # share of a second's span up to which an action that just begins is not there
_STEP_NS = WindowConfig().step_ns
_SLOT_NS = WindowConfig().steps * _STEP_NS // SLOTS
_NO_EMB: Float = np.zeros(EMBEDDING, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Windows of people who are together, and who is together with whom.

    inputs: arrays of ``SOCIAL`` for N windows, float16. rows: (G, 16) which windows a cluster's
    members are, -1 for none. statistics: (G, 16, 17), what ``Cluster`` has beside ``emb``.
    labels: (G,) index into ``CLASSES``.
    """

    inputs: dict[str, npt.NDArray[np.float16]]
    rows: npt.NDArray[np.int64]
    statistics: Float
    labels: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)


def group_scene(
    seed: int, side: str, data: GroupData, rng: Rng
) -> tuple[World, list[Camera]] | None:
    """A scene of one of four kinds, and its cameras; None for one that cannot be played.

    A group alone, a group with others around, pairs, and people who have nothing to do with each
    other: these two show what a group is not.
    """
    group = GROUPS[int(rng.integers(len(GROUPS)))]
    kinds = ((group,), (group, *LEVELS), ("human_human", *LEVELS), LEVELS)
    kind = kinds[int(rng.choice(4, p=(0.25, 0.25, 0.35, 0.15)))]
    script = random_script(
        seed, actions=kind, actors=int(rng.integers(3, 7)), duration_s=float(rng.uniform(14, 20)),
        cameras=data.cameras,
    )  # fmt: skip
    return played(script, side, cameras=data.cameras)


def film_seed(seed: int, side: str, data: GroupData) -> list[Looks]:
    """Who is together in one scene by its seed, for each camera that shows anybody so."""
    rng = np.random.default_rng([seed, 11])
    scene = group_scene(seed, side, data, rng)
    if scene is None:
        return []
    world, cameras = scene
    found = []
    for camera in (*cameras, None):
        filmed = watch_world(world, rng, camera)
        if filmed is None:
            continue
        sound = world_sound(world, rng) if rng.random() < data.sound else None
        memory = heard(sound, filmed.start_ns)
        looks = look(world, filmed, memory, knows_objects=bool(rng.random() < data.objects))
        found += [] if looks is None else [looks]
    return found


def look(
    world: World, filmed: Filmed, memory: SourceSound | None, *, knows_objects: bool
) -> Looks | None:
    """The clusters of a filmed scene that have a class; None where nobody is together."""
    near: dict[tuple[int, int], tuple[Window, ...]] = {}
    labelled: list[tuple[Cluster, int]] = []
    for cluster, at_ns in _together(filmed, near, knows_objects=knows_objects):
        names = {world.actors[filmed.owner[one.track_id]].name for one in cluster.members}
        label = label_of(world.truth, names, (at_ns - filmed.start_ns) / 1e9)
        if label is not None:
            labelled.append((cluster, label))
    if not labelled:
        return None
    windows = {_key(one.window): one.window for cluster, _ in labelled for one in cluster.members}
    place = {key: row for row, key in enumerate(windows)}
    rows = np.full((len(labelled), len(labelled[0][0].mask)), -1, np.int64)
    for row, (cluster, _) in enumerate(labelled):
        rows[row, : len(cluster.members)] = [place[_key(one.window)] for one in cluster.members]
    tokens = [
        None if memory is None else memory.tokens(one.end_ns, slots=SLOTS, slot_ns=_SLOT_NS)
        for one in windows.values()
    ]
    beside = [near[key] for key in windows]
    arrays = SOCIAL.inputs([*windows.values()], tokens, beside, rate_hz=WindowConfig().rate_hz)
    return Looks(
        inputs={name: values.astype(np.float16) for name, values in arrays.items()},
        rows=rows,
        statistics=np.stack([cluster.features[:, EMBEDDING:] for cluster, _ in labelled]),
        labels=np.array([label for _, label in labelled], np.int64),
    )


def _together(
    filmed: Filmed, near: dict[tuple[int, int], tuple[Window, ...]], *, knows_objects: bool
) -> Iterator[tuple[Cluster, int]]:
    """Clusters and the PTS of their second, as the program finds them; fills ``near``."""
    config = WindowConfig()
    store = PeopleStore(config, knows_objects=knows_objects)
    clock = GroupClock(rate_hz=config.rate_hz)
    for frame in filmed.frames:
        windows = store.push(frame)[0]
        near |= {_key(window): store.near(window) for window in windows}
        looks = [Member(window=window, emb=_NO_EMB, evidence={}) for window in windows]
        for tick in clock.step(looks):
            yield from ((cluster, tick.at_ns) for cluster in tick.clusters)


def label_of(truth: Sequence[ActionTruth], names: Collection[str], at_s: float) -> int | None:
    """Class of people who are together at a full second; None where it is not clear.

    They do what most of them take part in for most of the last ``LABEL_SPAN_S``.
    """
    unclear = False
    for event in truth:
        if event.action not in GROUPS or not (members := {*names} & {*event.actors}):
            continue
        first = max(at_s - LABEL_SPAN_S, 0)
        covered = (min(event.end_s, at_s) - max(event.onset_s, first)) / max(at_s - first, 1e-9)
        if covered <= _HARDLY:
            continue
        if covered >= LABEL_SHARE and 1 < len(members) > len(names) / 2:
            return GROUPS.index(event.action)
        unclear = unclear or len(members) > 1
    return None if unclear else BACKGROUND


def _key(window: Window) -> tuple[int, int]:
    return window.track_id, window.end_ns


def joined(parts: Sequence[Looks]) -> Looks:
    """All looks as one."""
    offsets = np.cumsum([0, *(len(part.inputs["mod"]) for part in parts)])
    return Looks(
        inputs={
            name: np.concatenate([part.inputs[name] for part in parts]) for name in parts[0].inputs
        },
        rows=np.concatenate(
            [
                np.where(part.rows < 0, -1, part.rows + offset)
                for part, offset in zip(parts, offsets[:-1], strict=True)
            ]
        ),
        statistics=np.concatenate([part.statistics for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
    )
