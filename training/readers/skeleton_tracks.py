"""Turns a skeleton set's clips into recordings, and labelled recordings into a skeleton set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from recognition.frames import Float, Frame, Person
from recognition.recording import Recording
from training.readers.clips import LabelledClip
from training.readers.skeletons import Skeletons, SkeletonSet, nan_keypoints

_MARGIN = 0.1
"""A box is this share of the joints' extent larger on each side: a head is more than its eyes."""

DEFAULT_FPS = 30.0


def to_recording(clip: Skeletons, fps: float | None = None) -> Recording:
    """A clip of COCO-17 keypoints as a recording of one source, with a track for each person.

    fps: None for the set's own ``fps``, else ``DEFAULT_FPS``. Boxes are the extent of the joints.

    Raises:
        ValueError: the skeleton is another one, or has keypoints that are no numbers.
    """
    if clip.keypoint.shape[2:] != (17, 2):
        joints, dimensions = clip.keypoint.shape[2:]
        raise ValueError(
            f"{clip.frame_dir}: {joints} joints of {dimensions} numbers; wanted 17 of COCO, x and y"
        )
    if problem := nan_keypoints(clip):
        raise ValueError(problem)
    rate_hz = fps or float(clip.other.get("fps", DEFAULT_FPS))
    keypoints = _keypoints(clip)
    height, width = clip.img_shape
    frames = tuple(
        Frame(
            source_id=0,
            pts_ns=round(index / rate_hz * 1e9),
            width=width,
            height=height,
            persons=tuple(_persons(keypoints[:, index])),
        )
        for index in range(clip.total_frames)
    )
    return Recording((clip.frame_dir,), False, frames, ())


def to_skeletons(
    recordings: Mapping[str, Recording], clips: Sequence[LabelledClip], *, people: int = 2
) -> SkeletonSet:
    """The labelled clips of recordings as a skeleton set.

    recordings: of one source each, by its name. people: at most so many tracks of a clip, those
    that are seen the longest. A clip without anybody is left out.
    """
    classes = sorted({clip.label for clip in clips})
    made: list[Skeletons] = []
    splits: dict[str, list[str]] = {}
    for clip in clips:
        frames = [frame for frame in recordings[clip.path].frames if clip.holds(frame.pts_ns / 1e9)]
        one = _cut(frames, clip, classes.index(clip.label), people)
        if one is not None:
            made.append(one)
            splits.setdefault(clip.split or "all", []).append(one.frame_dir)
    return SkeletonSet(splits=splits, clips=made, classes=classes)


def _keypoints(clip: Skeletons) -> Float:
    """Keypoints (M, T, 17, 3); without scores a joint at 0, 0 counts as missing."""
    score = clip.score
    if score is None:
        score = (clip.keypoint != 0).any(axis=-1)
    together: Float = np.concatenate(
        [clip.keypoint.astype(np.float32), np.asarray(score, np.float32)[..., None]], axis=-1
    )
    return together


def _persons(keypoints: Float) -> Iterable[Person]:
    """The people of one frame, keypoints (M, 17, 3); one without any joint is not there."""
    for track_id, joints in enumerate(keypoints, 1):
        seen = joints[joints[:, 2] > 0, :2]
        if not len(seen):
            continue
        low, high = seen.min(axis=0), seen.max(axis=0)
        margin = _MARGIN * np.maximum(high - low, 1)
        box = np.concatenate([low - margin, high + margin]).astype(np.float32)
        confidence = float(joints[joints[:, 2] > 0, 2].mean())
        yield Person(track_id=track_id, box=box, confidence=confidence, keypoints=joints)


def _cut(frames: Sequence[Frame], clip: LabelledClip, label: int, people: int) -> Skeletons | None:
    seen = Counter(
        person.track_id
        for frame in frames
        for person in frame.persons
        if person.keypoints is not None
    )
    tracks = [track for track, _ in seen.most_common(people)]
    if not tracks:
        return None
    keypoints = np.zeros((len(tracks), len(frames), 17, 3), np.float32)
    for index, frame in enumerate(frames):
        for person in frame.persons:
            if person.track_id in tracks and person.keypoints is not None:
                keypoints[tracks.index(person.track_id), index] = person.keypoints
    whole = clip.end_s is None and not clip.start_s
    other = {"fps": _rate_hz(frames), "group": clip.group}
    shape = (frames[0].height, frames[0].width)
    return Skeletons(
        frame_dir=clip.path if whole else f"{clip.path}@{clip.start_s:.3f}",
        label=label,
        total_frames=len(frames),
        img_shape=shape,
        keypoint=keypoints[..., :2].copy(),
        score=keypoints[..., 2].copy(),
        other={"original_shape": shape, **other},
    )


def _rate_hz(frames: Sequence[Frame]) -> float:
    """Frames per second by the middle distance between two; a lost frame changes nothing."""
    if len(frames) < 2:
        return DEFAULT_FPS
    return round(1e9 / float(np.median(np.diff([frame.pts_ns for frame in frames]))), 3)
