"""Recorded motion of one side of the split, for actors to move by."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from recognition.frames import Float
from training.mocap import MOCAP_DIR, SHARE_ALIKE, Clip, by_split, load_clips
from training.scenario.gait import Gait, Kind, parametric_gait, recorded_gait
from training.scenario.skeleton import average_bones

Rng = np.random.Generator

SIDES = ("train", "validation", "development", "test")

CREDIT = {
    "cmu": (
        "The data used in this project was obtained from mocap.cs.cmu.edu. The database was "
        "created with funding from NSF EIA-0196217."
    ),
    "mhad": (
        "Berkeley MHAD, Copyright (c) The Regents of the University of California, BSD-2-Clause. "
        "F. Ofli, R. Chaudhry, G. Kurillo, R. Vidal, R. Bajcsy, WACV 2013."
    ),
    "accad": (
        "Motion capture data: ACCAD, The Ohio State University (accad.osu.edu), CC BY 3.0, "
        "changed: converted to joint positions and resampled to 30 fps."
    ),
}
"""Credit lines of the sources, by the beginning of a subject's name."""


@dataclass(frozen=True, slots=True)
class MoveLibrary:
    """Clips of people; share-alike data is never among them.

    Without clips all motion is parametric.
    """

    clips: tuple[Clip, ...] = ()
    _segments: dict[str, list[tuple[str, Float]]] = field(default_factory=dict)
    _gaits: dict[Kind, list[tuple[str, Float]]] = field(default_factory=dict)

    @staticmethod
    def of(side: str, folder: Path = MOCAP_DIR) -> MoveLibrary:
        """The recordings of one side of the split, none where the data is not there.

        Raises:
            ValueError: there is no such side.
        """
        if side not in SIDES:
            raise ValueError(f"no side is called '{side}'; known: {', '.join(SIDES)}")
        return _load(side, folder) if (folder / "index.json").is_file() else MoveLibrary()

    def segments(self, label: str) -> list[tuple[str, Float]]:
        """All recordings of an action: (subject, joints (T, 26, 3) metres at 30 fps)."""
        if label not in self._segments:
            self._segments[label] = [
                (clip.subject, clip.joints[segment.start : segment.end])
                for clip in self.clips
                for segment in clip.segments
                if segment.label == label
            ]
        return self._segments[label]

    def gait(self, kind: Kind, bones: Float, rng: Rng) -> tuple[Gait, str | None]:
        """Somebody's way of walking or running on the bones (26,), and whose it is.

        None for whose: a parametric one. Of few recordings every other gait is parametric, so
        that not everybody runs alike.
        """
        known = self._usable(kind)
        if not known or rng.random() < 1 / (1 + len(known)):
            return parametric_gait(kind, bones, rng), None
        # By subject, so that who was recorded often is not met often.
        people = sorted({name for name, _ in known})
        subject = people[rng.integers(len(people))]
        own = [joints for name, joints in known if name == subject]
        joints = own[rng.integers(len(own))]
        gait = recorded_gait(kind, joints, bones)
        return (gait, subject) if gait else (parametric_gait(kind, bones, rng), None)

    def _usable(self, kind: Kind) -> list[tuple[str, Float]]:
        if kind not in self._gaits:
            bones = average_bones()
            self._gaits[kind] = [
                (subject, joints)
                for subject, joints in self.segments(kind)
                if recorded_gait(kind, joints, bones)
            ]
        return self._gaits[kind]


@cache
def _load(side: str, folder: Path) -> MoveLibrary:
    clips = [clip for clip in load_clips(folder) if not clip.subject.startswith(SHARE_ALIKE)]
    return MoveLibrary(tuple(by_split(clips)[side]))


def credits_of(subjects: set[str]) -> str:
    """The credit lines that motion of these subjects asks for."""
    sources = {subject.split("_")[0] for subject in subjects}
    return " ".join(line for source, line in CREDIT.items() if source in sources)
