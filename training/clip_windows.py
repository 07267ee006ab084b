"""Makes training windows of recordings by the list of what is done in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from recognition.frames import Frame
from recognition.layouts import SINGLE, Layout
from recognition.recording import Recording
from recognition.windows import Window
from training.dataset import Dataset, Filming, joined, label_at, windows_of
from training.extract import sound_memory
from training.mocap import FPS, Segment
from training.readers.clips import DatasetError, LabelledClip, read_clips
from training.readers.material import nan_people
from training.readers.tracks import CLIPS, by_source, read_tracks

Rng = np.random.Generator

_MAIN_SHARE = 0.5
"""A clip's label is that of tracks with this share of the largest one's area, summed over time."""


def windows_of_tracks(
    folder: Path, split: str, classes: Sequence[str], filming: Filming, *, layout: Layout = SINGLE
) -> Dataset:
    """All windows of one split of a folder of recordings with its list of clips.

    classes: the labels in the order of the model's outputs. Subjects are the clips' groups. layout:
    what the model is told of.

    Raises:
        DatasetError: the folder cannot be read, a label is unknown, or the split has no window.
    """
    clips: dict[str, list[LabelledClip]] = defaultdict(list)
    for clip in read_clips(folder / CLIPS):
        if clip.split != split:
            continue
        if clip.label not in classes:
            raise DatasetError([f"{clip.where}: label '{clip.label}' is none of the model's"])
        clips[clip.path].append(clip)
    parts: list[Dataset] = []
    for part in read_tracks(folder):
        for recording in by_source(part):
            name = recording.sources[0]
            if name in clips and not nan_people(recording):
                rng = np.random.default_rng([filming.seed, *name.encode()])
                parts += windows_of_clips(
                    recording, clips[name], classes, filming, rng, layout=layout
                )
    if not parts:
        raise DatasetError([f"{folder}: no clip of split '{split}' is long enough for a window"])
    return joined(parts)


def windows_of_clips(
    recording: Recording,
    clips: Sequence[LabelledClip],
    classes: Sequence[str],
    filming: Filming,
    rng: Rng,
    *,
    layout: Layout = SINGLE,
) -> Iterator[Dataset]:
    """The windows of the clips of a recording of one source, a data set for each that has any.

    A clip says what is done in it, not by whom: its label is that of the people who are large in
    it, and windows of others are left out, as nobody says what they do.
    """
    memory = sound_memory(recording, 0, filming.hearing)
    for clip in clips:
        frames = [frame for frame in recording.frames if clip.holds(frame.pts_ns / 1e9)]
        mine = main_tracks(frames)
        if not mine:
            continue
        end_s = frames[-1].pts_ns / 1e9
        segment = Segment(start=round(clip.start_s * FPS), end=round(end_s * FPS), label=clip.label)

        def label_of(
            window: Window, mine: frozenset[int] = mine, segment: Segment = segment
        ) -> int | None:
            if window.track_id not in mine:
                return None
            return label_at([segment], window.end_ns / 1e9, segment.end, classes)

        subject = clip.group or clip.path
        part = windows_of(
            frames, label_of, memory, filming=filming, subject=subject, rng=rng, layout=layout
        )
        if part is not None:
            yield part


def main_tracks(frames: Sequence[Frame]) -> frozenset[int]:
    """The tracks of the people that a clip is about: the largest, and those not much smaller."""
    area: Counter[int] = Counter()
    for frame in frames:
        for person in frame.persons:
            width, height = (person.box[2:] - person.box[:2]).tolist()
            area[person.track_id] += round(width * height)
    largest = max(area.values(), default=0)
    return frozenset(track for track, size in area.items() if size >= _MAIN_SHARE * largest)
