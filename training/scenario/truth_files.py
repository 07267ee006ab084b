"""Writes what is true of a filmed scene: keypoints, tracks and events.

Beside NAME.mp4 of each camera: NAME.keypoints.json (COCO keypoints and boxes of the things,
https://cocodataset.org/#format-data; image id = frame number from 1) and NAME.mot.csv (MOT17
ground truth, Milan et al. 2016: frame, id, x, y, width, height, 1, class 1, visibility). One
events.json per scene: who does what, from when to when. An actor's id is the same in all files.
``recognition.truth`` reads them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognition.frames import Float
from training.picture_truth import CATEGORIES
from training.scenario.world import PROP_KINDS, World

if TYPE_CHECKING:
    from training.scenario.render.truth import PersonTruth, Picture, PropTruth

Json = dict[str, Any]

EVENTS_FILE = "events.json"
_LEAST_SEEN = 0.02
"""Share of a person or thing that must be seen for a mark; the tracks go on behind things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFile:
    """One filmed camera. video: file beside events.json. size_px: width, height."""

    name: str
    video: str
    fps: int
    size_px: tuple[int, int]


def actor_ids(world: World) -> dict[str, int]:
    """Every actor's id in the files: its place in the world, from 1."""
    return {actor.name: index + 1 for index, actor in enumerate(world.actors)}


@dataclass(slots=True)
class CameraTruth:
    """Collects what one camera sees, picture by picture."""

    camera: CameraFile
    images: list[Json] = field(default_factory=list)
    marks: list[Json] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def add(self, picture: Picture) -> None:
        """Take the next picture's people and things."""
        frame = len(self.images) + 1
        width, height = self.camera.size_px
        name = f"{self.camera.video}#{frame}"
        self.images.append({"id": frame, "file_name": name, "width": width, "height": height})
        for person in picture.people:
            x, y, w, h = _extent(person.box)
            if w <= 0 or h <= 0:
                continue
            number = person.actor + 1
            self.rows.append(f"{frame},{number},{x},{y},{w},{h},1,1,{person.visible:.3f}")
            if person.visible >= _LEAST_SEEN:
                self._mark(frame, _person(person))
        for prop in picture.props:
            if prop.visible >= _LEAST_SEEN:
                self._mark(frame, _prop(prop))

    def write(self, folder: Path) -> None:
        """Write NAME.keypoints.json and NAME.mot.csv."""
        content = {
            "info": {"description": "scripted scene", "video": self.camera.video},
            "images": self.images,
            "categories": CATEGORIES,
            "annotations": self.marks,
        }
        keypoints, mot = truth_paths(folder, self.camera.name)
        keypoints.write_text(json.dumps(content), encoding="utf-8")
        mot.write_text("".join(f"{row}\n" for row in self.rows), encoding="utf-8")

    def _mark(self, frame: int, mark: Json) -> None:
        self.marks.append({"id": len(self.marks) + 1, "image_id": frame, "iscrowd": 0, **mark})


def truth_paths(folder: Path, camera: str) -> tuple[Path, Path]:
    """Where the keypoints and the tracks of a camera lie."""
    return folder / f"{camera}.keypoints.json", folder / f"{camera}.mot.csv"


def write_events(
    folder: Path, world: World, *, scene: str, seed: int, cameras: Sequence[CameraFile]
) -> Path:
    """Write events.json; returns its path. Times are rounded to milliseconds."""
    events = [
        {
            **asdict(truth),
            "onset_s": round(float(truth.onset_s), 3),
            "end_s": round(float(truth.end_s), 3),
        }
        for truth in sorted(world.truth, key=lambda one: (one.onset_s, one.actors))
    ]
    content = {
        "scene": scene,
        "seed": seed,
        "duration_s": world.duration_s,
        "cameras": [asdict(camera) for camera in cameras],
        "actors": actor_ids(world),
        "props": {prop.name: prop.kind for prop in world.props},
        "events": events,
        "notes": world.notes,
    }
    path = folder / EVENTS_FILE
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return path


def _person(person: PersonTruth) -> Json:
    return {
        "category_id": 1,
        "track_id": person.actor + 1,
        **_box(person.box, person.visible),
        "visible_bbox": _extent(person.visible_box),
        "keypoints": [round(float(value), 1) for value in person.keypoints.reshape(-1)],
        "num_keypoints": int((person.keypoints[:, 2] > 0).sum()),
    }


def _prop(prop: PropTruth) -> Json:
    kind = 2 + PROP_KINDS.index(prop.kind)
    return {"category_id": kind, "track_id": prop.prop + 1, **_box(prop.box, prop.visible)}


def _box(box: Float, visible: float) -> Json:
    extent = _extent(box)
    area = round(extent[2] * extent[3], 1)
    return {"bbox": extent, "area": area, "visible": round(float(visible), 3)}


def _extent(box: Float) -> list[float]:
    """X, y, width, height from x1, y1, x2, y2, tenths of a pixel."""
    x1, y1, x2, y2 = (float(value) for value in box)
    return [round(value, 1) for value in (x1, y1, max(x2 - x1, 0.0), max(y2 - y1, 0.0))]
