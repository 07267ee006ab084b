"""Sound tokens by a network: each kind's model is fed as it wants, once a slot, or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pytest

from engines.load import load_engine
from engines.registry import STORE
from recognition.frames import Float
from recognition.sound import RATE_HZ, TOKEN_SIZE, LogMelStream
from recognition.sound_encoders import EncodedSound, encoder

SLOT_NS = 266_666_667
OWN = ({"log_mel": (None, 1, 64, 96)}, {"tokens": (None, 128), "logits": (None, 16)})
YAMNET = ({"in:0": (None, 96, 64)}, {"out:0": (None, 521)})


def own(inputs: Mapping[str, Float]) -> Mapping[str, Float]:
    """A token is the loudest value of its patch."""
    loudest = inputs["log_mel"].max(axis=(1, 2, 3))
    return {"tokens": np.repeat(loudest[:, None], TOKEN_SIZE, axis=1)}


def clap_at(second: float, seconds: float) -> EncodedSound:
    samples = np.zeros(int(seconds * RATE_HZ), np.float32)
    begin = int(second * RATE_HZ)
    samples[begin : begin + 800] = np.random.default_rng(0).normal(0, 0.3, 800)
    sound = EncodedSound(encoder("audio_encoder", own, *OWN), keep_s=8, slot_ns=SLOT_NS)
    frame = LogMelStream(0).push(samples, 0)
    assert frame is not None
    sound.push(frame)
    return sound


def test_tokens_know_of_a_clap_from_its_slot_on_and_for_the_length_of_a_patch() -> None:
    tokens = clap_at(3.0, 5.0).tokens(4_900_000_000, slots=12, slot_ns=SLOT_NS)
    assert tokens is not None
    ends_s = 4.9 - np.arange(11, -1, -1) * SLOT_NS / 1e9
    loud = tokens[:, 0] > -3
    assert not loud[ends_s < 3.0].any()
    assert loud[(ends_s > 3.3) & (ends_s < 3.9)].all()
    assert not loud[ends_s > 4.4].any()


def test_before_half_of_a_window_was_heard_there_is_no_sound() -> None:
    assert clap_at(0.5, 1.5).tokens(1_500_000_000, slots=12, slot_ns=SLOT_NS) is None


def test_yamnet_s_scores_become_a_token_of_its_classes_about_people() -> None:
    def run(inputs: Mapping[str, Float]) -> Mapping[str, Float]:
        scores = np.zeros((len(inputs["in:0"]), 521), np.float32)
        scores[:, 58] = 0.25  # clapping
        scores[:, 200] = 1.0  # chimes: not among them
        return {"out:0": scores}

    tokens = encoder("yamnet", run, *YAMNET)(np.zeros((2, 96, 64), np.float32))
    assert tokens.shape == (2, TOKEN_SIZE)
    assert tokens[0, 58] == 0.5
    assert tokens.sum() == 1.0


@pytest.mark.parametrize(
    ("kind", "shapes", "remedy"),
    [
        ("audio_encoder", YAMNET, "python -m export.audio_to_onnx"),
        ("yamnet", OWN, "python -m export.fetch yamnet"),
    ],
)
def test_a_model_of_another_kind_is_refused(kind: str, shapes: object, remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)):
        encoder(kind, own, *shapes)  # type: ignore[arg-type, misc]


@pytest.mark.skipif(
    not (STORE / "yamnet.onnx").is_file(), reason="needs: python -m export.fetch yamnet"
)
def test_the_prepared_yamnet_hears_silence_in_silence() -> None:
    engine = load_engine(STORE / "yamnet.onnx", threads=1)
    encode = encoder("yamnet", engine.run, engine.inputs, engine.outputs)
    tokens = encode(np.full((1, 96, 64), np.log(1e-3), np.float32))
    assert tokens.shape == (1, TOKEN_SIZE)
    assert tokens[0].argmax() == TOKEN_SIZE - 1
