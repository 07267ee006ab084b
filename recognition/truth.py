"""Reads what really happened in a scene, and says which of its people an event is about."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recognition.frames import Float
from recognition.scoring import Span
from recognition.taxonomy import load_taxonomy

MIN_VISIBLE = 0.3
"""Share of a person's silhouette from which the person counts as seen."""

MIN_SEEN_SHARE = 0.5
"""Share of its time that an action's person must be seen for a camera to be expected to tell it."""

MIN_BOX_IOU = 0.3
"""Overlap of boxes from which a recognised person is one of the truth's."""

_PEDESTRIAN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTruth:
    """Where everybody is in the pictures of one camera, a row for each person and frame.

    frames: (N,) numbers from 0. persons: (N,) names. boxes: (N, 4) x1 y1 x2 y2, 0..1 of the
    picture's width and height. visible: (N,) 0..1. rate_hz: frames per second.
    """

    frames: npt.NDArray[np.int64]
    persons: npt.NDArray[np.str_]
    boxes: Float
    visible: Float
    rate_hz: float

    def person_at(self, at_s: float, box: Sequence[float]) -> tuple[str, float] | None:
        """Whose box this is, and their IoU; None where nobody's overlaps enough.

        box: x1 y1 x2 y2, 0..1 of the picture.
        """
        rows = np.flatnonzero(self.frames == round(at_s * self.rate_hz))
        if not len(rows):
            return None
        overlaps = _box_iou(self.boxes[rows], np.asarray(box, np.float32))
        best = int(np.argmax(overlaps))
        if overlaps[best] < MIN_BOX_IOU:
            return None
        return str(self.persons[rows[best]]), float(overlaps[best])

    def seen_share(self, person: str, onset_s: float, end_s: float) -> float:
        """Share of the frames from onset to end in which the person is seen well enough."""
        first, last = round(onset_s * self.rate_hz), round(end_s * self.rate_hz)
        inside = (self.frames >= first) & (self.frames <= last) & (self.persons == person)
        seen = inside & (self.visible >= MIN_VISIBLE)
        return float(seen.sum()) / (last - first + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneTruth:
    """What really happens in a scene, and what each of its cameras can see of it.

    persons: names, in the order of their numbers. spans: who does what; one span per person of an
    action that several do together.
    """

    duration_s: float
    persons: tuple[str, ...]
    spans: tuple[Span, ...]
    cameras: Mapping[str, CameraTruth]


def read_scene(folder: Path) -> SceneTruth:
    """The truth of a rendered scene: events.json, and NAME.mot.csv of each camera that it names.

    Raises ValueError, for people, where a file is missing or of another form.
    """
    path = folder / "events.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        persons = {int(number): str(name) for name, number in data["actors"].items()}
        spans = tuple(
            Span(
                action=event["action"],
                person=name,
                onset_s=float(event["onset_s"]),
                end_s=float(event["end_s"]),
                others=tuple(other for other in event["actors"] if other != name),
            )
            for event in data["events"]
            for name in event["actors"]
        )
        cameras = {
            camera["name"]: read_mot(
                folder / f"{camera['name']}.mot.csv",
                names=persons,
                size=tuple(camera["size_px"]),
                rate_hz=float(camera["fps"]),
            )
            for camera in data["cameras"]
        }
        duration_s = float(data["duration_s"])
    except OSError as error:
        raise ValueError(
            f"{error.filename}: cannot be read: {error.strerror}; wanted the folder of a rendered "
            "scene: edgeact scenario render SCRIPT.yaml"
        ) from None
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: not the truth of a rendered scene: {error!r}") from None
    return SceneTruth(
        duration_s=duration_s,
        persons=tuple(persons.values()),
        spans=spans,
        cameras=cameras,
    )


def read_mot(
    path: Path, *, names: Mapping[int, str], size: tuple[int, int], rate_hz: float
) -> CameraTruth:
    """The people of a MOT17 ground truth file: frame,id,x,y,w,h,conf,class,visibility.

    names: of the ids. size: width and height of the picture, px. Boxes are cut at its edge; rows
    that lie outside it, or are not of people, are left out.
    Raises ValueError for a line of another form, with its number.
    """
    rows: list[tuple[int, str, list[float], float]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        fields = line.split(",")
        try:
            frame, person, *_ = (int(float(field)) for field in fields[:2])
            x, y, width, height = (float(field) for field in fields[2:6])
            kind, visible = int(float(fields[7])), float(fields[8])
        except (ValueError, IndexError):
            raise ValueError(
                f"{path}:{number}: wanted frame,id,x,y,w,h,conf,class,visibility; got '{line}'"
            ) from None
        edges = np.array([x, y, x + width, y + height]) / (*size, *size)
        box = np.clip(edges, 0, 1)
        if kind == _PEDESTRIAN and box[2] > box[0] and box[3] > box[1]:
            rows.append((frame - 1, names.get(person, str(person)), box.tolist(), visible))
    return CameraTruth(
        frames=np.array([row[0] for row in rows], np.int64),
        persons=np.array([row[1] for row in rows], np.str_),
        boxes=np.array([row[2] for row in rows], np.float32).reshape(-1, 4),
        visible=np.array([row[3] for row in rows], np.float32),
        rate_hz=rate_hz,
    )


def expected(spans: Iterable[Span], camera: CameraTruth) -> list[Span]:
    """The true spans as this camera can be asked for them: those hardly seen do not count.

    What a group does counts where at least as many of its people are seen as the action takes.
    """

    def seen(person: int | str | None, span: Span) -> bool:
        return camera.seen_share(str(person), span.onset_s, span.end_s) >= MIN_SEEN_SHARE

    def asked_for(span: Span) -> bool:
        people = 1 + sum(seen(other, span) for other in span.others)
        return seen(span.person, span) and enough(span.action, people)

    return [replace(span, counts=span.counts and asked_for(span)) for span in spans]


def enough(action: str, people: int) -> bool:
    """Whether so many people who are seen can be told to do it; only what groups do takes more."""
    known = load_taxonomy().actions.get(action)
    return known is None or known.scope != "group" or people >= known.least_people


def recognised(messages: Iterable[Mapping[str, Any]], camera: CameraTruth) -> list[Span]:
    """The event messages of one camera (docs/events.md, as parsed JSON) as spans of people.

    Each message's box is compared with the truth at the message's own time; the person with the
    greatest sum of IoU over an event's messages is whose event it is. What several people do
    counts for each whom ``track`` and ``co_tracks`` name; one span per person, as in the truth. An
    event without an end lasts until its last message.
    """
    events: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for message in messages:
        events[message["data"]["event"]["id"]].append(message["data"])
    return [span for parts in events.values() for span in _spans(parts, camera)]


def _spans(parts: Sequence[Mapping[str, Any]], camera: CameraTruth) -> list[Span]:
    last = max(parts, key=lambda part: part["event"]["rev"])
    end_ns = last["time"].get("media_end_ns", last["time"]["media_pts_ns"])
    return [
        Span(
            action=last["event"]["action"],
            person=person,
            onset_s=last["time"]["media_onset_ns"] / 1e9,
            end_s=end_ns / 1e9,
        )
        for person in _people(parts, camera)
    ]


def _people(parts: Sequence[Mapping[str, Any]], camera: CameraTruth) -> list[str | None]:
    """Whose event it is: the person of each track, none twice; None for a track that is nobody.

    Two tracks of one person are that person once, as after a change of identity.
    """
    votes: dict[str, dict[str, float]] = {}
    for part in parts:
        at_s = part["time"]["media_pts_ns"] / 1e9
        for track, (x, y, width, height) in _boxes(part["track"]):
            of_track = votes.setdefault(track, defaultdict(float))
            if whose := camera.person_at(at_s, (x, y, x + width, y + height)):
                of_track[whose[0]] += whose[1]
    people = [max(one, key=lambda name: one[name]) if one else None for one in votes.values()]
    named = dict.fromkeys(person for person in people if person is not None)
    return [*named, *(None for person in people if person is None)]


def _boxes(track: Mapping[str, Any]) -> list[tuple[str, Sequence[float]]]:
    """Track ids and boxes that a message names."""
    others = zip(track.get("co_tracks", ()), track.get("co_boxes", ()), strict=False)
    return [(track["id"], track["box"]), *others]


def _box_iou(boxes: Float, box: Float) -> Float:
    """IoU of (N, 4) boxes with one, (N,)."""
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    shared = np.prod(np.maximum(high - low, 0), axis=1)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    iou: Float = (shared / np.maximum(areas - shared, 1e-9)).astype(np.float32)
    return iou
