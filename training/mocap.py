"""Reads the motion-capture clips, splits them by person and refuses a split that leaks."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.frames import Float
from training.labels import class_of

FPS = 30
PELVIS, SPINE, NECK, HEAD, HEAD_TOP = 17, 18, 19, 20, 21
MOCAP_DIR = Path(__file__).resolve().parents[2] / "shared" / "assets" / "mocap"

TEST_SUBJECTS = frozenset(
    {
        "hdm05_bd", "hdm05_bk", "mhad_s05", "mhad_s07",
        "cmu_16", "cmu_09or16", "cmu_27", "cmu_35",
    }
)  # fmt: skip
"""Never seen in training, nor in any choice made for it."""

DEVELOPMENT_SUBJECTS = frozenset({"hdm05_dg"})
"""Looked at while the generated motion was made; neither trained on nor tested on."""

VALIDATION_SUBJECTS = frozenset({"mhad_s06", "cmu_02", "cmu_06", "cmu_08"})
"""Early stopping and temperature. Classes that none of them shows are generated on their bones."""

SHARE_ALIKE = "hdm05"
"""Prefix of subjects whose licence (CC BY-SA 3.0) would bind weights trained on them."""

_STILL_M_S = 0.4  # fastest joint of a person who stands
_STILL_FRAMES = 20
_CROUCHED = 0.75  # pelvis height by its highest in the recordings of that person


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Frames start..end-1 show the class ``label``."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One recording of one person.

    joints: (T, 26, 3) float32 metres, z up, 30 fps; 0..16 are COCO-17, the rest as in the data's
    README. segments: the marked actions; frames outside are unknown, not background.
    """

    name: str
    subject: str
    joints: Float
    segments: tuple[Segment, ...]


def split_of(subject: str) -> str:
    """``train``, ``validation``, ``development`` or ``test``."""
    if subject in TEST_SUBJECTS:
        return "test"
    if subject in DEVELOPMENT_SUBJECTS:
        return "development"
    return "validation" if subject in VALIDATION_SUBJECTS else "train"


def people_of(subject: str) -> frozenset[str]:
    """Everybody that a subject id may stand for: ``cmu_09or16`` is 9 or 16, ``28to32`` 28..32."""
    if found := re.fullmatch(r"cmu_(\d+)or(\d+)", subject):
        return frozenset(f"cmu_{int(number):02d}" for number in found.groups())
    if found := re.fullmatch(r"cmu_(\d+)to(\d+)", subject):
        first, last = map(int, found.groups())
        return frozenset(f"cmu_{number:02d}" for number in range(first, last + 1))
    return frozenset({subject})


def check_split(subjects: Mapping[str, Iterable[str]]) -> None:
    """Refuse a split in which one person may be on two sides.

    subjects: the subject ids on each side. An inferred id that covers a range of numbers counts
    as all of those numbers that have recordings of their own.

    Raises:
        ValueError: somebody is on two sides, or share-alike data is outside the test side.
    """
    sides: dict[str, str] = {}
    for side, names in subjects.items():
        for subject in names:
            if side in {"train", "validation"} and subject.startswith(SHARE_ALIKE):
                raise ValueError(
                    f"{subject}: share-alike data may only be measured on; got side {side}"
                )
            for person in people_of(subject):
                if sides.setdefault(person, side) != side:
                    raise ValueError(
                        f"{subject}: {person} is on the sides {sides[person]} and {side}; "
                        "a person must be on one side only"
                    )


def has_mocap(folder: Path = MOCAP_DIR) -> bool:
    """Whether the recordings are there."""
    return (folder / "index.json").is_file()


def load_clips(folder: Path = MOCAP_DIR) -> list[Clip]:
    """All clips, in the order of the index.

    Raises:
        FileNotFoundError: the data is not there.
    """
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    shards: dict[str, dict[str, Float]] = {}
    clips = []
    for entry in index["clips"]:
        name = entry["shard"]
        if name not in shards:
            with np.load(folder / name) as file:
                shards[name] = {key: file[key] for key in ("root", "rel", "offsets")}
        shard = shards[name]
        begin, end = shard["offsets"][entry["i"] : entry["i"] + 2]
        joints = shard["root"][begin:end, None] + shard["rel"][begin:end].astype(np.float32)
        clips.append((entry, joints))
    tallest: dict[str, float] = {}
    for entry, joints in clips:
        height = float(np.percentile(joints[:, PELVIS, 2], 95))
        tallest[entry["subject"]] = max(tallest.get(entry["subject"], 0.0), height)
    return [
        Clip(
            name=entry["name"],
            subject=entry["subject"],
            joints=joints,
            segments=tuple(_segments(entry, joints, tallest[entry["subject"]])),
        )
        for entry, joints in clips
    ]


def _segments(entry: Mapping[str, object], joints: Float, tallest: float) -> list[Segment]:
    marks = entry["segments"]
    assert isinstance(marks, list)
    low = joints[:, PELVIS, 2] < _CROUCHED * tallest
    still = standing_still(joints, tallest)
    segments = []
    for start, end, label, detail in marks:
        if label == "crouch" and detail != "fight":
            segments += [Segment(start=a, end=b, label="squat") for a, b in _runs(low, start, end)]
        elif (name := class_of(label)) == "background":
            # Who pauses between two signals or exercises stands, as anywhere else.
            segments += [
                Segment(start=a, end=b, label="stand" if pause else name)
                for a, b, pause in _parts(still, start, end)
            ]
        elif name is not None:
            a, b = action_core(name, joints, start, end)
            segments.append(Segment(start=a, end=b, label=name))
    marked = np.zeros(len(joints), bool)
    for start, end, _, _ in marks:
        marked[start:end] = True
    quiet = still & ~marked
    segments += [Segment(start=a, end=b, label="stand") for a, b in _runs(quiet, 0, len(joints))]
    return segments


def action_core(label: str, joints: Float, start: int, end: int) -> tuple[int, int]:
    """The part of a recorded kick or throw in which somebody kicks or throws; others unchanged.

    Many takes are cut generously. A kick is where an ankle is 25 cm above its lowest and one foot
    is 15 cm above the other; a throw is where a wrist moves at 1.5 m/s against the pelvis; both
    with a third of a second before and after. A take in which that never happens stays whole.
    """
    part = joints[start:end]
    if label == "kick":
        feet = part[:, (15, 16), 2]
        raised = feet.max(axis=1) > feet.min() + 0.25
        active = raised & (np.abs(feet[:, 0] - feet[:, 1]) > 0.15)
    elif label == "throw_ball":
        hands = part[:, (9, 10)] - part[:, PELVIS, None]
        speed = np.linalg.norm(np.gradient(hands, axis=0), axis=2).max(axis=1) * FPS
        active = speed > 1.5
    else:
        return start, end
    frames = np.flatnonzero(active)
    if len(frames) == 0:
        return start, end
    return max(start, start + int(frames[0]) - 10), min(end, start + int(frames[-1]) + 11)


def standing_still(joints: Float, tallest: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Frames (T,) of an upright person who does not move.

    The pelvis is at 90 % of its greatest height or above, the wrists are below the shoulders and
    no joint is faster than 0.4 m/s over a third of a second.
    """
    step = 5
    speed = np.zeros(len(joints), np.float32)
    if len(joints) > 2 * step:
        moved = np.linalg.norm(joints[2 * step :] - joints[: -2 * step], axis=2).max(axis=1)
        speed[step:-step] = moved * FPS / (2 * step)
    upright = joints[:, PELVIS, 2] > 0.9 * tallest
    lowered = joints[:, (9, 10), 2].max(axis=1) < joints[:, (5, 6), 2].min(axis=1)
    still: np.ndarray[tuple[int], np.dtype[np.bool_]] = upright & lowered & (speed < _STILL_M_S)
    return still


def _runs(
    flags: np.ndarray[tuple[int], np.dtype[np.bool_]], start: int, end: int
) -> list[tuple[int, int]]:
    """Stretches of at least 0.67 s in which ``flags`` holds, within start..end-1."""
    edges = np.diff(np.concatenate([[0], flags[start:end].astype(np.int8), [0]]))
    begins, ends = np.flatnonzero(edges == 1) + start, np.flatnonzero(edges == -1) + start
    return [(int(a), int(b)) for a, b in zip(begins, ends, strict=True) if b - a >= _STILL_FRAMES]


def _parts(
    flags: np.ndarray[tuple[int], np.dtype[np.bool_]], start: int, end: int
) -> Iterator[tuple[int, int, bool]]:
    """Frames start..end-1 in order: the stretches that ``_runs`` gives, and what lies between."""
    at = start
    for a, b in _runs(flags, start, end):
        if a > at:
            yield at, a, False
        yield a, b, True
        at = b
    if at < end:
        yield at, end, False


def by_split(clips: Sequence[Clip]) -> dict[str, list[Clip]]:
    """Clips of each side, after ``check_split``."""
    sides: dict[str, list[Clip]] = {"train": [], "validation": [], "development": [], "test": []}
    for clip in clips:
        sides[split_of(clip.subject)].append(clip)
    check_split({side: {clip.subject for clip in part} for side, part in sides.items()})
    return sides


def data_hash(folder: Path = MOCAP_DIR) -> str:
    """SHA-256 over the index and every shard, first 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for path in sorted([*folder.glob("*.npz"), folder / "index.json"]):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
