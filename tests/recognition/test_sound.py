"""Sound: librosa's log-mel, seamless over buffers, on the picture's clock."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognition.frames import Float, SoundFrame
from recognition.sound import BANDS, HOP_NS, RATE_HZ, LogMelStream, SoundMemory, log_mel, mel_bank


def noise(seconds: float, seed: int = 0) -> Float:
    samples = np.random.default_rng(seed).standard_normal(int(seconds * RATE_HZ)) * 0.1
    return samples.astype(np.float32)


def test_the_filter_bank_beside_the_code_is_librosas() -> None:
    bank = librosa.filters.mel(
        sr=RATE_HZ, n_fft=512, n_mels=BANDS, fmin=125, fmax=7500, htk=True, norm=None
    )
    np.testing.assert_allclose(mel_bank(), bank, atol=1e-6)


def test_log_mel_equals_librosa() -> None:
    samples = noise(1)
    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE_HZ, n_fft=512, win_length=400, hop_length=160, center=False, power=1,
        n_mels=BANDS, fmin=125, fmax=7500, htk=True, norm=None,
    )  # fmt: skip
    np.testing.assert_allclose(log_mel(samples), np.log(power.T + 1e-3), atol=1e-4)


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=20))
def test_buffers_of_any_size_give_the_columns_of_the_whole(sizes: list[int]) -> None:
    samples = noise(sum(sizes) / RATE_HZ + 0.1)
    stream = LogMelStream(0)
    columns: list[SoundFrame] = []
    start = 0
    for size in sizes:
        part = samples[start : start + size]
        frame = stream.push(part, start * 1_000_000_000 // RATE_HZ)
        columns += [frame] if frame else []
        start += size
    whole = log_mel(samples[:start])
    if len(whole) == 0:
        assert columns == []
    else:
        np.testing.assert_allclose(np.concatenate([c.log_mel for c in columns]), whole, atol=1e-4)


def test_a_column_carries_the_time_at_which_its_window_ends() -> None:
    frame = LogMelStream(3).push(noise(0.2), pts_ns=5_000_000_000)
    assert frame is not None
    assert frame.source_id == 3
    assert frame.pts_ns == 5_000_000_000 + (56 + 400) * 1_000_000_000 // RATE_HZ


def test_after_a_jump_of_the_clock_a_new_stretch_begins() -> None:
    stream = LogMelStream(0)
    stream.push(noise(0.05), pts_ns=0)
    frame = stream.push(noise(0.05), pts_ns=9_000_000_000)
    assert frame is not None
    assert frame.pts_ns > 9_000_000_000


def heard(memory: SoundMemory, samples: Float, pts_ns: int = 0) -> None:
    frame = LogMelStream(0).push(samples, pts_ns)
    assert frame is not None
    memory.push(frame)


def test_tokens_tell_in_which_slot_a_clap_was() -> None:
    memory = SoundMemory(keep_s=10)
    samples = np.zeros(4 * RATE_HZ, np.float32)
    at = int(2.5 * RATE_HZ)
    samples[at : at + 800] = noise(0.05)
    heard(memory, samples)
    tokens = memory.tokens(3_600_000_000, slots=12, slot_ns=300_000_000)
    assert tokens is not None
    assert tokens[:, BANDS:].mean(axis=1).argmax() == int(2.5 / 0.3)


def test_no_sound_or_too_little_of_it_is_no_token() -> None:
    memory = SoundMemory(keep_s=10)
    assert memory.tokens(3_200_000_000, slots=12, slot_ns=266_666_667) is None
    heard(memory, noise(1))
    assert memory.tokens(3_200_000_000, slots=12, slot_ns=266_666_667) is None


def test_the_memory_forgets_what_is_older_than_it_keeps() -> None:
    memory = SoundMemory(keep_s=5)
    heard(memory, noise(20))
    assert memory.tokens(4_000_000_000, slots=12, slot_ns=266_666_667) is None
    assert memory.tokens(19_500_000_000, slots=12, slot_ns=266_666_667) is not None


def test_sound_after_the_window_is_never_heard() -> None:
    quiet, loud = np.zeros(4 * RATE_HZ, np.float32), noise(2)
    early, late = SoundMemory(keep_s=10), SoundMemory(keep_s=10)
    heard(early, quiet)
    heard(late, np.concatenate([quiet, loud]))
    end_ns = 4_000_000_000 - 10 * HOP_NS
    one = early.tokens(end_ns, slots=12, slot_ns=266_666_667)
    other = late.tokens(end_ns, slots=12, slot_ns=266_666_667)
    assert one is not None
    assert other is not None
    assert one == pytest.approx(other)
