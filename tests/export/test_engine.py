"""NVIDIA's own parser and builder take every ONNX file that this project ships."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from engines.errors import EngineError
from export.engine import build_engine
from training.evaluation.command import SHIPPED

pytest.importorskip(
    "tensorrt_rtx_bindings", reason="needs TensorRT for RTX: requirements/training.txt on x86_64"
)

MODELS = sorted(SHIPPED.parent.glob("*.onnx"))


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_a_shipped_model_becomes_an_engine_without_a_gpu(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "store" / f"{model.stem}.engine"
    build_engine(model, target)
    assert target.stat().st_size > 1_000_000
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_what_tensorrt_does_not_take_is_told_in_its_words_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    node = helper.make_node("StringNormalizer", ["x"], ["y"])
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["b", 2]) for name in "xy"]
    graph = helper.make_graph([node], "words", ends[:1], ends[1:])
    path = tmp_path / "words.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), str(path))
    with pytest.raises(EngineError, match=r"words.onnx: TensorRT for RTX .*StringNormalizer"):
        build_engine(path, tmp_path / "words.engine")
    path.write_bytes(b"no model")
    with pytest.raises(EngineError, match=r"words.onnx: TensorRT for RTX .*parse the ONNX model"):
        build_engine(path, tmp_path / "words.engine")
    assert not (tmp_path / "words.engine").exists()
