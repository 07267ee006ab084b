"""The C++ parsers find what the Python ones find; here compiled against a restated interface."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from engines.ort import OrtEngine
from engines.registry import BUNDLED
from plugins.cpu.nvinfer.config import InferConfig, load_config
from plugins.cpu.nvinfer.parser_names import parser_named
from plugins.cpu.nvinfer.parsers import Detections, ParseInput
from plugins.cpu.nvinfer.preprocess import Preprocessor
from plugins.placement import NetworkInput, place

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "plugins" / "nvdsinfer"
INTERFACE = Path(__file__).parent / "interface"
TYPES = {"float32": 0, "float16": 1, "int32": 3, "int64": 4}

Layers = Mapping[str, npt.NDArray[Any]]


class Built(NamedTuple):
    """A library, and the program that calls it as nvinfer does."""

    library: Path
    program: Path

    def call(
        self,
        function: str,
        layers: Layers,
        thresholds: Sequence[float],
        *,
        size: tuple[int, int] = (416, 416),
        picture: str = "",
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one parser; picture: the value of EDGEACT_PICTURE."""
        given = b"".join(
            f"{name} {TYPES[str(values.dtype)]} {' '.join(map(str, values.shape))}\n".encode()
            + np.ascontiguousarray(values).tobytes()
            for name, values in layers.items()
        )
        words = [str(value) for value in (self.program, self.library, function, *size, *thresholds)]
        environment = {**os.environ, "EDGEACT_PICTURE": picture}
        return subprocess.run(words, input=given, capture_output=True, env=environment, check=False)


def boxes_of(run: subprocess.CompletedProcess[bytes]) -> npt.NDArray[np.float64]:
    """(N, 6 or 7): class, left, top, width, height, score, and in DeepStream 9 the angle."""
    assert run.returncode == 0, run.stderr
    *rows, last = run.stdout.decode().splitlines()
    assert last == "allocations 0", "a call took memory beyond its result"
    return np.array([row.split() for row in rows], np.float64).reshape(len(rows), -1)


def expected(
    function: str, layers: Layers, told: ParseInput, thresholds: Sequence[float]
) -> npt.NDArray[np.float64]:
    """What the twin's parser finds, less what nvinfer drops next for its score and class."""
    found: Detections = parser_named(function)(layers, told)
    found = found.pick(np.flatnonzero(found.classes < len(thresholds)))
    found = found.pick(found.scores >= np.array(thresholds, np.float32)[found.classes])
    return np.column_stack([found.classes, found.boxes, found.scores]).astype(np.float64)


def in_order(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return rows[np.lexsort(np.round(rows[:, ::-1].T, 3))]


def assert_agree(built: Built, function: str, layers: Layers, thresholds: Sequence[float]) -> int:
    """Both parsers, 416x416, a 1280x720 frame in it; returns the number of boxes."""
    told = ParseInput(width=416, height=416, image=(0, 0, 416, 234), lowest=min(thresholds))
    wanted = expected(function, layers, told, thresholds)
    got = boxes_of(built.call(function, layers, thresholds, picture="1280x720"))
    np.testing.assert_allclose(in_order(got), in_order(wanted), atol=1e-3)
    return len(wanted)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("parsers"), major=8)


def build(folder: Path, *, major: int) -> Built:
    """Build with the Makefile, which has -Wall -Wextra -Werror."""
    made = Built(folder / "libnvdsinfer_edgeact.so", folder / "run_parser")
    version = f"-DDEEPSTREAM_MAJOR={major}"
    subprocess.run(
        ["make", "-s", "-C", SOURCES, f"BUILD={folder}/objects", f"LIBRARY={made.library}",
         f"DEEPSTREAM_INCLUDES={INTERFACE}", f"CXXFLAGS=-O2 {version}"],
        check=True,
    )  # fmt: skip
    subprocess.run(
        ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", version, "-I", INTERFACE,
         Path(__file__).parent / "run_parser.cpp", "-o", made.program, "-ldl"],
        check=True,
    )  # fmt: skip
    return made


def yolox_rows(classes: int, seed: int = 3) -> npt.NDArray[np.float32]:
    """Cells of a trained look: most empty, some sure, a few absurd."""
    rng = np.random.default_rng(seed)
    rows = np.zeros((3549, 5 + classes), np.float32)
    rows[:, :2] = rng.normal(0, 1, (3549, 2))
    rows[:, 2:4] = rng.normal(1, 1, (3549, 2))
    rows[:, 4] = rng.beta(0.2, 2, 3549)
    rows[:, 5:] = rng.random((3549, classes))
    rows[5, 2:5] = 1000, 1000, 0.9
    rows[6, :5] = np.nan, 0, 0, 0, 0.9
    rows[7, 4] = np.nan
    return rows


def test_yolox_boxes_agree_with_the_twin(built: Built) -> None:
    thresholds = [0.2, *[0.25] * 79]
    layers = {"output": yolox_rows(80)}
    assert assert_agree(built, "NvDsInferParseYoloX", layers, thresholds) > 200


def test_classes_that_nvinfer_is_not_told_of_are_left_out(built: Built) -> None:
    assert_agree(built, "NvDsInferParseYoloX", {"output": yolox_rows(80)}, [0.3] * 9)


def test_rtmdet_boxes_agree_with_the_twin(built: Built) -> None:
    rng = np.random.default_rng(4)
    corners = rng.uniform(-60, 470, (2100, 4))
    rows = np.column_stack([corners[:, :2], corners[:, :2] + corners[:, 2:], rng.random(2100)])
    layers = {"output": rows.astype(np.float32)}
    assert assert_agree(built, "NvDsInferParseRtmDet", layers, [0.25]) > 200


@pytest.mark.parametrize("name", ["pred_logits", "logits"])
def test_detr_boxes_agree_with_the_twin(built: Built, name: str) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(-3, 2, (300, 80)).astype(np.float32)
    places = rng.random((300, 4)).astype(np.float32)
    layers = {name: logits, "pred_boxes": places}
    assert assert_agree(built, "NvDsInferParseDetr", layers, [0.3, *[0.4] * 79]) > 200


@pytest.mark.parametrize("kind", [np.int64, np.int32, np.float32])
def test_boxes_of_a_network_that_suppresses_itself_agree_with_the_twin(
    built: Built, kind: type[np.generic]
) -> None:
    rng = np.random.default_rng(6)
    corners = np.sort(rng.uniform(-60, 470, (100, 2, 2)), axis=1).reshape(100, 4)
    scores = np.where(np.arange(100) < 80, rng.random(100), 0).astype(np.float32)
    rows = np.column_stack([corners, scores]).astype(np.float32)
    classes = np.where(np.arange(100) < 90, rng.integers(0, 9, 100), -1).astype(kind)
    plain = {"dets": rows, "labels": classes}
    assert assert_agree(built, "NvDsInferParseEndToEnd", plain, [0.25] * 9) > 30
    efficient = {
        "num_dets": np.array([60], np.int32),
        "det_boxes": rows[:, :4],
        "det_scores": rows[:, 4],
        "det_classes": classes,
    }
    assert assert_agree(built, "NvDsInferParseEndToEnd", efficient, [0.25] * 9) > 20


def demo_frame(seconds: float) -> npt.NDArray[np.uint8]:
    """A frame of the demo's camera with people and things: (540, 960, 4) RGBA."""
    video = cv2.VideoCapture(str(ROOT / "demo" / "scene" / "window.mp4"))
    video.set(cv2.CAP_PROP_POS_MSEC, seconds * 1000)
    read, picture = video.read()
    assert read
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA), np.uint8)


def nano_detector_on(frame: npt.NDArray[np.uint8]) -> tuple[Layers, ParseInput, InferConfig]:
    """The shipped detector's own output, and what its parser is told."""
    config = load_config(ROOT / "configs" / "nvinfer" / "detect_nano.txt")
    network = NetworkInput(512, 288, keep_aspect=True)
    height, width = frame.shape[:2]
    placement = place((0, 0, width, height), (width, height), network)
    assert placement is not None
    preprocessor = Preprocessor(config, network)
    preprocessor.fill(0, frame, placement)
    output = OrtEngine(BUNDLED / "nano_detector.onnx").run({"images": preprocessor.batch(1)})
    image = (0, 0, placement.filled_width, placement.filled_height)
    lowest = min(attrs.pre_cluster_threshold for attrs in config.class_attrs)
    told = ParseInput(width=512, height=288, image=image, lowest=lowest)
    return {"output": output["output"][0]}, told, config


@pytest.mark.parametrize("shape", [(540, 960), (600, 640)])
def test_real_outputs_of_the_shipped_detector_agree_with_the_twin(
    built: Built, shape: tuple[int, int]
) -> None:
    frame = np.asarray(cv2.resize(demo_frame(8), shape[::-1]), np.uint8)
    layers, told, config = nano_detector_on(frame)
    thresholds = [attrs.pre_cluster_threshold for attrs in config.class_attrs]
    wanted = expected("NvDsInferParseYoloX", layers, told, thresholds)
    run = built.call(
        "NvDsInferParseYoloX", layers, thresholds, size=(512, 288), picture=f"{shape[1]}x{shape[0]}"
    )
    got = boxes_of(run)
    assert 0 in wanted[:, 0], "a person is in this frame"
    np.testing.assert_allclose(in_order(got), in_order(wanted), atol=1e-3)


def test_the_picture_can_lie_in_the_middle_or_fill_the_input(built: Built) -> None:
    everywhere = {"output": np.array([[-50, -50, 900, 900, 0.9]], np.float32)}
    for picture, box in (
        ("1280x720,symmetric", [0, 91, 416, 234]),
        ("720x1280", [0, 0, 234, 416]),
        ("", [0, 0, 416, 416]),
    ):
        (row,) = boxes_of(built.call("NvDsInferParseRtmDet", everywhere, [0.5], picture=picture))
        assert row[1:5].tolist() == box
    run = built.call("NvDsInferParseRtmDet", everywhere, [0.5], picture="1280:720")
    assert b"EDGEACT_PICTURE=1280:720: wanted WIDTHxHEIGHT" in run.stderr
    assert boxes_of(run)[0, 1:5].tolist() == [0, 0, 416, 416]


@pytest.mark.parametrize(
    ("function", "layers", "words"),
    [
        ("NvDsInferParseYoloX", {"dets": (1, 5)}, "wanted an output layer 'output'; the network"),
        ("NvDsInferParseYoloX", {"output": (10, 85)}, "wanted 3549 cells of 6 or more values"),
        ("NvDsInferParseRtmDet", {"output": (9, 6)}, "wanted rows of 5 values"),
        ("NvDsInferParseDetr", {"logits": (9, 6), "pred_boxes": (8, 4)}, "got 8 boxes, 9 queries"),
        ("NvDsInferParseEndToEnd", {"dets": (9, 5)}, "wanted an output layer 'labels'"),
        ("NvDsInferParseEndToEnd", {"dets": (9, 5), "labels": (3,)}, "a class for each of 9"),
    ],
)
def test_layers_of_another_network_are_refused_with_what_came(
    built: Built, function: str, layers: Mapping[str, tuple[int, ...]], words: str
) -> None:
    zeros = {name: np.zeros(shape, np.float32) for name, shape in layers.items()}
    run = built.call(function, zeros, [0.5])
    assert run.returncode == 3
    assert run.stderr.decode().startswith(f"{function}: ")
    assert words in run.stderr.decode()


def test_half_precision_outputs_are_refused_with_the_key_that_mends_it(built: Built) -> None:
    run = built.call("NvDsInferParseRtmDet", {"output": np.zeros((9, 5), np.float16)}, [0.5])
    assert run.returncode == 3
    assert "Set output-io-formats=output:fp32:chw" in run.stderr.decode()


def test_no_box_is_turned_by_deepstream_9_which_has_an_angle(tmp_path: Path) -> None:
    newer = build(tmp_path, major=9)
    rows = boxes_of(newer.call("NvDsInferParseYoloX", {"output": yolox_rows(9)}, [0.3] * 9))
    assert len(rows) > 100
    assert not rows[:, 6].any()


def test_cmake_builds_the_same_library(built: Built, tmp_path: Path) -> None:
    subprocess.run(
        ["cmake", "-S", SOURCES, "-B", tmp_path, f"-DDEEPSTREAM_INCLUDES={INTERFACE}",
         f"-DEDGEACT_LIBRARY_DIR={tmp_path}"],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run(["cmake", "--build", tmp_path], check=True, capture_output=True)
    other = Built(tmp_path / "libnvdsinfer_edgeact.so", built.program)
    layers = {"output": yolox_rows(9)}
    first, second = (b.call("NvDsInferParseYoloX", layers, [0.3] * 9) for b in (built, other))
    np.testing.assert_array_equal(boxes_of(first), boxes_of(second))


def test_without_deepstream_make_says_what_to_install(tmp_path: Path) -> None:
    run = subprocess.run(
        ["make", "-C", SOURCES, f"DEEPSTREAM_DIR={tmp_path}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "install DeepStream, or set DEEPSTREAM_DIR" in run.stderr
