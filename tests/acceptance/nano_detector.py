"""``python -m tests.acceptance.nano_detector``: the shipped detector on people it never saw.

Pictures rendered afresh: motion of held-out people, rooms, looks and cameras of seeds that
training never uses. People of whom less than 20 % is seen, things less than half seen and things
whose seen box is less than 8 px wide or high count neither for nor against.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engines.load import load_engine
from engines.protocol import Engine
from tests.acceptance.figure import Figure, main
from tests.assets import ASSETS

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "engines" / "models" / "nano_detector.onnx"

PERSON_GOAL, THINGS_GOAL, MS_GOAL = 0.95, 0.80, 8.0
GOAL = f"person AP50 >= {PERSON_GOAL}, things mAP50 >= {THINGS_GOAL}, {MS_GOAL:.0f} ms a frame"
PICTURES, SEED = 240, 90_001


def measure() -> Figure:
    """Render, detect, score and time."""
    name = "nano_detector on rendered pictures of held-out people"
    if not MODEL.is_file():
        return Figure(name, None, GOAL, passed=False, detail={"reason": f"{MODEL} is missing"})
    engine = load_engine(MODEL, threads=1)
    rendered = on_rendered(engine)
    things = [value for kind, value in rendered.items() if kind != "person"]
    value = {
        "person_ap50": round(rendered["person"], 4),
        "things_map50": round(float(np.mean(things)), 4),
        "ms_1_thread": round(milliseconds(engine), 2),
    }
    passed = (
        value["person_ap50"] >= PERSON_GOAL
        and value["things_map50"] >= THINGS_GOAL
        and value["ms_1_thread"] <= MS_GOAL
    )
    detail: dict[str, Any] = {kind: round(ap, 4) for kind, ap in rendered.items()}
    detail["real_person_ap50"] = on_real_pictures(engine)
    return Figure(name, value, GOAL, passed=passed, detail=detail)


def on_rendered(engine: Engine) -> dict[str, float]:
    """AP50 of every class on pictures rendered for this."""
    from training.detector.evaluate import average_precision
    from training.detector.picture_set import MEASURING, marks_of
    from training.pictures import Order, write_pictures

    with tempfile.TemporaryDirectory() as folder:
        order = Order(count=PICTURES, seed=SEED, side="test")
        truth = json.loads(write_pictures(order, Path(folder)).read_text(encoding="utf-8"))
        marks, found = [], []
        for image in truth["images"]:
            own = [a for a in truth["annotations"] if a["image_id"] == image["id"]]
            marks.append(marks_of(own, MEASURING))
            picture = cv2.imread(str(Path(folder) / "pictures" / image["file_name"]))
            found.append(detect(engine, np.asarray(picture, np.uint8)))
    return average_precision(found, marks)


def on_real_pictures(engine: Engine) -> float | None:
    """AP50 of people on the 33 real pictures that nothing was ever trained on."""
    folder = ASSETS / "images" / "coco_permissive"
    if not folder.is_dir():
        return None
    from training.detector.evaluate import average_precision
    from training.detector.picture_set import TRAINING, marks_of

    truth = json.loads((folder / "instances.json").read_text(encoding="utf-8"))
    person = next(c["id"] for c in truth["categories"] if c["name"] == "person")
    marks, found = [], []
    for image in truth["images"]:
        own = [
            {**a, "category_id": 1, "visible": 1.0}
            for a in truth["annotations"]
            if a["image_id"] == image["id"] and a["category_id"] == person
        ]
        marks.append(marks_of(own, TRAINING))
        picture = cv2.imread(str(next(folder.rglob(image["file_name"]))))
        found.append(detect(engine, np.asarray(picture, np.uint8)))
    return round(average_precision(found, marks)["person"], 4)


def detect(engine: Engine, picture: npt.NDArray[np.uint8]) -> Any:
    """What the network finds in a picture (H, W, 3) uint8 BGR."""
    from training.detector.evaluate import found_in, letterboxed

    canvas, scale = letterboxed(picture)
    return found_in(engine.run({"images": canvas[None]})["output"][0], scale)


def milliseconds(engine: Engine) -> float:
    """Time of one frame on one thread: the best of ten medians of ten, for a busy machine."""
    from training.detector.evaluate import INPUT

    shape = (1, 3, INPUT[1], INPUT[0])
    frame = {"images": np.random.default_rng(0).random(shape, np.float32)}
    engine.run(frame)
    medians = []
    for _ in range(10):
        times = []
        for _ in range(10):
            began = time.perf_counter()
            engine.run(frame)
            times.append(time.perf_counter() - began)
        medians.append(float(np.median(times)))
    return 1000 * min(medians)


if __name__ == "__main__":
    main(measure)
