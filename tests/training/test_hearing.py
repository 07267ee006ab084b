"""A run may hear by a sound encoder: the same windows, other tokens, and nobody mixes them up."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from engines.errors import EngineError
from engines.load import load_engine
from engines.registry import BUNDLED
from export.to_onnx import convert
from pipelines.sound import sound_encoder
from plugins.fusion_labels import fusion_labels
from recognition.frames import Float
from recognition.fusion_input import MODALITIES, SLOTS
from recognition.layouts import SOCIAL
from recognition.recording import Recording
from recognition.sound import RATE_HZ, LogMelStream
from recognition.sound_encoders import EncodedSound, SoundConfig, encoder
from recognition.windows import WindowConfig
from settings.errors import ConfigError
from tests.training.test_dataset import walker
from tests.training.worlds import drinker
from training import command as training
from training.cache import recipe_hash, write_windows
from training.config import load_config
from training.dataset import Dataset, Filming, film
from training.evaluation import command
from training.evaluation.command import SHIPPED
from training.evaluation.predictions import open_model
from training.extract import sound_memory
from training.hearing import SLOT_NS
from training.run_folder import RunFolder
from training.scenario_windows import film_world
from training.toy import toy_data
from training.train import train

OWN = SoundConfig(tokens="audio_encoder")
BANDS = Filming(side="train", passes=1, seed=0)
ENCODED = replace(BANDS, hearing=OWN)
AUDIO = MODALITIES.index("audio")


def noise(seconds: float) -> Float:
    samples = np.random.default_rng(1).normal(0, 0.1, int(seconds * RATE_HZ))
    return samples.astype(np.float32)


def filmed(filming: Filming) -> Dataset:
    part = film(walker(), noise(5), filming, np.random.default_rng(2))
    assert part is not None
    return part


def acted(filming: Filming) -> Dataset:
    part = film_world(drinker(), noise(8), filming, np.random.default_rng(1), subject="toy")
    assert part is not None
    return part


@pytest.mark.parametrize("make", [filmed, acted])
def test_an_encoder_changes_what_is_heard_and_nothing_else(make: object) -> None:
    assert callable(make)
    bands, encoded = make(BANDS), make(ENCODED)
    assert (encoded.labels == bands.labels).all()
    for name in set(bands.inputs) - {"aud", "mod"}:
        np.testing.assert_array_equal(encoded.inputs[name], bands.inputs[name])
    assert encoded.inputs["mod"][-1, AUDIO] == bands.inputs["mod"][-1, AUDIO] == 1
    assert not (encoded.inputs["aud"][-1] == bands.inputs["aud"][-1]).all()


def test_a_recorded_scene_is_heard_as_the_program_hears_it() -> None:
    frame = LogMelStream(0).push(noise(6), 0)
    assert frame is not None
    scene = Recording(("lobby",), False, (), (frame,))
    memory = sound_memory(scene, 0, OWN)
    engine = load_engine(BUNDLED / "audio_encoder.onnx", threads=1)
    program = EncodedSound(
        encoder("audio_encoder", engine.run, engine.inputs, engine.outputs),
        keep_s=8, slot_ns=SLOT_NS,
    )  # fmt: skip
    program.push(frame)
    wanted = program.tokens(5_000_000_000, slots=SLOTS, slot_ns=SLOT_NS)
    assert memory is not None
    assert wanted is not None
    found = memory.tokens(5_000_000_000, slots=SLOTS, slot_ns=SLOT_NS)
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.assets
def test_kept_windows_of_one_kind_are_never_taken_for_another() -> None:
    assert "hearing" not in repr(ENCODED)
    assert recipe_hash(ENCODED) != recipe_hash(BANDS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sound: {tokens: yamnett}", r"bad.yaml:1: sound.tokens: .*'audio_encoder' or 'yamnet'"),
        ("sound: {model: x.onnx, token: bands}", "sound.token: .*did you mean 'tokens'"),
    ],
)
def test_mistakes_of_the_sound_section_are_told_with_their_place(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_config(tmp_path / "bad.yaml")


def test_a_missing_encoder_is_told_before_the_work_begins(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("sound: {tokens: audio_encoder, model: none.onnx}", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"sound.tokens: audio_encoder: .*none.onnx: no such"):
        train(load_config(path), RunFolder(tmp_path / "run"))
    path.write_text(f"sound: {{tokens: yamnet, model: {BUNDLED / 'audio_encoder.onnx'}}}")
    with pytest.raises(ConfigError, match=r"wanted one input .* python -m export.fetch yamnet"):
        train(load_config(path), RunFolder(tmp_path / "run"))


@pytest.fixture(scope="module")
def hearer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small fusion model that was trained to take the bundled encoder's tokens."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "run.yaml").write_text(
        "sound: {tokens: audio_encoder}\nmodel: {channels: 16, layout: 3}\n"
        "fit: {epochs: 1, epoch_windows: 256, batch: 64}\n",
        encoding="utf-8",
    )
    parser = argparse.ArgumentParser()
    training.add_arguments(parser)
    words = [str(folder / "run.yaml"), "--smoke", "--threads", "1", "--out", str(folder)]
    assert training.run(parser.parse_args(words)) == 0
    convert(folder / "checkpoint.pt", folder / "fusion.onnx")
    return folder / "fusion.onnx"


def test_a_model_says_what_it_hears_and_a_site_that_hears_otherwise_is_refused(
    hearer: Path,
) -> None:
    fusion = load_engine(hearer)
    assert fusion_labels(fusion, hearer, WindowConfig(), sound="audio_encoder")
    assert sound_encoder(OWN, fusion) is not None
    with pytest.raises(EngineError, match=r"Set sound\.tokens: audio_encoder, or train for bands"):
        fusion_labels(fusion, hearer, WindowConfig(), sound="bands")


def test_another_encoder_than_the_model_learnt_from_is_refused(
    hearer: Path, tmp_path: Path
) -> None:
    other = onnx.load(BUNDLED / "audio_encoder.onnx")
    other.doc_string = "trained again"
    onnx.save(other, tmp_path / "other.onnx")
    site = OWN.model_copy(update={"model": tmp_path / "other.onnx"})
    with pytest.raises(EngineError, match=r"other.onnx: another sound encoder .* Set sound.model"):
        sound_encoder(site, load_engine(hearer))
    with pytest.raises(EngineError, match="Name its own with --encoder FILE"):
        open_model(hearer, threads=1, encoder=tmp_path / "other.onnx")


def test_a_model_is_measured_on_the_tokens_that_it_learnt_from(
    hearer: Path, tmp_path: Path
) -> None:
    model = open_model(hearer, threads=1)
    assert model.hearing == OWN
    assert open_model(SHIPPED, threads=1).hearing == SoundConfig(tokens="bands")
    write_windows(toy_data(8, 1, SOCIAL), tmp_path / "mine.npz")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    words = [str(SHIPPED), str(hearer), "--data", str(tmp_path / "mine.npz")]
    with pytest.raises(ConfigError, match="the models take bands and audio_encoder"):
        command.run(parser.parse_args(words))
