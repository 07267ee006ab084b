"""The nvinfer files of ``configs/``, read as DeepStream reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engines.registry import load_registry
from plugins.cpu.key_file import read_sections
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.nvinfer.checks import check_config, engine_warning
from plugins.cpu.nvinfer.config import load_config
from plugins.cpu.nvinfer.parser_names import parser_named
from plugins.cpu.nvinfer.parsers import ParseInput
from plugins.cpu.nvinfer.postprocess import attach_objects
from plugins.placement import NetworkInput, place

PROJECT = Path(__file__).parents[4]
FOLDER = PROJECT / "configs" / "nvinfer"
FILES = sorted(FOLDER.glob("*.txt"))
DETECTORS = sorted(FOLDER.glob("detect_*.txt"))
POSES = sorted(FOLDER.glob("pose_*.txt"))
SUPPRESS_DOUBLES_THEMSELVES = {"NvDsInferParseDetr", "NvDsInferParseEndToEnd"}
ON_GPU = 1


def named(path: Path) -> str:
    return path.stem


def kept_in(model: Path) -> str:
    """Where a model lies: shipped, prepared by ``export.fetch``, or exported by the user."""
    if model.stem in {"nano_detector", "nano_pose"}:
        return "models"
    return "store" if model.stem in load_registry() else "own"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_file_loads_without_a_warning(path: Path) -> None:
    config = load_config(path)
    assert engine_warning(config, path) is None
    model = check_config(config, path)
    assert model.parent.name == kept_in(model)
    assert config.warnings == ()
    if config.network_type == 0:
        assert len(config.labels) == config.num_detected_classes
        assert config.labels[0] == "person"


@pytest.mark.parametrize("path", DETECTORS, ids=named)
def test_a_detector_names_a_parser_that_both_platforms_have(path: Path) -> None:
    name = load_config(path).parse_bbox_func_name
    parser_named(name)
    sources = (PROJECT / "plugins" / "nvdsinfer").glob("parse_*.cpp")
    assert any(f'extern "C" bool {name}(' in source.read_text() for source in sources)
    library = read_sections(path)["property"]["custom-lib-path"]
    assert (path.parent / library).resolve().parent == PROJECT / "plugins" / "nvdsinfer"


@pytest.mark.parametrize("path", DETECTORS, ids=named)
def test_doubles_are_suppressed_just_once(path: Path) -> None:
    config = load_config(path)
    itself = config.parse_bbox_func_name in SUPPRESS_DOUBLES_THEMSELVES
    assert config.cluster_mode == (4 if itself else 2)
    assert config.crop_objects_to_roi_boundary


def test_the_file_for_the_dla_differs_in_nothing_but_the_dla() -> None:
    gpu, dla = (load_config(FOLDER / f"detect_yolox_s{kind}.txt") for kind in ("", "_dla"))
    assert dla.enable_dla
    assert dla.model_engine_file is not None
    assert dla.model_engine_file.name == "yolox_s.onnx_b1_dla0_fp16.engine"
    on_gpu = {"enable_dla": False, "use_dla_core": -1, "model_engine_file": gpu.model_engine_file}
    assert replace(dla, **on_gpu) == gpu  # type: ignore[arg-type]


@pytest.mark.parametrize("path", POSES, ids=named)
def test_small_people_have_poses_on_jetson_too(path: Path) -> None:
    assert load_config(path).scaling_compute_hw == ON_GPU


@pytest.mark.parametrize("name", ["detect_dfine_s", "detect_rtdetr_r18"])
def test_a_detr_gets_the_picture_stretched_and_its_boxes_come_back(name: str) -> None:
    config = load_config(FOLDER / f"{name}.txt")
    keep_aspect = config.maintain_aspect_ratio
    placed = place((0, 0, 1280, 720), (1280, 720), NetworkInput(640, 640, keep_aspect))
    logits, boxes = np.full((300, 80), -9, np.float32), np.full((300, 4), 0.5, np.float32)
    logits[7, 0], boxes[7] = 2, (0.25, 0.5, 0.1, 0.5)  # of the picture, whatever its shape
    told = ParseInput(width=640, height=640, image=(0, 0, 640, 640), lowest=0.3)
    layers = {"pred_logits": logits, "pred_boxes": boxes}
    found = parser_named(config.parse_bbox_func_name)(layers, told)
    frame = NvDsFrameMeta()
    frame.pipeline_width, frame.pipeline_height = 1280, 720
    assert placed is not None
    attach_objects(frame, found, placed, config)
    (item,) = frame.object_items
    assert item.obj_label == "person"
    box = item.rect_params
    assert (box.left, box.top) == pytest.approx((256, 180))
    assert (box.width, box.height) == pytest.approx((128, 360))
