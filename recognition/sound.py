"""Sound as log-mel columns on the picture's clock, and the tokens that the fusion model hears."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from recognition.frames import Float, SoundFrame

RATE_HZ = 16_000
HOP = 160  # samples between two columns: 10 ms
HOP_NS = 10_000_000
WINDOW = 400  # samples under the Hann window: 25 ms
FFT = 512
BANDS = 64
LOG_OFFSET = 1e-3

TOKEN_SIZE = 2 * BANDS
"""A token is the mean and the maximum of each band over one slot."""

_LEAD = (FFT - WINDOW) // 2  # librosa centres the window in the FFT frame
_JUMP_NS = 50_000_000  # a step of the clock larger than this starts a new stretch
_REST = -6.9  # log(LOG_OFFSET): silence
_SPREAD = 4.0
_MIN_COVER = 0.5  # share of a window that must have been heard


@cache
def mel_bank() -> Float:
    """Mel filter bank (64, 257).

    Made once by ``librosa.filters.mel(sr=16000, n_fft=512, n_mels=64, fmin=125, fmax=7500,
    htk=True, norm=None)`` and kept beside this file, so that a device needs no librosa; a test
    compares the two.
    """
    with np.load(Path(__file__).with_name("mel_bank.npz")) as bank:
        mel: Float = bank["mel"].astype(np.float32)
    return mel


@cache
def _hann() -> Float:
    """Periodic Hann window of 400 samples in the middle of 512 (``scipy.signal.get_window``)."""
    window = np.zeros(FFT, np.float32)
    phase = 2 * np.pi * np.arange(WINDOW) / WINDOW
    window[_LEAD : _LEAD + WINDOW] = 0.5 - 0.5 * np.cos(phase)
    return window


def log_mel(samples: Float) -> Float:
    """Log-mel columns of a stretch of sound.

    samples: (M,) mono, 16 kHz, full scale = 1. Returns (N, 64) with N = 1 + (M - 512) // 160,
    log(mel + 0.001) of the magnitude spectrum: ``librosa.feature.melspectrogram(power=1,
    center=False)`` and the front end of YAMNet but for the shape of the mel triangles.
    """
    count = max(0, 1 + (len(samples) - FFT) // HOP)
    if count == 0:
        return np.zeros((0, BANDS), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FFT)[::HOP][:count]
    magnitude = np.abs(np.fft.rfft(frames * _hann(), axis=1)).astype(np.float32)
    columns: Float = np.log(magnitude @ mel_bank().T + LOG_OFFSET)
    return columns


class LogMelStream:
    """Turns buffers of one source's sound into ``SoundFrame``s without a seam between buffers."""

    def __init__(self, source_id: int) -> None:
        self.source_id = source_id
        self._rest = np.zeros(0, np.float32)
        self._rest_ns = 0  # time of the first sample of the rest

    def push(self, samples: Float, pts_ns: int) -> SoundFrame | None:
        """Take the next buffer.

        samples: (M,) mono 16 kHz. pts_ns: time of its first sample. Returns the columns that are
        complete now, or None. After a jump of the clock the stretch before it is dropped.
        """
        expected = self._rest_ns + len(self._rest) * 1_000_000_000 // RATE_HZ
        if len(self._rest) == 0 or abs(pts_ns - expected) > _JUMP_NS:
            self._rest, self._rest_ns = np.zeros(0, np.float32), pts_ns
        self._rest = np.concatenate([self._rest, samples])
        columns = log_mel(self._rest)
        count = len(columns)
        if count == 0:
            return None
        heard = np.lib.stride_tricks.sliding_window_view(self._rest, FFT)[::HOP][:count]
        heard = heard[:, _LEAD : _LEAD + WINDOW]
        frame = SoundFrame(
            source_id=self.source_id,
            pts_ns=self._rest_ns + (_LEAD + WINDOW) * 1_000_000_000 // RATE_HZ,
            log_mel=columns,
            rms=np.sqrt((heard**2).mean(axis=1)).astype(np.float32),
        )
        self._rest = self._rest[count * HOP :]
        self._rest_ns += count * HOP_NS
        return frame


class SoundMemory:
    """The last seconds of one source's log-mel columns, for any window that asks.

    Attributes:
        newest_ns: end of the newest column heard, None before the first.
    """

    def __init__(self, *, keep_s: float) -> None:
        self._keep = int(keep_s * 1e9) // HOP_NS
        self._columns = np.zeros((self._keep, BANDS), np.float32)
        self._times = np.full(self._keep, np.iinfo(np.int64).min)
        self.newest_ns: int | None = None

    def push(self, frame: SoundFrame) -> None:
        """Remember the columns of ``frame``; a column lies at its time modulo the memory."""
        times = frame.pts_ns + np.arange(len(frame.log_mel)) * HOP_NS
        at = (times // HOP_NS) % self._keep
        self._columns[at[-self._keep :]] = frame.log_mel[-self._keep :]
        self._times[at[-self._keep :]] = times[-self._keep :]
        self.newest_ns = int(times[-1])

    def tokens(self, end_ns: int, *, slots: int, slot_ns: int) -> Float | None:
        """Sound of the ``slots`` slots before ``end_ns``.

        Returns (slots, ``TOKEN_SIZE``): per slot the mean, then the maximum of each band, scaled
        to about 0 for silence and 1 for loud sound; a slot without sound is zero. None when less
        than half of the time was heard.
        """
        begin_ns = end_ns - slots * slot_ns
        wanted = np.arange(begin_ns // HOP_NS + 1, end_ns // HOP_NS + 1)
        at = wanted % self._keep
        times = self._times[at]
        heard = (times > begin_ns) & (times <= end_ns)
        if heard.mean() < _MIN_COVER:
            return None
        slot = np.minimum((wanted * HOP_NS - begin_ns - 1) // slot_ns, slots - 1)
        tokens = np.zeros((slots, TOKEN_SIZE), np.float32)
        for index in range(slots):
            columns = self._columns[at[heard & (slot == index)]]
            if len(columns):
                scaled = (columns - _REST) / _SPREAD
                tokens[index] = np.concatenate([scaled.mean(axis=0), scaled.max(axis=0)])
        return tokens
