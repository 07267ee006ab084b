"""The exported file answers like the network, says what it is, and a bad one is not written."""

import argparse
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml

from engines.errors import EngineError
from engines.load import load_engine
from export import command, to_onnx
from export.to_onnx import sample_inputs
from recognition.fusion_input import LAYOUT_VERSION, MODALITIES, input_shapes
from recognition.layouts import SOCIAL
from settings.errors import ConfigError
from training.config import load_config
from training.evaluation.command import SHIPPED
from training.labels import CLASSES
from training.run_folder import RunFolder
from training.toy import toy_sides
from training.train import train


def edgeact_export(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    config = folder / "tiny.yaml"
    config.write_text(
        "model: {channels: 16}\nfit: {epochs: 1, epoch_windows: 512, batch: 64}\n",
        encoding="utf-8",
    )
    run = RunFolder(folder)
    train(load_config(config), run, sides=toy_sides())
    return run.checkpoint


@pytest.fixture(scope="module")
def exported(checkpoint: Path) -> Path:
    target = checkpoint.parent / "fusion.onnx"
    assert edgeact_export(checkpoint, "--to", target) == 0
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
    assert metadata["trained_on"] == "synthetic windows"


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


def test_the_parity_of_every_batch_is_told(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine.onnx"
    assert edgeact_export(checkpoint, "--to", target) == 0
    told = capsys.readouterr()
    rows = [line.split() for line in told.err.splitlines()[2:]]
    assert [(row[0], row[2]) for row in rows] == [("1", "yes"), ("7", "yes"), ("64", "yes")]
    line = json.loads(told.out)
    assert line["model"] == str(target)
    assert line["bytes"] == target.stat().st_size
    assert line["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert set(line["largest_difference"]) == {"1", "7", "64"}
    assert load_engine(target).metadata["name"] == "mine"


def test_a_model_that_differs_from_torch_is_refused_and_not_written(
    checkpoint: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(to_onnx, "TOLERANCE", 0.0)
    target = tmp_path / "fusion.onnx"
    assert edgeact_export(checkpoint, "--to", target) == 1
    assert "ONNX Runtime differs from torch" in capsys.readouterr().err
    assert not target.exists()


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "x.pt"
    wrong.write_bytes(b"not torch")
    with pytest.raises(EngineError, match=r"x.pt: not a checkpoint of edgeact train"):
        edgeact_export(wrong, "--to", tmp_path / "y.onnx")
    with pytest.raises(EngineError, match=r"absent.pt: no such file"):
        edgeact_export(tmp_path / "absent.pt", "--to", tmp_path / "y.onnx")


def test_names_that_cannot_be_meant_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--to .*fusion.pt: wanted a name that ends in .onnx"):
        edgeact_export(checkpoint, "--to", tmp_path / "fusion.pt")
    with pytest.raises(ConfigError, match=r"--engine .*: an engine is no .onnx"):
        edgeact_export(checkpoint, "--to", tmp_path / "a.onnx", "--engine", tmp_path / "b.onnx")


def test_without_tensorrt_an_engine_is_refused_before_the_work(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt_rtx_bindings", None)
    target = tmp_path / "fusion.onnx"
    with pytest.raises(EngineError, match=r"TensorRT for RTX cannot be loaded.*pip install -r"):
        edgeact_export(checkpoint, "--to", target, "--engine", tmp_path / "fusion.engine")
    assert not target.exists()


def test_a_manifest_beside_the_file_gets_its_line_and_no_other_folder_one(
    checkpoint: Path, exported: Path, tmp_path: Path
) -> None:
    assert not exported.with_name("manifest.yaml").exists()
    (tmp_path / "manifest.yaml").write_text("[]")
    target = tmp_path / "fusion.onnx"
    for _ in range(2):
        assert edgeact_export(checkpoint, "--to", target) == 0
    listed = yaml.safe_load((tmp_path / "manifest.yaml").read_text(encoding="utf-8"))
    assert [entry["name"] for entry in listed] == ["fusion"]
    assert listed[0]["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()
    assert listed[0]["bytes"] == target.stat().st_size
    assert listed[0]["data"] == "synthetic windows"


def test_whose_recordings_taught_a_network_is_said_with_their_licences() -> None:
    subjects = ["accad_female1", "cmu_01", "cmu_07", "mhad_s01", "598 acted scenes", "mine_1"]
    assert to_onnx.trained_on({"train_subjects": subjects}) == (
        "ACCAD (CC BY 3.0), CMU (free for all uses), Berkeley MHAD (BSD-2-Clause), "
        "scenes acted by its figures, recordings of mine"
    )


def test_the_shipped_model_is_the_one_in_the_manifest() -> None:
    listed = yaml.safe_load((SHIPPED.with_name("manifest.yaml")).read_text(encoding="utf-8"))
    entry = next(entry for entry in listed if entry["name"] == "fusion")
    content = (SHIPPED.with_name(entry["file"])).read_bytes()
    assert entry["sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) < 2_500_000
    engine = load_engine(SHIPPED.with_name(entry["file"]))
    assert engine.metadata["layout_version"] == SOCIAL.version
    assert dict(engine.inputs) == SOCIAL.input_shapes(48)
