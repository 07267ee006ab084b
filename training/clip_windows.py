"""Makes training windows of recordings by the list of what is done in them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recognition.frames import Frame
from recognition.layouts import SINGLE, Layout
from recognition.recording import Recording
from recognition.windows import Window, WindowConfig
from training.dataset import Dataset, Filming, joined, label_at, windows_of
from training.extract import sound_memory
from training.mocap import FPS, Segment
from training.readers.check import check_clips
from training.readers.clips import DatasetError, LabelledClip, read_clips, shortened
from training.readers.held_back import with_splits
from training.readers.material import nan_people
from training.readers.tracks import CLIPS, by_source, read_tracks

Rng = np.random.Generator

_MAIN_SHARE = 0.5
"""A clip's label is that of tracks with this share of the largest one's area, summed over time."""


def read_labelled(folders: Sequence[Path]) -> dict[Path, list[LabelledClip]]:
    """The lists of clips of several folders, every clip with its split, by folder.

    Raises:
        DatasetError: a list cannot be read, or is not fit to be trained on: labels, times, clips or
            groups on two sides, labels without clips to train on.
    """
    lists = {folder: read_clips(folder / CLIPS) for folder in folders}
    clips = with_splits([clip for found in lists.values() for clip in found])
    labels = sorted({clip.label for clip in clips})
    if errors := check_clips(clips, labels).errors:
        raise DatasetError(shortened(list(errors)))
    by_place = {clip.where: clip for clip in clips}
    return {folder: [by_place[clip.where] for clip in found] for folder, found in lists.items()}


def labels_of(folders: Sequence[Path]) -> tuple[str, ...]:
    """The labels of the clips in several folders, in the alphabet's order.

    Raises:
        DatasetError: a list of clips cannot be read.
    """
    return tuple(sorted({clip.label for folder in folders for clip in read_clips(folder / CLIPS)}))


def windows_of_folders(
    folders: Sequence[Path], split: str, filming: Filming, *, layout: Layout = SINGLE
) -> Dataset:
    """All windows of one split of several folders; labels are indices of ``labels_of`` them.

    Raises:
        DatasetError: as ``read_labelled`` and ``windows_of_tracks``.
    """
    classes = labels_of(folders)
    parts = []
    for folder, clips in read_labelled(folders).items():
        mine = [clip for clip in clips if clip.split == split]
        if mine:
            parts.append(windows_of_tracks(folder, mine, classes, filming, layout=layout))
    if not parts:
        raise DatasetError([f"{', '.join(map(str, folders))}: no clip of split '{split}'"])
    return joined(parts)


def windows_of_tracks(
    folder: Path, clips: Sequence[LabelledClip], classes: Sequence[str], filming: Filming, *,
    layout: Layout = SINGLE,
) -> Dataset:  # fmt: skip
    """All windows that clips of a folder of recordings give.

    classes: the labels in the order of the model's outputs. Subjects are the clips' groups. layout:
    what the model is told of.

    Raises:
        DatasetError: the folder cannot be read, a label is unknown, or there is no window.
    """
    by_path: dict[str, list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        if clip.label not in classes:
            raise DatasetError([f"{clip.where}: label '{clip.label}' is none of the model's"])
        by_path[clip.path].append(clip)
    parts: list[Dataset] = []
    for part in read_tracks(folder):
        for recording in by_source(part):
            name = recording.sources[0]
            if name in by_path and not nan_people(recording):
                rng = np.random.default_rng([filming.seed, *name.encode()])
                parts += windows_of_clips(recording, by_path[name], classes, filming, rng, layout)
    if not parts:
        raise DatasetError(
            [
                f"{folder}: none of {len(clips)} clips gives a window; a person must be followed "
                f"for {WindowConfig().min_seen_steps / WindowConfig().rate_hz:.1f} s or more, and "
                "names in clips.csv must be those of the recorded videos"
            ]
        )
    return joined(parts)


def windows_of_clips(
    recording: Recording,
    clips: Sequence[LabelledClip],
    classes: Sequence[str],
    filming: Filming,
    rng: Rng,
    layout: Layout = SINGLE,
) -> Iterator[Dataset]:
    """The windows of the clips of a recording of one source, a data set for each that has any.

    A clip says what is done in it, not by whom: its label is that of the people who are large in
    it, and windows of others are left out, as nobody says what they do.
    """
    memory = sound_memory(recording, 0, filming.hearing)
    filming = replace(filming, objects=float(recording.knows_objects))
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
