"""Makes training windows of what the running program recorded of rendered scenes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recognition.frames import Frame
from recognition.layouts import SINGLE, Layout
from recognition.recording import Recording, read_recording
from recognition.sound_encoders import SoundConfig, SourceSound
from recognition.truth import CameraTruth, SceneTruth, read_scene
from recognition.windows import Window
from training.dataset import LABEL_SPAN_S, Dataset, Filming, joined, label_at, windows_of
from training.doings import named_segments
from training.hearing import BANDS, memory_of
from training.labels import CLASSES
from training.mocap import FPS, Segment

Rng = np.random.Generator

_NOBODY = "background"
"""A track that is none of the people is background, whatever they do."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Whose box a track's was at a time; None for nobody's."""

    pts_ns: int
    person: str | None


def extract(
    recording: Recording, truth: SceneTruth, filming: Filming, rng: Rng, *, subject: str,
    layout: Layout = SINGLE,
) -> list[Dataset]:  # fmt: skip
    """The windows of one recorded scene, a data set for each camera that shows anything.

    Tracks are matched to people by the IoU of their boxes, frame by frame; a window is its
    person's at its end and named by the rule of ``training.dataset.label_at``.
    """
    parts = []
    for source_id, name in enumerate(recording.sources):
        frames = [frame for frame in recording.frames if frame.source_id == source_id]
        camera = truth.cameras[name]
        owners = owners_of(frames, camera)
        segments = {person: person_segments(truth, person, layout) for person in truth.persons}
        length = round(truth.duration_s * FPS)

        def label_of(
            window: Window,
            owners: dict[int, list[Sighting]] = owners,
            segments: dict[str, tuple[Segment, ...]] = segments,
            length: int = length,
        ) -> int | None:
            person = _owner(owners[window.track_id], window.end_ns)
            if person is None:
                return CLASSES.index(_NOBODY)
            return label_at(segments[person], window.end_ns / 1e9, length, layout.classes)

        memory = sound_memory(recording, source_id, filming.hearing)
        part = windows_of(
            frames, label_of, memory, filming=filming, subject=subject, rng=rng, layout=layout
        )
        if part is not None:
            parts.append(part)
    return parts


def person_segments(truth: SceneTruth, person: str, layout: Layout = SINGLE) -> tuple[Segment, ...]:
    """What one person does by class, at 30 frames per second; see ``named_segments``."""
    doings = [
        (span.action, round(span.onset_s * FPS), round(span.end_s * FPS))
        for span in truth.spans
        if span.person == person
    ]
    present = np.ones(round(truth.duration_s * FPS), bool)
    return named_segments(doings, present, layout.classes)


def extract_folders(
    folders: Sequence[Path], *, hop_steps: int, truncate: float, layout: Layout = SINGLE,
    hearing: SoundConfig = BANDS,
) -> Dataset:  # fmt: skip
    """All windows of rendered scenes that the program recorded.

    folders: each holds scenes, a folder with the truth files of ``edgeact scenario render`` and
    ``recording.npz`` of ``edgeact record``.

    Raises:
        ValueError: a folder holds no such scene, or one cannot be read.
    """
    parts: list[Dataset] = []
    for folder in folders:
        paths = sorted(folder.glob("*/recording.npz"))
        if not paths:
            raise ValueError(f"{folder}: no scene in it has a recording.npz; see edgeact record")
        for path in paths:
            recording, truth = read_recording(path), read_scene(path.parent)
            filming = Filming(
                side="train", passes=1, seed=0, hop_steps=hop_steps, truncate=truncate,
                objects=float(recording.knows_objects), hearing=hearing,
            )  # fmt: skip
            name = path.parent.name
            rng = np.random.default_rng(list(name.encode()))
            parts += extract(
                recording, truth, filming, rng, subject=f"recorded_{name}", layout=layout
            )
    return joined(parts)


def owners_of(frames: Sequence[Frame], camera: CameraTruth) -> dict[int, list[Sighting]]:
    """Whose box each track's was in every frame, by track id."""
    owners: dict[int, list[Sighting]] = {}
    for frame in frames:
        size = (frame.width, frame.height, frame.width, frame.height)
        for person in frame.persons:
            found = camera.person_at(frame.pts_ns / 1e9, (person.box / size).tolist())
            sighting = Sighting(frame.pts_ns, found[0] if found else None)
            owners.setdefault(person.track_id, []).append(sighting)
    return owners


def _owner(sightings: Sequence[Sighting], end_ns: int) -> str | None:
    """Who a track mostly was in the time that names a window."""
    begin_ns = end_ns - int(LABEL_SPAN_S * 1e9)
    recent = Counter(s.person for s in sightings if begin_ns <= s.pts_ns <= end_ns + 40_000_000)
    return recent.most_common(1)[0][0] if recent else None


def sound_memory(
    recording: Recording, source_id: int, hearing: SoundConfig = BANDS
) -> SourceSound | None:
    """All that one source of a recording heard; None for nothing."""
    sounds = [sound for sound in recording.sounds if sound.source_id == source_id]
    if not sounds:
        return None
    memory = memory_of(hearing, sum(len(sound.log_mel) for sound in sounds) / 100)
    for sound in sounds:
        memory.push(sound)
    return memory
