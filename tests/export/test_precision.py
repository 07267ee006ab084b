"""Half precision and int8 graphs answer nearly like the model, and NVIDIA's parser takes them."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import onnx
import pytest

from engines.load import load_engine
from export.half_precision import write_half_precision
from export.quantize import main as quantize
from export.rtx_engine import build_rtx_engine
from export.verify import compare
from export.verify import main as verify
from tests.export.small_networks import convolving, pictures

rtx = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="TensorRT-RTX has wheels for x86_64 only"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, inputs recorded of it, and the two smaller forms of it."""
    folder = tmp_path_factory.mktemp("precision")
    model = convolving(folder / "net.onnx", halves=True)
    np.savez(folder / "net.npz", images=pictures(12))
    write_half_precision(model, folder / "net_fp16.onnx")
    assert quantize([str(model), "--inputs", str(folder / "net.npz")]) == 0
    return folder


@pytest.mark.parametrize(("form", "tolerance"), [("fp16", 2e-3), ("int8", 0.05)])
def test_a_smaller_precision_answers_nearly_like_the_model(
    folder: Path, form: str, tolerance: float
) -> None:
    model, other = load_engine(folder / "net.onnx"), load_engine(folder / f"net_{form}.onnx")
    (parity,) = compare(model, other, {"images": pictures(20)}, form)
    assert parity.largest < tolerance * parity.scale
    assert parity.same_best > 0.9


def test_the_smaller_forms_say_about_themselves_what_the_model_says(folder: Path) -> None:
    for form in ("fp16", "int8"):
        engine = load_engine(folder / f"net_{form}.onnx")
        assert engine.metadata["name"] == "convolving"
        assert engine.inputs == {"images": (None, 3, 16, 16)}


def test_int8_graphs_have_the_scales_that_tensorrt_wants(folder: Path) -> None:
    graph = onnx.load(folder / "net_int8.onnx").graph
    zeros = {value.name: onnx.numpy_helper.to_array(value) for value in graph.initializer}
    pairs = [node for node in graph.node if node.op_type == "QuantizeLinear"]
    assert len(pairs) >= 4, "both inputs and both weights"
    for node in pairs:
        assert not zeros[node.input[2]].any(), "symmetric"
        assert zeros[node.input[2]].dtype == np.int8
    per_channel = [node for node in pairs if zeros[node.input[1]].shape == (8,)]
    assert len(per_channel) == 2, "a scale for each output channel of both convolutions"


@rtx
@pytest.mark.parametrize("form", ["fp16", "int8"])
def test_nvidia_s_builder_takes_the_smaller_forms(folder: Path, tmp_path: Path, form: str) -> None:
    build_rtx_engine(folder / f"net_{form}.onnx", tmp_path / "net.engine")


def test_a_node_can_stay_float(folder: Path, tmp_path: Path) -> None:
    words = [str(folder / "net.onnx"), "--inputs", str(folder / "net.npz")]
    assert quantize([*words, "--to", str(tmp_path / "one.onnx"), "--keep", "first"]) == 0
    count = {
        path: sum(node.op_type == "QuantizeLinear" for node in onnx.load(path).graph.node)
        for path in (tmp_path / "one.onnx", folder / "net_int8.onnx")
    }
    assert count[tmp_path / "one.onnx"] < count[folder / "net_int8.onnx"]


def test_the_parity_table_has_a_line_per_output_and_judges_by_the_tolerance(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(folder / "net.onnx"), str(folder / "net_fp16.onnx"), str(folder / "net_int8.onnx")]
    words += ["--inputs", str(folder / "net.npz")]
    assert verify(words) == 0
    text = capsys.readouterr().out
    assert "| net_fp16.onnx | scores |" in text
    assert "| net_int8.onnx | scores |" in text
    assert verify([*words, "--tolerance", "1e-6"]) == 1
    capsys.readouterr()
    assert verify([*words[:2], "--json", "--time"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["batch"] for line in lines if "batch" in line] == [1, 16, 128] * 2


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (None, "make it with: edgeact record SITE.yaml --to recorded.npz --inputs FOLDER"),
        ({"frames": (4, 3, 16, 16)}, "takes {'images': (3, 16, 16)}; the recorded inputs are"),
        ({"images": (0, 3, 16, 16)}, "at least one; got {'images': 0}"),
    ],
)
def test_inputs_of_another_network_are_refused(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    inputs: dict[str, tuple[int, ...]] | None,
    words: str,
) -> None:
    path = tmp_path / "inputs.npz"
    if inputs:
        arrays = {name: np.zeros(shape, np.float32) for name, shape in inputs.items()}
        np.savez(path, **arrays)  # type: ignore[arg-type]
    assert quantize([str(folder / "net.onnx"), "--inputs", str(path)]) == 2
    assert words in capsys.readouterr().err


def test_a_node_that_is_not_there_cannot_stay_float(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(folder / "net.onnx"), "--inputs", str(folder / "net.npz"), "--keep", "third"]
    assert quantize(words) == 2
    assert "--keep: no node is called third" in capsys.readouterr().err
