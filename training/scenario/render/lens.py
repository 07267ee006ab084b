"""What a real camera adds to a picture: exposure, colour cast, blur, vignette, sensor noise."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_MARGIN = 64


class Lens:
    """One camera's lens and sensor; all of it follows from the seed.

    strength: 0 changes nothing, 1 is an ordinary cheap camera, 2 a bad one. Exposure, colour and
    blur are the same in all pictures of a lens; the noise is another in each.
    """

    def __init__(self, seed: int, *, strength: float = 1.0) -> None:
        rng = np.random.default_rng((seed, 31))
        self._seed = seed
        self._blur = strength * float(rng.uniform(0.0, 0.7))
        self._vignette = strength * float(rng.uniform(0.0, 0.3))
        self._noise = strength * float(rng.uniform(0.5, 3.2))
        gain = 2.0 ** (strength * rng.uniform(-0.45, 0.35))
        cast = 1 + strength * rng.normal(0, 0.035, 3)
        gamma = 2.0 ** (strength * rng.uniform(-0.18, 0.18))
        lift = strength * rng.uniform(0, 0.05)
        steps = np.linspace(0, 1, 256)[:, None]
        curve = (steps * gain * cast) ** gamma
        # Highlights roll off instead of clipping at once.
        bright = 0.8 + 0.2 * (1 - np.exp(-np.maximum(curve - 0.8, 0) / 0.2))
        curve = lift + (1 - lift) * np.where(curve > 0.8, bright, curve)
        plain = np.repeat(steps, 3, axis=1)
        share = min(strength, 1.0)
        table = plain + share * (curve - plain)
        self._table = np.round(np.clip(table, 0, 1) * 255).astype(np.uint8)[None]
        self._size = (0, 0)
        self._shade: Pixels = np.zeros((0, 0, 3), np.uint8)
        self._grain: tuple[Pixels, Pixels] = (self._shade, self._shade)

    def apply(self, image: Pixels, index: int = 0) -> Pixels:
        """A picture (H, W, 3) BGR as this camera would have taken it; index: number of the frame.

        The same seed, picture and index give the same result.
        """
        height, width = image.shape[:2]
        if (width, height) != self._size:
            self._fit(width, height)
        out = image if self._blur < 0.25 else cv2.GaussianBlur(image, (5, 5), self._blur)
        out = cv2.LUT(out, self._table)
        if self._vignette > 0.02:
            out = cv2.multiply(out, self._shade, scale=1 / 255)
        if self._noise > 0:
            y, x = np.random.default_rng((self._seed, 32, index)).integers(0, _MARGIN, 2)
            lighter, darker = (part[y : y + height, x : x + width] for part in self._grain)
            out = cv2.subtract(cv2.add(out, lighter), darker)
        return np.asarray(out, np.uint8)

    def _fit(self, width: int, height: int) -> None:
        """Prepare vignette and noise for pictures of a size."""
        self._size = (width, height)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        far = np.hypot((x - width / 2) / (width / 2), (y - height / 2) / (height / 2)) / np.sqrt(2)
        shade = 255 * (1 - self._vignette * far**2.5)
        self._shade = np.repeat(np.round(shade).astype(np.uint8)[..., None], 3, axis=2)
        rng = np.random.default_rng((self._seed, 33))
        shape = (height + _MARGIN, width + _MARGIN)
        # Most of the noise is in the brightness; demosaicing smears the colour noise.
        grey = self._noise * rng.standard_normal(shape, np.float32)
        color = 0.6 * self._noise * rng.standard_normal((*shape, 3), np.float32)
        noise = grey[..., None] + cv2.GaussianBlur(color, (0, 0), 0.8)
        noise = np.round(noise)
        self._grain = (
            np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8),
        )  # fmt: skip
