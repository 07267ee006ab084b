"""Acts out scenes with and without groups, and films who is together in them each second."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from recognition.fusion_input import SLOTS
from recognition.group_clock import GroupClock
from recognition.groups import EMBEDDING, MOST_MEMBERS, Cluster, Member
from recognition.layouts import SOCIAL
from recognition.neighbours import PeopleStore
from recognition.sound_encoders import SoundConfig, SourceSound
from recognition.taxonomy import load_taxonomy
from recognition.windows import Window, WindowConfig
from training.acted import LEVELS, played
from training.cameras import Camera
from training.dataset import LABEL_SHARE, LABEL_SPAN_S, heard
from training.group.config import GroupData
from training.hearing import BANDS
from training.scenario.formations import untold
from training.scenario.random_script import random_script
from training.scenario.random_strangers import strangers
from training.scenario.world import ActionTruth, World
from training.scenario_windows import Filmed, watch_world, world_sound

Rng = np.random.Generator

SEEDS = {"train": 750_000, "validation": 850_000}
"""Where the seeds of each side begin; scenes of other kinds have seeds of their own."""

GROUPS = tuple(action.name for action in load_taxonomy().of_level("group"))
LEAST_PEOPLE = {name: load_taxonomy().action(name).least_people for name in GROUPS}
CLASSES = (*GROUPS, "background")
BACKGROUND = len(GROUPS)

_SHARES = (0.25, 0.2, 0.15, 0.15, 0.25)
"""Of the kinds of ``group_scene``."""

_HARDLY = 0.2  # share of a second's span up to which an action that just begins is not there
_STEP_NS = WindowConfig().step_ns
_SLOT_NS = WindowConfig().steps * _STEP_NS // SLOTS
_NO_EMB: Float = np.zeros(EMBEDDING, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Windows of people who are together, and who is together with whom.

    inputs: arrays of ``SOCIAL`` for N windows, float16. rows: (G, 16) which windows a cluster's
    members are, -1 for none. statistics: (G, 16, 21), what ``Cluster`` has beside ``emb``.
    labels: (G,) index into ``CLASSES``. parts: (G, 16) 1 for members who take part in it.
    """

    inputs: dict[str, npt.NDArray[np.float16]]
    rows: npt.NDArray[np.int64]
    statistics: Float
    labels: npt.NDArray[np.int64]
    parts: Float

    def __len__(self) -> int:
        return len(self.labels)


def group_scene(
    seed: int, side: str, data: GroupData, rng: Rng
) -> tuple[World, list[Camera]] | None:
    """A scene of one of the kinds, and its cameras; None for one that cannot be played.

    A group alone, and with others around; pairs alone, and with others; and strangers who stand
    near each other or pass by: these three show what a group is not. A scene in which people form
    a group by chance is left out, since the truth does not tell it.
    """
    group = GROUPS[int(rng.integers(len(GROUPS)))]
    kinds = ((group,), (group, *LEVELS), ("human_human",), ("human_human", *LEVELS), LEVELS)
    number = int(rng.choice(len(kinds), p=_SHARES))
    actors = int(rng.integers(2, 7))
    script = random_script(
        seed, actions=kinds[number], actors=actors, duration_s=float(rng.uniform(14, 20)),
        cameras=data.cameras, beginning=strangers(actors) if kinds[number] == LEVELS else None,
    )  # fmt: skip
    scene = played(script, side, cameras=data.cameras)
    return None if scene is None or any(untold(scene[0])) else scene


def film_seed(seed: int, side: str, data: GroupData, hearing: SoundConfig = BANDS) -> list[Looks]:
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
        memory = heard(sound, filmed.start_ns, hearing)
        looks = look(world, filmed, memory, knows_objects=bool(rng.random() < data.objects))
        found += [] if looks is None else [looks]
    return found


def look(
    world: World, filmed: Filmed, memory: SourceSound | None, *, knows_objects: bool
) -> Looks | None:
    """The clusters of a filmed scene that have a class; None where nobody is together."""
    near: dict[tuple[int, int], tuple[Window, ...]] = {}
    labelled: list[tuple[Cluster, int, list[bool]]] = []
    for cluster, at_ns in _together(filmed, near, knows_objects=knows_objects):
        names = [world.actors[filmed.owner[one.track_id]].name for one in cluster.members]
        label, people = label_of(world.truth, names, (at_ns - filmed.start_ns) / 1e9)
        if label is not None:
            labelled.append((cluster, label, [name in people for name in names]))
    if not labelled:
        return None
    found = [cluster for cluster, _, _ in labelled]
    windows = {_key(one.window): one.window for cluster in found for one in cluster.members}
    place = {key: row for row, key in enumerate(windows)}
    rows = np.full((len(labelled), MOST_MEMBERS), -1, np.int64)
    parts = np.zeros((len(labelled), MOST_MEMBERS), np.float32)
    for row, (cluster, _, taking) in enumerate(labelled):
        rows[row, : len(taking)] = [place[_key(one.window)] for one in cluster.members]
        parts[row, : len(taking)] = taking
    tokens = [
        None if memory is None else memory.tokens(one.end_ns, slots=SLOTS, slot_ns=_SLOT_NS)
        for one in windows.values()
    ]
    beside = [near[key] for key in windows]
    arrays = SOCIAL.inputs([*windows.values()], tokens, beside, rate_hz=WindowConfig().rate_hz)
    return Looks(
        inputs={name: values.astype(np.float16) for name, values in arrays.items()},
        rows=rows,
        statistics=np.stack([cluster.features[:, EMBEDDING:] for cluster in found]),
        labels=np.array([label for _, label, _ in labelled], np.int64),
        parts=parts,
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


def label_of(
    truth: Sequence[ActionTruth], names: Collection[str], at_s: float
) -> tuple[int | None, frozenset[str]]:
    """Class of people near each other at a full second, and which of them take part.

    None where it is not clear. They do what at least as many of them as the action takes do for
    most of the last ``LABEL_SPAN_S``; of two such actions, what more of them do.
    """
    unclear, found = False, [(0, BACKGROUND, frozenset[str]())]
    for event in truth:
        if event.action not in GROUPS or not (members := frozenset(names) & {*event.actors}):
            continue
        first = max(at_s - LABEL_SPAN_S, 0)
        covered = (min(event.end_s, at_s) - max(event.onset_s, first)) / max(at_s - first, 1e-9)
        if covered <= _HARDLY:
            continue
        if covered >= LABEL_SHARE and len(members) >= LEAST_PEOPLE[event.action]:
            found.append((len(members), GROUPS.index(event.action), members))
        else:
            unclear = unclear or len(members) > 1
    _, label, members = max(found, key=lambda one: one[0])
    return (None if unclear and label == BACKGROUND else label), members


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
        parts=np.concatenate([part.parts for part in parts]),
    )
