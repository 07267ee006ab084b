"""Does the nvinfer twin find what a bare ONNX Runtime loop finds, and what does it cost?

Both get the same 200 frames of a clip, decoded beforehand. The twin works in a pipeline, on
batches with metadata, as it does in the product.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import onnx

from engines.registry import load_registry
from export.adapt import adapt
from plugins.cpu.metadata.carrier import batch_of
from plugins.cpu.nvinfer.nvinfer import NvInfer
from plugins.gst import Gst
from tests.acceptance.figure import CLIP, Figure, main, needs_assets
from tests.assets import ASSETS
from tests.plugins.cpu.batches import batch_with, clip_frames
from tests.plugins.cpu.nvinfer.bare_yolox import PERSON, BareYolox

GOAL = "boxes of 200 frames within 1e-3 px and score; at most 15 % slower"
FRAMES, EVERY, CHUNK = 200, 5, 10
ROUNDS = 3
CONFIGS = Path(__file__).parents[2] / "configs"
NVMM = "video/x-raw(memory:NVMM), format=RGBA, width={}, height={}, framerate=25/1"

Float = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Result = TypeVar("Result")


def measure() -> Figure:
    """Run both, several times in turn, and compare boxes and the best times."""
    if missing := needs_assets("nvinfer_loop", GOAL):
        return missing
    pictures = [picture for n, picture in enumerate(clip_frames(CLIP)) if n % EVERY == 0][:FRAMES]
    entry = load_registry()["yolox_nano"]
    with tempfile.TemporaryDirectory() as name:
        model = Path(name) / "net.onnx"
        onnx.save(adapt(onnx.load(ASSETS / "models" / entry.file), entry.adapt), model)
        config = write_config(Path(name))
        bare, twin = BareYolox(model.read_bytes()), Twin(config, pictures[0])
        runs = [compare(bare, twin, pictures[n : n + CHUNK]) for n in range(0, FRAMES, CHUNK)]
        twin.stop()
    worst = max(run.difference for run in runs)
    bare_s, twin_s = sum(run.bare_s for run in runs), sum(run.twin_s for run in runs)
    slower = twin_s / bare_s - 1
    detail = {
        "frames": len(pictures),
        "boxes": sum(run.boxes for run in runs),
        "largest_difference": worst,
        "bare_s": round(bare_s, 3),
        "twin_s": round(twin_s, 3),
    }
    passed = len(pictures) == FRAMES and worst <= 1e-3 and slower <= 0.15
    return Figure("nvinfer_loop", round(slower, 3), GOAL, passed, detail)


@dataclass(frozen=True)
class Run:
    """Some frames through both: the best time of each, s, and how far their boxes differ."""

    bare_s: float
    twin_s: float
    boxes: int
    difference: float


def compare(bare: BareYolox, twin: Twin, pictures: Sequence[Pixels]) -> Run:
    """Run both in turn, ROUNDS times: other work on the machine then meets both alike."""
    bare_s, twin_s = [], []
    for _ in range(ROUNDS):
        wanted, seconds = timed(lambda: [bare.persons(picture) for picture in pictures])
        bare_s.append(seconds)
        buffers = [batch_with([picture])[0] for picture in pictures]
        found, seconds = timed(partial(twin.persons, buffers))
        twin_s.append(seconds)
    worst = max(difference(a, b) for a, b in zip(wanted, found, strict=True))
    return Run(min(bare_s), min(twin_s), sum(len(boxes) for boxes in wanted), worst)


def write_config(folder: Path) -> Path:
    """The shipped detector file, made to read the model in this folder."""
    text = (CONFIGS / "nvinfer" / "detect_yolox_nano.txt").read_text()
    text = text.replace("../../engines/store/yolox_nano.onnx\n", "net.onnx\n")
    text = text.replace("../../engines/store/yolox_nano.onnx_", "net.onnx_")
    path = folder / "net.txt"
    path.write_text(text.replace("../labels", str(CONFIGS / "labels")))
    return path


class Twin:
    """appsrc ! nvinfer ! appsink, playing."""

    def __init__(self, config: Path, picture: Pixels) -> None:
        self._pipeline = Gst.Pipeline()
        self._source = Gst.ElementFactory.make("appsrc")
        height, width = picture.shape[:2]
        self._source.set_property("caps", Gst.Caps.from_string(NVMM.format(width, height)))
        self._source.set_property("format", Gst.Format.TIME)
        nvinfer = NvInfer()
        nvinfer.set_property("config-file-path", str(config))
        self._sink = Gst.ElementFactory.make("appsink")
        self._sink.set_property("sync", False)
        for element in (self._source, nvinfer, self._sink):
            self._pipeline.add(element)
        self._source.link(nvinfer)
        nvinfer.link(self._sink)
        self._pipeline.set_state(Gst.State.PLAYING)

    def persons(self, buffers: Sequence[Gst.Buffer]) -> list[Float]:
        """Push batches of one frame and give (N, 5) x1 y1 x2 y2 px, score of each."""
        for buffer in buffers:
            self._source.emit("push-buffer", buffer)
        return [self._boxes() for _ in buffers]

    def _boxes(self) -> Float:
        sample = self._sink.emit("try-pull-sample", 60 * Gst.SECOND)
        if sample is None:
            message = self._pipeline.get_bus().pop_filtered(Gst.MessageType.ERROR)
            raise RuntimeError(message.parse_error() if message else "no batch came for 60 s")
        batch = batch_of(sample.get_buffer())
        assert batch is not None
        rows = [
            (r.left, r.top, r.left + r.width, r.top + r.height, item.confidence)
            for item in batch.frame_items[0].object_items
            if item.class_id == PERSON
            for r in (item.rect_params,)
        ]
        return np.array(rows, np.float32).reshape(-1, 5)

    def stop(self) -> None:
        """Take the pipeline down."""
        self._pipeline.set_state(Gst.State.NULL)


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """Give what the work gave, and how long it took, s."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def difference(wanted: Float, found: Float) -> float:
    """The largest difference of two lists of boxes; infinite where they are not as many."""
    if wanted.shape != found.shape:
        return float("inf")
    return float(np.abs(wanted - found).max(initial=0.0))


if __name__ == "__main__":
    main(measure)
