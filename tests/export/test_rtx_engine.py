"""NVIDIA's own parser and builder take every ONNX file of this project, without a GPU."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.engine_manifest import check_sources, manifest_path
from engines.errors import EngineError
from engines.registry import BUNDLED, digest
from export.rtx_engine import build_rtx_engine, main

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="TensorRT-RTX has wheels for x86_64 only"
)

SHIPPED = sorted(BUNDLED.glob("*.onnx"))


def doubling(path: Path, *, width: int | str = 4, op: str = "Mul") -> Path:
    """A network that doubles its input (batch, width)."""
    graph = helper.make_graph(
        [helper.make_node(op, ["x", "two"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", width])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", width])],
        [numpy_helper.from_array(np.array([2], np.float32), "two")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"name": "doubling"})
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("model", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_model_becomes_an_engine_for_batches_of_1_16_and_128(
    model: Path, tmp_path: Path
) -> None:
    engine = tmp_path / "model.engine"
    build_rtx_engine(model, engine)
    manifest = check_sources(engine)
    assert engine.stat().st_size > model.stat().st_size / 2
    assert (manifest.runtime, manifest.gpu, manifest.batches) == (
        "tensorrt_rtx",
        None,
        (1, 16, 128),
    )
    assert manifest.onnx_sha256 == digest(model)
    assert manifest.metadata["name"] == model.stem


def test_an_engine_whose_onnx_changed_is_refused_with_the_command_that_rebuilds_it(
    tmp_path: Path,
) -> None:
    model, engine = doubling(tmp_path / "net.onnx"), tmp_path / "net.engine"
    build_rtx_engine(model, engine)
    doubling(model, width=8)
    with pytest.raises(EngineError, match=r"built from another net\.onnx") as refusal:
        check_sources(engine)
    assert f"Rebuild it: python -m export.rtx_engine {model} --to {engine}" in str(refusal.value)
    build_rtx_engine(model, engine)
    check_sources(engine)


def test_an_engine_of_which_bytes_are_missing_is_refused(tmp_path: Path) -> None:
    engine = tmp_path / "net.engine"
    build_rtx_engine(doubling(tmp_path / "net.onnx"), engine)
    engine.write_bytes(engine.read_bytes()[:-1])
    with pytest.raises(EngineError, match="not the file that its manifest describes"):
        check_sources(engine)


def test_an_engine_travels_without_its_onnx_but_not_without_its_manifest(tmp_path: Path) -> None:
    model, engine = doubling(tmp_path / "net.onnx"), tmp_path / "net.engine"
    build_rtx_engine(model, engine)
    model.unlink()
    assert check_sources(engine).metadata == {"name": "doubling"}
    manifest_path(engine).write_text(json.dumps({"runtime": "tensorrt"}))
    with pytest.raises(EngineError, match="not a manifest of an engine: version: Field required"):
        check_sources(engine)
    manifest_path(engine).unlink()
    with pytest.raises(EngineError, match=r"has no manifest net\.engine\.json beside it"):
        check_sources(engine)


def test_a_graph_of_which_more_than_the_batch_is_free_is_refused(tmp_path: Path) -> None:
    model = doubling(tmp_path / "net.onnx", width="width")
    with pytest.raises(EngineError, match=r"input x \(-1, -1\): wanted only the batch free"):
        build_rtx_engine(model, tmp_path / "net.engine")


def test_what_the_parser_does_not_take_is_told_in_its_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, engine = tmp_path / "net.onnx", tmp_path / "net.engine"
    model.write_bytes(b"this is not a model")
    assert main([str(model), "--to", str(engine)]) == 2
    assert capsys.readouterr().err.startswith(f"{model}: ")
    assert not engine.exists()
    assert main([str(tmp_path / "absent.onnx")]) == 2
    assert "absent.onnx: no such model file" in capsys.readouterr().err
