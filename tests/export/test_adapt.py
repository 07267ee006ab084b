"""The rewritten graphs compute what the raw ones compute, one picture or several at a time."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from engines.registry import load_registry
from export.adapt import adapt
from tests.assets import ASSETS, needs_assets

Float = npt.NDArray[np.float32]

MEAN = np.array([103.53, 116.28, 123.675], dtype=np.float32)
STD = np.array([57.375, 57.12, 58.395], dtype=np.float32)

pytestmark = [pytest.mark.assets, needs_assets]


def session(model: onnx.ModelProto | Path) -> ort.InferenceSession:
    """Load without graph optimizations, which reorder int8 rounding by batch size."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 2
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    return ort.InferenceSession(source, options, providers=["CPUExecutionProvider"])


def raw_and_adapted(name: str) -> tuple[ort.InferenceSession, ort.InferenceSession]:
    entry = load_registry()[name]
    path = ASSETS / "models" / entry.file
    return session(path), session(adapt(onnx.load(path), entry.adapt))


def people(size: int) -> Float:
    """Three people of the visits clip, letterboxed RGB, (3, size, size, 3) 0..255."""
    clip = cv2.VideoCapture(str(ASSETS / "video/intel/one-by-one-person-detection.mp4"))
    pictures = []
    for frame in (150, 600, 1300):
        clip.set(cv2.CAP_PROP_POS_FRAMES, frame)
        found, picture = clip.read()
        assert found
        pictures.append(cv2.resize(picture[..., ::-1], (size, size)))
    return np.stack(pictures).astype(np.float32)


def first_input(net: ort.InferenceSession) -> str:
    return str(net.get_inputs()[0].name)


def run(net: ort.InferenceSession, batch: npt.NDArray[np.generic]) -> list[Float]:
    return list(net.run(None, {first_input(net): np.ascontiguousarray(batch)}))


def test_yolox_gives_the_same_heads_for_one_and_three_pictures() -> None:
    raw, adapted = raw_and_adapted("yolox_nano")
    batch = people(416)[..., ::-1].transpose(0, 3, 1, 2)
    wanted = np.concatenate([run(raw, batch[i : i + 1])[0] for i in range(3)])
    np.testing.assert_allclose(run(adapted, batch[:1])[0], wanted[:1], atol=1e-4)
    np.testing.assert_allclose(run(adapted, batch)[0], wanted, atol=1e-3)


def test_blazepose_keeps_its_landmarks_and_person_probability() -> None:
    raw, adapted = raw_and_adapted("blazepose_lite")
    batch = people(256) / 255
    assert [output.name for output in adapted.get_outputs()] == ["landmarks", "person"]
    wanted = [run(raw, batch[i : i + 1])[:2] for i in range(3)]
    got = run(adapted, batch.transpose(0, 3, 1, 2))
    for index in (0, 1):
        np.testing.assert_allclose(
            got[index], np.concatenate([outputs[index] for outputs in wanted]), atol=2e-2
        )


def test_movenet_finds_the_same_joints_from_float_nchw() -> None:
    raw, adapted = raw_and_adapted("movenet_lightning")
    batch = people(192)
    wanted = np.concatenate([run(raw, batch[i : i + 1].astype(np.uint8))[0] for i in range(3)])
    nchw = batch.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(run(adapted, nchw[:1])[0], wanted[:1])
    together = run(adapted, nchw)[0]
    assert together.shape == (3, 1, 17, 3)
    # The convolutions in front may add in another order for a larger batch, which moves an int8
    # score by one step and sometimes the choice between equal heat map cells (4 px of 192).
    assert np.abs(together - wanted).max() <= 1.5 / 48


def test_float_arithmetic_moves_joints_by_the_rounding_of_int8_only() -> None:
    _, adapted = raw_and_adapted("movenet_lightning")
    _, floats = raw_and_adapted("movenet_lightning_fp32")
    batch = people(192).transpose(0, 3, 1, 2)
    wanted, got = run(adapted, batch)[0], run(floats, batch)[0]
    moved_px = 192 * np.linalg.norm((got - wanted)[..., :2], axis=-1)
    assert np.median(moved_px) < 2
    assert np.median(np.abs(got - wanted)[..., 2]) < 0.1


def test_a_float_graph_has_nothing_to_dequantize() -> None:
    with pytest.raises(ValueError, match="this one has no QuantizeLinear"):
        adapt(small_graph(), ["float_arithmetic"])


def test_rtmdet_gives_every_box_that_its_own_suppression_kept() -> None:
    raw, adapted = raw_and_adapted("rtmdet_nano_person")
    batch = people(320)[..., ::-1]
    candidates = run(adapted, (batch - MEAN).transpose(0, 3, 1, 2))[0]
    assert candidates.shape == (3, 2100, 5)
    for picture, rows in zip(batch, candidates, strict=True):
        kept = run(raw, ((picture - MEAN) / STD).transpose(2, 0, 1)[None])[0][0]
        kept = kept[kept[:, 4] > 0.3]
        assert len(kept) > 0
        for box in kept:
            np.testing.assert_allclose(rows[np.abs(rows - box).sum(1).argmin()], box, atol=0.02)


def test_yamnet_scores_several_patches_at_once() -> None:
    raw, adapted = raw_and_adapted("yamnet")
    recorded = np.fromfile(ASSETS / "models/yamnet_test_spectra_f32_96x64.bin", dtype=np.float32)
    batch = (
        np.stack([recorded.reshape(96, 64)] * 3) + np.array([0, 1, -1], np.float32)[:, None, None]
    )
    wanted = np.concatenate([run(raw, batch[i : i + 1])[0] for i in range(3)])
    np.testing.assert_allclose(run(adapted, batch)[0], wanted, atol=1 / 256)
    _, floats = raw_and_adapted("yamnet_fp32")
    np.testing.assert_allclose(run(floats, batch)[0], wanted, atol=0.1)


def test_the_input_is_float_nchw_with_a_free_batch_and_nothing_else_is_free() -> None:
    for name in ("yolox_nano", "rtmdet_nano_person", "movenet_lightning_fp32", "blazepose_lite"):
        _, adapted = raw_and_adapted(name)
        (source,) = adapted.get_inputs()
        assert source.type == "tensor(float)"
        assert source.shape[:2] == ["batch", 3], name
        for tensor in [source, *adapted.get_outputs()]:
            assert all(isinstance(size, int) for size in tensor.shape[1:]), name


def small_graph() -> onnx.ModelProto:
    tensor = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 4])
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", [tensor], [output])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])


def test_an_unknown_step_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown step 'sharpen'; wanted one of dynamic_batch"):
        adapt(small_graph(), ["sharpen"])


def test_a_graph_that_a_step_was_not_made_for_is_refused() -> None:
    with pytest.raises(ValueError, match="wanted"):
        adapt(small_graph(), ["movenet_batch"])
