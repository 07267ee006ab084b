"""``python -m tests.acceptance.nano_pose``: the bundled pose network on true boxes; its time."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from engines.ort import OrtEngine
from engines.registry import BUNDLED, ROOT, STORE
from recognition.skeleton import JOINTS
from tests.acceptance.figure import Figure, main
from tests.acceptance.pose_on_boxes import (
    BODY_SHARE,
    PoseStage,
    average_precision,
    errors,
    estimate,
)
from tests.assets import ASSETS

NAME = "OKS AP50 of nano_pose on rendered test people in their true boxes"
LEAST_AP50, MOST_MS = 0.95, 2.0
GOAL = f"at least {LEAST_AP50}, at most {MOST_MS} ms a person on one thread"
LEAST_VISIBLE, LEAST_PX = 0.5, 40
PICTURES, SEED = 200, 31

NVINFER = ROOT / "configs" / "nvinfer"


def rendered(folder: Path) -> dict[str, Any]:
    """Render people of the test side and measure the stage on them."""
    from training.pictures import Order, write_pictures

    path = write_pictures(Order(count=PICTURES, seed=SEED, side="test"), folder)
    truth = json.loads(path.read_text(encoding="utf-8"))
    people = [each for each in truth["annotations"] if each["category_id"] == 1]
    counted = [
        {**each, "area": each["bbox"][2] * each["bbox"][3] * BODY_SHARE} for each in people
        if each["visible"] >= LEAST_VISIBLE and max(each["bbox"][2:]) >= LEAST_PX
    ]  # fmt: skip
    truth["annotations"] = counted
    found = estimate(PoseStage(NVINFER / "pose_nano.txt", "simcc"), folder / "pictures", truth)
    detail: dict[str, Any] = average_precision(truth, found.detections)
    truth["annotations"] = [{**each, "area": each["area"] / BODY_SHARE} for each in counted]
    detail["ap50_by_box_area"] = average_precision(truth, found.detections)["ap50"]
    return detail | errors(found, JOINTS)


def real(config: str, decoder: str) -> dict[str, float]:
    """Measure a pose stage on the real pictures; nothing was trained on them."""
    folder = ASSETS / "images" / "coco_permissive"
    truth = json.loads((folder / "person_keypoints.json").read_text(encoding="utf-8"))
    found = estimate(PoseStage(NVINFER / config, decoder), folder / "images", truth)
    return average_precision(truth, found.detections)


def milliseconds(batch: int) -> float:
    """Least time per person of 100 runs on one thread, ms."""
    engine = OrtEngine(BUNDLED / "nano_pose.onnx", threads=1)
    image = np.random.default_rng(0).uniform(-1, 1, (batch, 3, 128, 96)).astype(np.float32)
    taken = []
    for _ in range(100):
        started = time.perf_counter()
        engine.run({"image": image})
        taken.append(time.perf_counter() - started)
    return round(min(taken) * 1000 / batch, 3)


def measure() -> Figure:
    """Measure on rendered pictures, on the real ones where they are, and the time."""
    with tempfile.TemporaryDirectory() as folder:
        detail = rendered(Path(folder) / "test")
    value = detail["ap50"]
    taken = {f"batch_{batch}": milliseconds(batch) for batch in (1, 4)}
    detail["ms_per_person"] = taken
    if ASSETS.is_dir():
        detail["real"] = {"nano_pose": real("pose_nano.txt", "simcc")}
        if (STORE / "movenet_lightning.onnx").is_file():
            detail["real"]["movenet"] = real("pose_movenet.txt", "movenet")
    passed = value >= LEAST_AP50 and max(taken.values()) <= MOST_MS
    return Figure(NAME, value, GOAL, passed, detail)


if __name__ == "__main__":
    main(measure)
