"""How many people of rendered scenes the public YOLOX-nano finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from engines.ort import OrtEngine
from plugins.cpu.nvinfer.parsers import ParseInput, parse_yolox
from recognition.frames import Float
from tests.acceptance.figure import Figure, main, needs_assets
from training.cameras import Camera, look_at
from training.mocap import MOCAP_DIR, PELVIS, SHARE_ALIKE, load_clips
from training.scenario.looks import random_look
from training.scenario.render.lens import Lens
from training.scenario.render.painter import Painter, Picture
from training.scenario.rooms import random_room
from training.scenario.world import Actor, World

GOAL = "YOLOX-nano finds >= 0.90 of rendered people at least half visible, IoU 0.5"
MODEL = Path(__file__).resolve().parents[2] / "engines" / "store" / "yolox_nano.onnx"
PICTURES = 120
SCORE, OVERLAP = 0.25, 0.5
TALL_PX = (60, 600)
SIZES = ((1280, 720), (768, 432), (640, 480))


def poses() -> list[Float]:
    """Recordings (T, 26, 3) of marked actions; none of the share-alike ones."""
    clips = load_clips(MOCAP_DIR)
    # Outside of the marks people stand as crosses, to be measured; cmu_01 climbs in a playground.
    return [
        clip.joints[part.start : part.end]
        for clip in clips for part in clip.segments
        if not clip.subject.startswith(SHARE_ALIKE) and clip.subject != "cmu_01"
    ]  # fmt: skip


def scene(seed: int, recordings: list[Float]) -> tuple[World, Camera]:
    """One to four people who stand about in a room, and a camera that looks at one of them."""
    rng = np.random.default_rng((seed, 41))
    room, furniture = random_room(rng)
    actors: list[Actor] = []
    spots: list[Float] = []
    for _ in range(int(rng.integers(1, 5))):
        x, y = (rng.uniform(1.4, side - 1.4) for side in (room.width_m, room.depth_m))
        spot = np.array([x, y], np.float32)
        if any(np.linalg.norm(spot - other) < 1.0 for other in spots):
            continue
        spots.append(spot)
        recording = recordings[rng.integers(len(recordings))]
        pose = recording[rng.integers(len(recording))].astype(np.float64)
        turn = rng.uniform(0, 2 * np.pi)
        c, s = np.cos(turn), np.sin(turn)
        flat = pose[:, :2] - pose[PELVIS, :2]
        pose[:, :2] = flat @ np.array([[c, s], [-s, c]]) + spot
        joints = pose[None].astype(np.float32)
        name, present = f"person {len(actors)}", np.ones(1, bool)
        actors.append(Actor(name=name, look=random_look(rng), joints=joints, present=present))
    world = World(duration_s=1 / 30, room=room, furniture=furniture, actors=tuple(actors))
    return world, _camera(actors[0].joints[0], rng)


def _camera(joints: Float, rng: np.random.Generator) -> Camera:
    width, height = SIZES[rng.integers(len(SIZES))]
    wide = np.radians(rng.uniform(50, 85))
    focal = width / 2 / np.tan(wide / 2)
    tall = rng.uniform(TALL_PX[0] + 20, min(TALL_PX[1], 0.85 * height))
    distance = 1.75 * focal / tall
    around, raised = rng.uniform(0, 2 * np.pi), rng.uniform(0.9, 3.2)
    at = np.array([*joints[PELVIS, :2], 0.95])
    flat = np.sqrt(max(distance**2 - (raised - 0.95) ** 2, 1.0))
    place = at + np.array([flat * np.cos(around), flat * np.sin(around), raised - 0.95])
    aside = rng.uniform(-0.25, 0.25, 3) * distance * np.tan(wide / 2)
    return Camera(position=place.astype(np.float32), axes=look_at(place, at + aside, 0.0),
                  focal_px=(focal, focal), size=(width, height))  # fmt: skip


def pictures(count: int) -> Iterator[Picture]:
    """Rendered pictures as a camera takes them, each of another scene."""
    recordings = poses()
    for seed in range(count):
        world, camera = scene(seed, recordings)
        with Painter(world, size=camera.size, seed=seed) as painter:
            picture = painter.paint(camera, 0.0)
        yield Picture(
            image=Lens(seed).apply(picture.image), people=picture.people, props=picture.props
        )


def detect(engine: OrtEngine, image: npt.NDArray[np.uint8]) -> Float:
    """Boxes (N, 4) x1 y1 x2 y2 px of persons, as the pipeline's detector stage finds them."""
    height, width = image.shape[:2]
    scale = 416 / max(width, height)
    w, h = round(width * scale), round(height * scale)
    padded = np.zeros((416, 416, 3), np.uint8)
    padded[:h, :w] = cv2.resize(image, (w, h), interpolation=cv2.INTER_LINEAR)
    inputs = {next(iter(engine.inputs)): padded.transpose(2, 0, 1)[None].astype(np.float32)}
    output = engine.run(inputs)["output"][0]
    told = ParseInput(width=416, height=416, image=(0, 0, w, h), lowest=SCORE)
    found = parse_yolox({"output": output}, told)
    people = found.pick((found.classes == 0) & (found.scores >= SCORE))
    kept = cv2.dnn.NMSBoxes(people.boxes.tolist(), people.scores.tolist(), SCORE, OVERLAP)
    boxes = people.boxes[np.array(kept, np.intp).reshape(-1)] / scale
    corners: Float = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    return corners


def found_of(picture: Picture, boxes: Float) -> list[tuple[float, bool]]:
    """Height, px, of each person at least half visible, and whether a box fits.

    It has to fit what is seen of the person, as boxes do in COCO, of which the detector learnt.
    """
    rows = []
    for person in picture.people:
        tall = float(person.box[3] - person.box[1])
        if person.visible >= 0.5 and TALL_PX[0] <= tall <= TALL_PX[1]:
            rows.append((tall, bool((_overlaps(boxes, person.visible_box) >= OVERLAP).any())))
    return rows


def _overlaps(boxes: Float, box: Float) -> Float:
    low, high = np.maximum(boxes[:, :2], box[:2]), np.minimum(boxes[:, 2:], box[2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod()
    share: Float = shared / (areas - shared)
    return share


def measure(count: int = PICTURES) -> Figure:
    """Render, detect, compare."""
    if missing := needs_assets("rendered_people", GOAL):
        return missing
    if not MODEL.is_file():
        error = {"error": f"{MODEL}: no such file; run python -m export.fetch yolox_nano"}
        return Figure("rendered_people", None, GOAL, passed=False, detail=error)
    engine = OrtEngine(MODEL)
    rows = [row for picture in pictures(count)
            for row in found_of(picture, detect(engine, picture.image))]  # fmt: skip
    heights, found = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    recall = float(found.mean())
    detail: dict[str, float] = {"pictures": count, "people": len(rows)}
    detail |= {
        f"{low}..{high} px": round(float(found[(heights >= low) & (heights < high)].mean()), 3)
        for low, high in ((60, 120), (120, 240), (240, 601))
        if ((heights >= low) & (heights < high)).any()
    }
    return Figure("rendered_people", round(recall, 4), GOAL, recall >= 0.9, detail)


if __name__ == "__main__":
    main(measure)
