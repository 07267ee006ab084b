"""The sound encoder learns, stays small, and becomes an ONNX file that says the same."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from engines.load import load_engine
from export.audio_to_onnx import main as export_main
from export.audio_to_onnx import sample_input
from recognition.frames import Float
from recognition.sound import RATE_HZ, TOKEN_SIZE
from training.audio import train as training
from training.audio.clips import CLASSES, HUMAN, Clips, to_columns
from training.audio.config import AudioConfig, AudioData, AudioFit, AudioModel, load_config
from training.audio.evaluate import measures
from training.audio.fit import fit_encoder, predictor
from training.audio.network import MOST_WEIGHTS, AudioEncoder, weights_of
from training.audio.train import load_encoder, main, train

ROOT = Path(__file__).resolve().parents[3]
SMALL = AudioConfig(
    name="small",
    data=AudioData(folds=(), test_folds=(), made=1, made_test=1),
    model=AudioModel(channels=(4, 4, 8, 8, 8)),
    fit=AudioFit(steps=2, batch=4, check_steps=1, ema=0.5),
)


@pytest.fixture(autouse=True)
def _cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "CACHE", tmp_path / "cache")


def pulses(every_s: float, seed: int) -> Float:
    """Bursts of noise in silence."""
    samples = np.zeros(3 * RATE_HZ, np.float32)
    rng = np.random.default_rng(seed)
    for at in np.arange(rng.uniform(0, every_s), 2.9, every_s):
        begin = int(at * RATE_HZ)
        samples[begin : begin + 400] = 0.3 * rng.standard_normal(400)
    return samples


def two_rhythms(seed: int) -> Clips:
    sounds = [pulses(every_s, seed + n) for every_s in (0.08, 0.6) for n in range(3)]
    labels = np.array([0, 0, 0, 1, 1, 1])
    return Clips(np.stack([to_columns(sound) for sound in sounds]), labels, ("fast", "slow"))


def test_a_small_encoder_tells_two_rhythms_apart() -> None:
    fit = AudioFit(steps=30, batch=12, lr=0.01, check_steps=30, ema=0.5)
    losses: list[float] = []
    network = fit_encoder(
        two_rhythms(0), SMALL.model_copy(update={"fit": fit}), lambda *seen: losses.append(seen[2])
    )
    assert measures(predictor(network), two_rhythms(50))["accuracy"] == 1
    assert len(losses) == 1


def test_the_shipped_size_is_within_the_limit_and_gives_a_token_a_slot() -> None:
    config = load_config(ROOT / "configs" / "training" / "audio_encoder.yaml")
    network = AudioEncoder(len(CLASSES), **config.model.model_dump()).eval()
    assert weights_of(network) <= MOST_WEIGHTS
    tokens, logits = network(torch.from_numpy(sample_input(3, 0)))
    assert tokens.shape == (3, TOKEN_SIZE)
    assert logits.shape == (3, len(CLASSES))


def test_the_exported_file_says_what_the_network_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train(SMALL, tmp_path / "run")
    target = tmp_path / "models" / "small.onnx"
    assert export_main([str(tmp_path / "run" / "checkpoint.pt"), "--out", str(target)]) == 0
    table = json.loads(capsys.readouterr().out)["largest_difference"]
    assert list(table) == ["1", "7", "64"]
    assert max(table.values()) < 1e-4
    engine = load_engine(target, threads=1)
    assert engine.inputs == {"log_mel": (None, 1, 64, 96)}
    assert engine.outputs == {"tokens": (None, TOKEN_SIZE), "logits": (None, len(CLASSES))}
    assert json.loads(engine.metadata["labels"]) == list(CLASSES)
    assert json.loads(engine.metadata["human"]) == list(HUMAN)
    assert [part.version for part in onnx.load(target).opset_import] == [18]
    assert {path.name for path in target.parent.iterdir()} == {target.name, "manifest.yaml"}
    assert "small.onnx" in (target.parent / "manifest.yaml").read_text()


def test_a_checkpoint_holds_the_run_and_comes_back(tmp_path: Path) -> None:
    train(SMALL, tmp_path)
    network, record = load_encoder(tmp_path / "checkpoint.pt")
    assert record["config"] == SMALL.model_dump(mode="json")
    assert record["measures"]["clips"] == 10
    assert not network.training


def test_made_sounds_are_made_once(tmp_path: Path) -> None:
    told: list[str] = []
    first = training.kept_made_clips(1, seed=5, report=told.append)
    made = len(told)
    again = training.kept_made_clips(1, seed=5, report=told.append)
    assert made == len(told) == 10
    np.testing.assert_allclose(first.log_mel, again.log_mel, atol=0.01)


def test_mistakes_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {
        "fit: {step: 3}": "did you mean 'steps'",
        "data: {folds: [1, 3], test_folds: [3]}": "fold 3 is in folds and in test_folds",
        "data: {folds: [], made: 0}": "nothing to train on",
        "model: {channels: [64, 64, 128, 128, 256]}": "wanted at most 300000",
    }
    for text, message in wrong.items():
        path = tmp_path / "bad.yaml"
        path.write_text(text + "\n")
        assert main([str(path), "--out", str(tmp_path / "run")]) == 2
        assert message in capsys.readouterr().err
    (tmp_path / "no.pt").write_text("no checkpoint")
    assert export_main([str(tmp_path / "no.pt"), "--out", str(tmp_path / "x.onnx")]) == 2
    assert "not a checkpoint of training.audio.train" in capsys.readouterr().err
    assert not (tmp_path / "x.onnx").exists()
