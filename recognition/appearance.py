"""What each person looks like: features of its crop, as the pose network saw it.

The pose network runs a convolutional network over each person's crop anyway, once in a frame. The
mean of its last feature map is kept beside the keypoints, and a window has the mean of each time
slot as a token: features of a frame are computed once, however many windows they are in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from recognition.frames import APPEARANCE_SIZE, Float

APPEARANCE_LAYER = "features"
"""The output of a pose network that holds them, ``APPEARANCE_SIZE`` numbers."""


class Looks:
    """What tracks looked like at their last grid steps, in an array made once.

    Each ring is written twice, T apart, as those of ``recognition.windows.WindowStore``.

    tracks: places for so many. steps: of a window (T).
    """

    def __init__(self, tracks: int, steps: int) -> None:
        self._steps = steps
        self._rows = np.zeros((tracks, 2 * steps, APPEARANCE_SIZE), np.float32)

    def clear(self, slot: int) -> None:
        """A new track takes a place."""
        self._rows[slot] = 0

    def put(self, slot: int, steps: range, look: Float | None, *, bridged: bool) -> None:
        """Fill the grid steps up to a sighting, newest last.

        look: of that sighting, None for not looked at. bridged: whether it stands for all of
        these steps; else only for the newest, and nobody was seen in the others.
        """
        for late, step in enumerate(reversed(steps[-self._steps :])):
            known = look is not None and (bridged or not late)
            at = step % self._steps
            self._rows[slot, [at, at + self._steps]] = look if known else 0

    def window(self, slot: int, part: slice) -> Float:
        """A copy of a window's steps (T, E), zero where nobody looked."""
        looks: Float = self._rows[slot, part].copy()
        return looks


def appearance_tokens(
    looks: Sequence[Float | None], *, slots: int
) -> tuple[Float, npt.NDArray[np.bool_]]:
    """Tokens (B, slots, E) of windows' looks (T, E), and which windows have any (B,) bool.

    A token is the mean over its slot's steps in which somebody looked; zero where there is none.
    """
    tokens = np.zeros((len(looks), slots, APPEARANCE_SIZE), np.float32)
    for row, look in zip(tokens, looks, strict=True):
        if look is not None:
            steps = look.reshape(slots, -1, APPEARANCE_SIZE)
            looked = steps.any(axis=2).sum(axis=1, keepdims=True)
            row[...] = steps.sum(axis=1) / np.maximum(looked, 1)
    known: npt.NDArray[np.bool_] = np.any(tokens, axis=(1, 2))
    return tokens, known
