"""Cuts a source's sound into 0.96 s patches for a sound encoder, and keeps the tokens it gives."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float, SoundFrame
from recognition.sound import BANDS, HOP_NS, TOKEN_SIZE

PATCH_COLUMNS = 96
"""0.96 s: the patch of YAMNet, and of the own encoder."""

_MIN_COVER = 0.5  # share of the slots that need a token of their own time
_JUMP_NS = 50_000_000  # a step of the clock larger than this starts a new stretch


def patches(columns: Float, *, hop: int) -> Float:
    """Overlapping patches of a stretch of sound.

    columns: (N, 64) log-mel, see ``recognition.sound.log_mel``. hop: columns between two patches.
    Returns (P, 96, 64), P = 1 + (N - 96) // hop; none of a shorter stretch.
    """
    if len(columns) < PATCH_COLUMNS:
        return np.zeros((0, PATCH_COLUMNS, BANDS), np.float32)
    views = np.lib.stride_tricks.sliding_window_view(columns, PATCH_COLUMNS, axis=0)[::hop]
    cut: Float = np.ascontiguousarray(views.transpose(0, 2, 1), dtype=np.float32)
    return cut


def encoder_input(cut: Float) -> Float:
    """Patches (P, 96, 64) as the own encoder takes them: (P, 1, 64, 96)."""
    turned: Float = np.ascontiguousarray(cut.transpose(0, 2, 1)[:, None])
    return turned


class PatchStream:
    """Cuts one source's sound frames into patches, one for each step of a time grid.

    The grid is the clock's: patch ends lie in the first column at or after each multiple of
    ``hop_ns``, so that a source's patches do not depend on how its buffers were cut.
    """

    def __init__(self, *, hop_ns: int) -> None:
        self._hop_ns = hop_ns
        self._columns = np.zeros((0, BANDS), np.float32)
        self._next_ns = 0  # time of the column that would follow

    def push(self, frame: SoundFrame) -> tuple[list[int], Float]:
        """Take the next columns.

        Returns the ends (ns) of the patches that are complete now, and the patches (P, 96, 64).
        After a jump of the clock nothing from before it is used.
        """
        if abs(frame.pts_ns - self._next_ns) > _JUMP_NS:
            self._columns = np.zeros((0, BANDS), np.float32)
        old = len(self._columns)
        self._columns = np.concatenate([self._columns, frame.log_mel])
        ends = frame.pts_ns + np.arange(len(frame.log_mel)) * HOP_NS
        self._next_ns = frame.pts_ns + len(frame.log_mel) * HOP_NS
        due = ends // self._hop_ns != (ends - HOP_NS) // self._hop_ns
        complete = old + np.arange(len(ends)) + 1 >= PATCH_COLUMNS
        chosen = np.flatnonzero(due & complete)
        cut = np.zeros((len(chosen), PATCH_COLUMNS, BANDS), np.float32)
        for row, column in zip(cut, old + chosen + 1, strict=True):
            row[...] = self._columns[column - PATCH_COLUMNS : column]
        self._columns = self._columns[-(PATCH_COLUMNS - 1) :]
        return ends[chosen].tolist(), cut


class TokenMemory:
    """The last seconds of one source's tokens, for any window that asks.

    keep: tokens kept. A token is good for the slots that end less than ``reach_ns`` after it.
    """

    def __init__(self, *, keep: int, reach_ns: int) -> None:
        self._times = np.full(keep, np.iinfo(np.int64).min)
        self._tokens = np.zeros((keep, TOKEN_SIZE), np.float32)
        self._reach_ns = reach_ns
        self._count = 0

    def push(self, end_ns: int, token: Float) -> None:
        """Remember the token (``TOKEN_SIZE``,) of the patch that ended at ``end_ns``."""
        at = self._count % len(self._times)
        self._times[at], self._tokens[at] = end_ns, token
        self._count += 1

    def tokens(self, end_ns: int, *, slots: int, slot_ns: int) -> Float | None:
        """The newest token at or before the end of each of the ``slots`` slots before ``end_ns``.

        Returns (slots, ``TOKEN_SIZE``), zero for a slot without one; None when less than half of
        the slots have one. Sound after a slot's end is never heard in it.
        """
        ends = end_ns - np.arange(slots - 1, -1, -1) * slot_ns
        age = ends[:, None] - self._times[None].astype(np.float64)
        age = np.where((age >= 0) & (age < self._reach_ns), age, np.inf)
        found = age.min(axis=1) < self._reach_ns
        if found.mean() < _MIN_COVER:
            return None
        tokens: Float = np.where(found[:, None], self._tokens[age.argmin(axis=1)], 0)
        return tokens.astype(np.float32)
