"""The bundled pose network gives what it saw as an output, and all else as it did before."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml

from engines.load import load_engine
from engines.registry import BUNDLED
from export.pose_features import main
from export.rtx_engine import build_rtx_engine
from recognition.appearance import APPEARANCE_LAYER
from recognition.frames import APPEARANCE_SIZE

SHIPPED = BUNDLED / "nano_pose.onnx"


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The network without the output, beside a manifest of the bundled models."""
    model = onnx.load(str(SHIPPED))
    (features,) = (one for one in model.graph.output if one.name == APPEARANCE_LAYER)
    model.graph.output.remove(features)
    model.graph.value_info.append(features)
    shutil.copy(BUNDLED / "manifest.yaml", tmp_path)
    onnx.save(model, tmp_path / SHIPPED.name)
    return tmp_path / SHIPPED.name


def test_the_other_outputs_stay_the_same_to_the_last_bit(
    before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = np.random.default_rng(1).uniform(-1, 1, (5, 3, 128, 96)).astype(np.float32)
    wanted = load_engine(before).run({"image": image})
    assert set(wanted) == {"simcc_x", "simcc_y"}
    assert main([str(before)]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == SHIPPED.stat().st_size
    for path in (before, SHIPPED):
        engine = load_engine(path)
        assert engine.outputs[APPEARANCE_LAYER] == (None, APPEARANCE_SIZE)
        given = engine.run({"image": image})
        for name, values in wanted.items():
            np.testing.assert_array_equal(given[name], values)
        assert given[APPEARANCE_LAYER].std(axis=0).mean() > 0.01  # each crop has its own
    listed = yaml.safe_load((before.parent / "manifest.yaml").read_text(encoding="utf-8"))
    assert {one["name"] for one in listed} >= {"nano_pose", "fusion"}


def test_nothing_is_computed_that_was_not_before(before: Path) -> None:
    def operations(path: Path) -> list[str]:
        return [node.op_type for node in onnx.load(str(path)).graph.node]

    assert operations(SHIPPED) == operations(before)


def test_another_network_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main([str(SHIPPED)]) == 2
    assert "has an output features already" in capsys.readouterr().err
    assert main([str(BUNDLED / "fusion.onnx")]) == 2
    assert "wanted a network as nano_pose is" in capsys.readouterr().err
    assert main([str(tmp_path / "none.onnx")]) == 2
    assert "none.onnx" in capsys.readouterr().err


def test_nvidia_s_own_builder_takes_the_file(tmp_path: Path) -> None:
    pytest.importorskip("tensorrt_rtx_bindings", reason="needs TensorRT for RTX, on x86_64")
    build_rtx_engine(SHIPPED, tmp_path / "nano_pose.engine")
    assert (tmp_path / "nano_pose.engine").stat().st_size > 0
