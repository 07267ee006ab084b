"""Sounds for the encoder: made and recorded clips, and the changes that training makes to them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.frames import Float
from recognition.sound import BANDS, RATE_HZ, log_mel
from recognition.sound_tokens import PATCH_COLUMNS
from tests.assets import needs_assets
from training.audio.augment import augment, magnitudes, shares_of, stretch_columns
from training.audio.clips import (
    CLASSES,
    CLIP_COLUMNS,
    HUMAN,
    RECORDED,
    Clips,
    made_clips,
    read_sound,
    recorded_clips,
    to_columns,
)
from training.audio.config import AudioAugment
from training.audio.evaluate import clip_scores, loud_columns, measures

NOTHING = AudioAugment(
    speed=1, shift_bands=0, gain_db=0, tilt_db=0, mix=0, noise=0, masks=0, mask_bands=0
)


def tone(hertz: float, seconds: float = 1.5, level: float = 0.3) -> Float:
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    wave: Float = (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    return wave


def stretches(*sounds: Float, config: AudioAugment) -> torch.Tensor:
    length = stretch_columns(config.speed)
    return magnitudes(torch.from_numpy(np.stack([log_mel(s)[:length] for s in sounds])))


def changed(
    config: AudioAugment, *sounds: Float, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    shares = shares_of(torch.arange(len(sounds)), len(sounds))
    made = stretches(*sounds, config=config)
    return augment(made, shares, config, torch.Generator().manual_seed(seed))


def test_made_clips_have_every_kind_and_are_the_same_for_the_same_seed() -> None:
    clips, again = made_clips(1, seed=3), made_clips(1, seed=3)
    assert [CLASSES[label] for label in clips.labels] == [*CLASSES[:9], "room"]
    assert clips.log_mel.shape == (10, CLIP_COLUMNS, BANDS)
    assert np.array_equal(clips.log_mel, again.log_mel)
    assert set(HUMAN) < set(CLASSES)


def test_a_file_of_any_rate_is_read_as_mono_16_khz(tmp_path: Path) -> None:
    samples = np.stack([tone(440), tone(440)], axis=1)[: RATE_HZ // 2]
    soundfile.write(tmp_path / "a.wav", np.repeat(samples, 3, axis=0), 3 * RATE_HZ)
    assert len(read_sound(tmp_path / "a.wav")) == RATE_HZ // 2
    (tmp_path / "bad.ogg").write_text("no sound")
    with pytest.raises(ValueError, match=r"bad\.ogg: no sound file"):
        read_sound(tmp_path / "bad.ogg")


def test_recordings_that_are_not_there_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="ESC-10"):
        recorded_clips([1], folder=tmp_path / "none")
    with pytest.raises(ValueError, match="no clip of folds"):
        recorded_clips([1], folder=tmp_path)


def test_a_clip_that_is_left_out_is_not_read(tmp_path: Path) -> None:
    for name in RECORDED:
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "1-7-A.ogg", tone(440, 0.1), RATE_HZ)
    (tmp_path / RECORDED[0] / "1-8-A.ogg").write_text("no sound, so that reading it fails")
    clips = recorded_clips([1], folder=tmp_path, left_out=["1-8-A"])
    assert clips.labels.tolist() == list(range(len(RECORDED)))


@needs_assets
def test_esc_10_has_eight_clips_of_each_class_in_a_fold() -> None:
    clips = recorded_clips([2])
    assert np.bincount(clips.labels).tolist() == [8] * len(RECORDED)


def test_without_changes_a_patch_is_the_sound_itself() -> None:
    made, shares = changed(NOTHING, tone(500), tone(2000))
    wanted = log_mel(tone(500))[:PATCH_COLUMNS]
    np.testing.assert_allclose(made[0, 0].T.numpy(), wanted, atol=1e-3)
    assert shares.tolist() == [[1, 0], [0, 1]]


@settings(max_examples=20, deadline=None)
@given(st.floats(-20, 6))
def test_a_gain_on_magnitudes_is_a_gain_on_samples(gain_db: float) -> None:
    factor = np.float32(10 ** (gain_db / 20))
    columns = torch.from_numpy(log_mel(tone(700)))
    louder = torch.log(magnitudes(columns) * factor + 1e-3).numpy()
    np.testing.assert_allclose(louder, log_mel(tone(700) * factor), atol=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000))
def test_changed_patches_are_finite_and_shares_add_up_to_one(seed: int) -> None:
    silent = np.zeros(2 * RATE_HZ, np.float32)
    made, shares = changed(AudioAugment(mix=1, noise=1), tone(300), silent, tone(900), seed=seed)
    assert made.shape == (3, 1, BANDS, PATCH_COLUMNS)
    assert torch.isfinite(made).all()
    np.testing.assert_allclose(shares.sum(dim=1).numpy(), 1, atol=1e-6)
    assert (shares.argmax(dim=1) == torch.arange(3)).all() or (shares.max(dim=1)[0] == 0.5).any()


def test_a_patch_with_another_sound_in_it_has_both_in_bands_and_shares() -> None:
    low, high = tone(300), tone(5000)
    mixed = NOTHING.model_copy(update={"mix": 1.0})
    seeds = (changed(mixed, low, high, seed=seed) for seed in range(20))
    made, shares = next(found for found in seeds if 0.2 < found[1][0, 1] < 0.5)
    assert made[0, 0, 55:].max() > -4  # 5 kHz is among the highest bands
    assert made[0, 0, :20].max() > -4
    assert shares[0, 0] > shares[0, 1]


def bark() -> Float:
    """A quarter of a second of noise, one second into four of silence."""
    samples = np.zeros(4 * RATE_HZ, np.float32)
    samples[RATE_HZ : RATE_HZ + 4000] = np.random.default_rng(0).normal(0, 0.2, 4000)
    return samples


def test_the_loud_part_of_a_clip_is_its_sound_and_all_of_it_where_nothing_changes() -> None:
    loud = loud_columns(to_columns(bark())[None])[0]
    assert loud[100:120].all()
    assert loud.sum() < 40
    assert loud_columns(np.zeros((1, CLIP_COLUMNS, BANDS), np.float32)).all()


def test_a_clip_is_judged_by_the_patches_in_which_its_sound_is() -> None:
    clips = Clips(to_columns(bark())[None], np.array([1]), ("quiet", "bark"))

    def predict(sound: Float) -> Float:
        heard = sound.max(axis=(1, 2, 3)) > -3
        return np.stack([~heard, heard], axis=1).astype(np.float32) * 8

    assert clip_scores(predict, clips)[0, 1] > 0.99
    figures = measures(predict, clips)
    assert figures["accuracy"] == 1
    assert figures["confused"] == {}


def test_clips_of_other_classes_are_not_joined() -> None:
    empty = np.zeros((0, CLIP_COLUMNS, BANDS), np.float32)
    labels = np.zeros(0, np.int64)
    with pytest.raises(ValueError, match="same classes"):
        Clips(empty, labels, ("a",)) + Clips(empty, labels, ("b",))
