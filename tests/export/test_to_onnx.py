"""The exported file answers like the network, says what it is, and a bad one is not written."""

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml

from engines.load import load_engine
from export import to_onnx
from export.to_onnx import convert, main, sample_inputs
from recognition.fusion_input import LAYOUT_VERSION, MODALITIES, input_shapes
from training.labels import CLASSES
from training.train import main as train


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    config = folder / "tiny.yaml"
    config.write_text(
        "model: {channels: 16}\nfit: {epochs: 1, epoch_windows: 512, batch: 64}\n",
        encoding="utf-8",
    )
    assert train([str(config), "--smoke", "--threads", "1", "--out", str(folder)]) == 0
    return folder / "checkpoint.pt"


@pytest.fixture(scope="module")
def exported(checkpoint: Path) -> Path:
    target = checkpoint.parent / "fusion.onnx"
    assert convert(checkpoint, target) < 1e-4
    return target


def test_the_file_has_the_inputs_of_the_program_and_a_free_batch(exported: Path) -> None:
    engine = load_engine(exported)
    assert dict(engine.inputs) == input_shapes(48)
    assert set(engine.outputs) == {"logits", "emb", "gate", "uni"}
    for batch in (1, 3, 65):
        assert engine.run(sample_inputs(batch, 48, 0))["logits"].shape == (batch, len(CLASSES))


def test_the_file_says_its_labels_its_layout_and_its_origin(exported: Path) -> None:
    metadata = load_engine(exported).metadata
    assert metadata["layout_version"] == LAYOUT_VERSION
    assert json.loads(metadata["labels"]) == list(CLASSES)
    assert json.loads(metadata["modalities"]) == list(MODALITIES)
    assert (metadata["steps"], metadata["rate_hz"]) == ("48", "15")
    assert {"name", "version", "git_sha", "data_hash"} <= set(metadata)


def test_the_file_is_one_file_without_traces_of_the_exporting_machine(exported: Path) -> None:
    proto = onnx.load(str(exported), load_external_data=False)
    assert proto.opset_import[0].version == 18
    assert not any(node.metadata_props or node.doc_string for node in proto.graph.node)
    assert b"site-packages" not in exported.read_bytes()
    assert [p.name for p in exported.parent.glob("*.data")] == []


def test_nan_in_an_absent_modality_does_not_reach_the_answer(exported: Path) -> None:
    engine = load_engine(exported)
    arrays = sample_inputs(4, 48, 5)
    arrays["mod"][:] = (1, 1, 0, 0)
    before = engine.run(arrays)["logits"]
    arrays["aud"][:] = np.nan
    arrays["obj"][:] = np.nan
    np.testing.assert_array_equal(engine.run(arrays)["logits"], before)


def test_a_model_that_differs_from_torch_is_refused_and_not_written(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(to_onnx, "TOLERANCE", 0.0)
    target = tmp_path / "fusion.onnx"
    assert main([str(checkpoint), "--out", str(target)]) == 2
    assert "differs from torch" in capsys.readouterr().err
    assert not target.exists()


def test_a_file_that_is_no_checkpoint_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "x.pt"
    wrong.write_bytes(b"not torch")
    assert main([str(wrong), "--out", str(tmp_path / "y.onnx")]) == 2
    assert "not a checkpoint" in capsys.readouterr().err


def test_the_manifest_names_the_file_and_its_digest(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "fusion.onnx"
    for _ in range(2):
        assert main([str(checkpoint), "--out", str(target)]) == 0
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    listed = yaml.safe_load((tmp_path / "manifest.yaml").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in listed] == ["fusion"]
    assert listed[0]["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert line["bytes"] == target.stat().st_size == listed[0]["bytes"]


def test_the_shipped_model_is_the_one_in_the_manifest() -> None:
    listed = yaml.safe_load((to_onnx.MODELS / "manifest.yaml").read_text(encoding="utf-8"))
    entry = next(entry for entry in listed if entry["name"] == "fusion")
    content = (to_onnx.MODELS / entry["file"]).read_bytes()
    assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) < 2_500_000
    engine = load_engine(to_onnx.MODELS / entry["file"])
    assert engine.metadata["layout_version"] == LAYOUT_VERSION
    assert dict(engine.inputs) == input_shapes(48)
