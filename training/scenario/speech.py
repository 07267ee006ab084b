"""Speech for scenes: by the espeak-ng program where it is there, else a babble of vowels."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave

import numpy as np
from scipy.signal import lfilter

from recognition.frames import Float

BABBLE_RATE_HZ = 16_000
Rng = np.random.Generator

_VOICES = ("en", "en-us", "en-gb-scotland", "en-gb-x-rp")
_VARIANTS = ("m1", "m2", "m3", "m4", "m7", "f1", "f2", "f3", "f4", "f5")
_LINES = (
    "Good morning, is anybody there?",
    "I will call you back in ten minutes.",
    "Did you see where I put the keys?",
    "Please leave it on the table over there.",
    "Yes, that sounds good to me.",
    "No, not today, maybe on Thursday.",
    "Could you help me with this box?",
    "The meeting has moved to the other room.",
)
_VOWELS = ((730, 1090), (270, 2290), (530, 1840), (570, 840), (300, 870), (660, 1720))
"""First two formants in Hz; Peterson and Barney (1952), men."""


def has_program() -> bool:
    """Whether espeak-ng is on this machine."""
    return shutil.which("espeak-ng") is not None


def speak(rng: Rng, *, for_s: float | None = None, text: str | None = None) -> tuple[Float, int]:
    """Somebody says something: (N,) float32 mono that begins at once, and its rate in Hz.

    Voice, speed and pitch by the seed; a sentence of our own where ``text`` is None; cut after
    ``for_s`` seconds. Without espeak-ng it is ``babble``, which says nothing.
    """
    line = text or str(rng.choice(_LINES))
    sound, rate_hz = (_spoken(line, rng) if has_program() else (None, 0)) or (None, 0)
    if sound is None:
        sound, rate_hz = babble(for_s or 0.35 + 0.07 * len(line), rng), BABBLE_RATE_HZ
    begin = int(np.argmax(np.abs(sound) > 0.05 * np.abs(sound).max()))
    end = len(sound) if for_s is None else begin + round(for_s * rate_hz)
    return sound[begin:end], rate_hz


def babble(seconds: float, rng: Rng) -> Float:
    """Something like speech, (N,) at ``BABBLE_RATE_HZ``: a gliding buzz through formants."""
    length = max(round(seconds * BABBLE_RATE_HZ), 1)
    syllable_s = rng.uniform(0.14, 0.24)
    knots = max(3, round(seconds / syllable_s) + 1)
    grid = np.linspace(0, knots - 1, length)
    base_hz = rng.uniform(90, 230)
    pitch = np.interp(grid, np.arange(knots), base_hz * rng.uniform(0.85, 1.25, knots))
    phase = np.cumsum(pitch) / BABBLE_RATE_HZ
    buzz = 2 * (phase % 1) - 1 + 0.1 * rng.standard_normal(length)
    longer = rng.uniform(0.95, 1.2)  # a shorter throat raises all formants
    voice = np.zeros(length)
    for number in range(knots - 1):
        begin, end = (round(k * length / (knots - 1)) for k in (number, number + 1))
        part = buzz[begin:end]
        for hertz in _VOWELS[rng.integers(len(_VOWELS))]:
            angle = 2 * np.pi * hertz * longer / BABBLE_RATE_HZ
            part = lfilter([1], [1, -2 * 0.97 * np.cos(angle), 0.97**2], part)
        shape = np.sin(np.linspace(0, np.pi, end - begin)) ** 0.5
        voice[begin:end] = part / max(float(np.abs(part).max()), 1e-9) * shape
        voice[begin:end] *= rng.uniform(0.3, 1) * (number == 0 or rng.random() < 0.85)
    scaled: Float = (voice / max(float(np.abs(voice).max()), 1e-9)).astype(np.float32)
    return scaled


def _spoken(line: str, rng: Rng) -> tuple[Float, int] | None:
    """What espeak-ng says, None where it fails (a broken installation has no voices)."""
    voice = f"{rng.choice(_VOICES)}+{rng.choice(_VARIANTS)}"
    speed, pitch = int(rng.integers(130, 200)), int(rng.integers(25, 75))
    command = ["espeak-ng", "--stdin", "--stdout", "-v", voice, "-s", str(speed), "-p", str(pitch)]
    run = subprocess.run(command, input=line.encode(), capture_output=True, check=False)
    if run.returncode or len(run.stdout) <= 44:
        return None
    with wave.open(io.BytesIO(run.stdout)) as file:
        # The header of a stream names no true length, so all that is there is taken.
        samples = np.frombuffer(file.readframes(len(run.stdout)), "<i2")
        rate_hz = file.getframerate()
    if not samples.any():
        return None
    return (samples / np.float32(32768)).astype(np.float32), rate_hz
