"""``python -m training.pictures OUT``: rendered pictures with people and things marked in them.

Of worlds without a story, or, with ``--acted``, of moments of scenes that are acted by script.

Writes OUT/pictures/000000.jpg ... and OUT/truth.json in COCO form: category 1 is the person with
17 keypoints, 2..9 are the things. ``bbox`` (x, y, width, height, px) is the whole extent of a
person cut to the picture, and the part of a thing that is seen; ``visible`` is the seen share.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from recognition.frames import Float
from training.acted import drawn_scene
from training.cameras import Camera
from training.picture_cameras import random_view
from training.picture_truth import CATEGORIES, Json
from training.posed_people import SIDES, PosePool
from training.posed_worlds import posed_world
from training.scenario.render.lens import Lens
from training.scenario.render.painter import Painter, Picture
from training.scenario.world import FPS, PROP_KINDS, World

_FIRST_ACTED = 700_000
"""Seeds of acted scenes whose moments are pictures; those of a set begin 10,000 after another's."""

_LEAST_SEEN = 0.02
_QUALITY = (50, 96)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be rendered.

    size: width, height px. cameras, moments: how many of each there are of one world; every
    camera sees every moment. acted: of scripted scenes instead of worlds without a story.
    """

    count: int
    seed: int
    side: str = "train"
    size: tuple[int, int] = (1280, 720)
    cameras: int = 2
    moments: int = 4
    acted: bool = False


@dataclass(frozen=True, slots=True)
class _Shots:
    """A world, and the camera, moment (seconds) and lens of each of its pictures."""

    world: World
    seed: int
    views: tuple[tuple[Camera, float, Lens], ...]


def rendered(order: Order) -> Iterator[Picture]:
    """``order.count`` pictures; the same order gives the same pictures."""
    made = 0
    for shots in _acted(order) if order.acted else _posed(order):
        with Painter(shots.world, size=order.size, seed=shots.seed) as painter:
            for camera, at_s, lens in shots.views[: order.count - made]:
                picture = painter.paint(camera, at_s)
                yield replace(picture, image=lens.apply(picture.image))
                made += 1
        if made >= order.count:
            return


def _posed(order: Order) -> Iterator[_Shots]:
    """Worlds without a story, for ever."""
    pool = PosePool(order.side)
    for number in count():
        # The side is part of the seed: no two sides share a room or a camera.
        rng = np.random.default_rng([order.seed, SIDES.index(order.side), number])
        world = posed_world(pool, rng, moments=order.moments)
        seed = int(rng.integers(2**31))
        views = []
        for _ in range(order.cameras):
            camera = random_view(world, order.size, rng)
            views += [(camera, i / FPS, _lens(rng)) for i in range(order.moments)]
        yield _Shots(world, seed, tuple(views))


def _acted(order: Order) -> Iterator[_Shots]:
    """Scenes that are acted by script, before cameras that hang where scripts hang them."""
    first = _FIRST_ACTED + 10_000 * (3 * order.seed + SIDES.index(order.side))
    for seed in count(first):
        rng = np.random.default_rng([seed, 8])
        scene = drawn_scene(seed, order.side, rng, cameras=order.cameras)
        if scene is None:
            continue
        world, cameras = scene
        views = [
            (camera, float(rng.uniform(0, world.duration_s)), _lens(rng))
            for camera in cameras
            for _ in range(order.moments)
        ]
        yield _Shots(world, seed, tuple(views))


def _lens(rng: np.random.Generator) -> Lens:
    return Lens(int(rng.integers(2**31)))


def marks_of(picture: Picture, image_id: int, first_id: int) -> list[Json]:
    """COCO annotations of what is seen at all."""
    found = []
    for person in picture.people:
        if person.visible >= _LEAST_SEEN and _extent(person.box)[2:] != [0.0, 0.0]:
            entry = _annotation(1, person.box, person.visible)
            entry["keypoints"] = [round(float(x), 1) for x in person.keypoints.reshape(-1)]
            entry["num_keypoints"] = int((person.keypoints[:, 2] > 0).sum())
            entry["visible_bbox"] = _extent(person.visible_box)
            found.append(entry)
    for prop in picture.props:
        if prop.visible >= _LEAST_SEEN:
            found.append(_annotation(2 + PROP_KINDS.index(prop.kind), prop.box, prop.visible))
    return [{"id": first_id + i, "image_id": image_id, **entry} for i, entry in enumerate(found)]


def write_pictures(order: Order, folder: Path) -> Path:
    """Render a set into ``folder``; returns the path of its truth.

    Raises:
        ValueError: the folder holds a picture set already.
    """
    truth = folder / "truth.json"
    if truth.exists():
        raise ValueError(f"{folder}: holds a picture set already; name another folder")
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([order.seed, 7])
    images: list[Json] = []
    marked: list[Json] = []
    for number, picture in enumerate(tqdm(rendered(order), total=order.count, mininterval=10)):
        name = f"{number:06d}.jpg"
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*_QUALITY))]
        cv2.imwrite(str(folder / "pictures" / name), picture.image, quality)
        height, width = picture.image.shape[:2]
        images.append({"id": number + 1, "file_name": name, "width": width, "height": height})
        marked += marks_of(picture, number + 1, len(marked) + 1)
    about = {"description": "rendered people and things", "side": order.side, "seed": order.seed}
    content = {
        "info": about, "images": images, "categories": CATEGORIES, "annotations": marked,
    }  # fmt: skip
    truth.write_text(json.dumps(content), encoding="utf-8")
    return truth


def _extent(box: Float) -> list[float]:
    x1, y1, x2, y2 = (round(float(x), 1) for x in box)
    return [x1, y1, round(max(x2 - x1, 0.0), 1), round(max(y2 - y1, 0.0), 1)]


def _annotation(category: int, box: Float, visible: float) -> Json:
    extent = _extent(box)
    return {
        "category_id": category, "bbox": extent, "area": round(extent[2] * extent[3], 1),
        "visible": round(float(visible), 3), "iscrowd": 0,
    }  # fmt: skip


def picture_size(text: str) -> tuple[int, int]:
    """Read ``1280x720``.

    Raises:
        argparse.ArgumentTypeError: it is not two numbers of at least 64.
    """
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and min(int(width), int(height)) >= 64):
        raise argparse.ArgumentTypeError(f"wanted WIDTHxHEIGHT such as 1280x720; got {text!r}")
    return int(width), int(height)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.pictures", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and truth.json")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=picture_size, default=(1280, 720), help="WIDTHxHEIGHT, px")
    parser.add_argument("--side", choices=SIDES, default="train", help="whose motion is shown")
    parser.add_argument("--acted", action="store_true", help="moments of scripted scenes")
    options = parser.parse_args(argv)
    order = Order(
        count=options.count, seed=options.seed, side=options.side, size=options.size,
        acted=options.acted,
    )  # fmt: skip
    try:
        truth = write_pictures(order, options.out)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{truth}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
