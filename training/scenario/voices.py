"""The sound of each thing that a scene can let be heard, made anew for every seed.

Every generator gives (N,) float32 mono at ``RATE_HZ`` with a peak of 1, that begins at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import butter, lfilter, resample_poly, sosfilt

from recognition.frames import Float
from recognition.sound import RATE_HZ as LOW_RATE_HZ
from training.scenario.speech import speak
from training.sound_synthesis import clap_sound, thump_sound

RATE_HZ = 48_000
_LOWEST_HZ = 20.0
Rng = np.random.Generator
_Values = npt.NDArray[np.float64]
Voice = Callable[[Rng, float | None, str | None], Float]
"""(rng, wished seconds or None, text or None) -> sound."""


def make_sound(
    kind: str, rng: Rng, *, for_s: float | None = None, text: str | None = None
) -> Float:
    """One sound of a kind of ``world.SOUND_KINDS``: (N,) float32 at ``RATE_HZ``, peak 1.

    for_s: wished length of a phone's ring or of speech; the others have lengths of their own.
    Raises ValueError for a kind that has no generator.
    """
    if kind not in _VOICES:
        raise ValueError(f"no sound is made for '{kind}'; known: {', '.join(sorted(_VOICES))}")
    sound = _VOICES[kind](rng, for_s, text)
    scaled: Float = (sound / max(float(np.abs(sound).max()), 1e-9)).astype(np.float32)
    return scaled


def decay(seconds: float, length: int) -> Float:
    """Exponential fall from 1 with this time constant, (length,)."""
    fall: Float = np.exp(-np.arange(length) / (seconds * RATE_HZ)).astype(np.float32)
    return fall


def pink_noise(length: int, rng: Rng) -> Float:
    """Noise whose power falls by 3 dB per octave from 20 Hz on, RMS 1; made by its spectrum."""
    whole = next_fast_len(max(length, RATE_HZ), real=True)
    spectrum = rfft(rng.standard_normal(whole))
    hertz = np.arange(len(spectrum)) * RATE_HZ / whole
    spectrum *= np.where(hertz < _LOWEST_HZ, 0, 1 / np.sqrt(np.maximum(hertz, _LOWEST_HZ)))
    noise = irfft(spectrum, whole)[:length]
    scaled: Float = (noise / max(float(noise.std()), 1e-9)).astype(np.float32)
    return scaled


def _upsampled(sound: Float) -> Float:
    raised: Float = resample_poly(sound, RATE_HZ // LOW_RATE_HZ, 1).astype(np.float32)
    return raised


def _noise_band(length: int, low_hz: float, high_hz: float, rng: Rng) -> Float:
    sections = butter(2, [low_hz, high_hz], btype="bandpass", fs=RATE_HZ, output="sos")
    band: Float = sosfilt(sections, rng.standard_normal(length)).astype(np.float32)
    return band / max(float(np.abs(band).max()), 1e-9)


def _modes(rng: Rng, hertz: _Values, seconds: _Values, length: int) -> _Values:
    """A struck body: damped sines of these frequencies, the higher ones weaker."""
    time = np.arange(length) / RATE_HZ
    level = rng.uniform(0.3, 1, len(hertz)) * (hertz[0] / hertz) ** rng.uniform(0.2, 0.8)
    phase = rng.uniform(0, 2 * np.pi, len(hertz))
    waves = np.sin(2 * np.pi * hertz[:, None] * time + phase[:, None])
    rung: _Values = (level[:, None] * waves * np.exp(-time / seconds[:, None])).sum(axis=0)
    return rung


def _struck(rng: Rng, lowest_hz: float, ring_s: float, *, count: int = 6) -> Float:
    """One blow on wood, metal or a door: its modes, with the click of the contact."""
    length = round(RATE_HZ * min(1.0, 6 * ring_s + 0.05))
    steps = np.concatenate([[1.0], rng.uniform(1.2, 1.9, count - 1)])
    hertz: _Values = lowest_hz * np.cumprod(steps)
    hertz = hertz[hertz < 0.4 * RATE_HZ]
    body = _modes(rng, hertz, ring_s * rng.uniform(0.4, 1, len(hertz)), length)
    click = _noise_band(length, 1000, 9000, rng) * decay(0.002, length)
    mixed: Float = (body / np.abs(body).max() + rng.uniform(0.3, 0.9) * click).astype(np.float32)
    return mixed


def _clap(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    return _upsampled(clap_sound(rng))


def _footstep(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    """Heel, then, softer, the sole."""
    heel = _upsampled(thump_sound(rng, low_hz=rng.uniform(60, 180)))
    track = np.zeros(round(0.35 * RATE_HZ), np.float32)
    track[: len(heel)] += heel
    late = round(rng.uniform(0.03, 0.09) * RATE_HZ)
    track[late : late + len(heel)] += rng.uniform(0.1, 0.5) * heel[: len(track) - late]
    return track


def _hammer(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    wood = _struck(rng, rng.uniform(180, 500), rng.uniform(0.02, 0.06))
    metal = _struck(rng, rng.uniform(1500, 3200), rng.uniform(0.05, 0.2))
    longest = max(len(wood), len(metal))
    track = np.zeros(longest, np.float32)
    track[: len(wood)] += wood
    track[: len(metal)] += rng.uniform(0.1, 0.6) * metal
    return track


def _knock(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    """Two to four raps on the same door."""
    rap = _struck(rng, rng.uniform(110, 320), rng.uniform(0.02, 0.05))
    pause = round(rng.uniform(0.16, 0.3) * RATE_HZ)
    raps = int(rng.integers(2, 5))
    track = np.zeros(pause * (raps - 1) + len(rap), np.float32)
    for number in range(raps):
        at = number * pause
        track[at : at + len(rap)] += rap * rng.uniform(0.7, 1)
    return track


def _glass_break(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    """The crack, then shards that ring high and fall apart."""
    length = round(rng.uniform(0.7, 1.3) * RATE_HZ)
    crack = _noise_band(length, 1500, 14_000, rng) * decay(rng.uniform(0.02, 0.05), length)
    track = crack / np.abs(crack).max()
    for at in np.sort(rng.exponential(0.18, int(rng.integers(12, 30)))):
        begin = round(min(at, 0.9) * RATE_HZ)
        if begin >= length - 100:
            continue
        hertz = rng.uniform(2500, 9000, 3)
        shard = _modes(rng, np.sort(hertz), rng.uniform(0.01, 0.06, 3), length - begin)
        track[begin:] += rng.uniform(0.1, 0.4) * shard / np.abs(shard).max()
    shattered: Float = track.astype(np.float32)
    return shattered


def _phone_ring(rng: Rng, for_s: float | None, _text: str | None) -> Float:
    """A bell's warble, or a little tune over and over, with pauses."""
    length = round((for_s or 2.0) * RATE_HZ)
    time = np.arange(length) / RATE_HZ
    if rng.random() < 0.5:
        low = rng.uniform(400, 1000)
        swap = (time * rng.uniform(12, 25)) % 1 < 0.5
        hertz = np.where(swap, low, low * rng.uniform(1.15, 1.35))
        sounding = (time % 3.0) < 2.0
    else:
        notes = rng.uniform(500, 900) * 2 ** (rng.integers(0, 13, 6) / 12)
        note_s = rng.uniform(0.1, 0.22)
        hertz = notes[(time / note_s).astype(int) % len(notes)]
        sounding = (time % (8 * note_s)) < 6 * note_s
    phase = 2 * np.pi * np.cumsum(hertz) / RATE_HZ
    wave = np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)
    rung: Float = (wave * sounding).astype(np.float32)
    return rung


def _speech(rng: Rng, for_s: float | None, text: str | None) -> Float:
    sound, rate_hz = speak(rng, for_s=for_s, text=text)
    common = int(np.gcd(RATE_HZ, rate_hz))
    raised: Float = resample_poly(sound, RATE_HZ // common, rate_hz // common).astype(np.float32)
    return raised


def _door(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    """A door falls shut: a dull blow, the frame rattles, the latch clicks."""
    length = round(0.8 * RATE_HZ)
    track = np.zeros(length, np.float32)
    thump = _upsampled(thump_sound(rng, low_hz=rng.uniform(45, 90)))
    frame = _struck(rng, rng.uniform(90, 200), rng.uniform(0.05, 0.1))
    latch = _struck(rng, rng.uniform(1200, 2500), 0.01)
    for sound, at_s, level in ((thump, 0.0, 1.0), (frame, 0.0, 0.6), (latch, 0.06, 0.3)):
        begin = round(at_s * RATE_HZ)
        part = sound[: length - begin]
        track[begin : begin + len(part)] += level * part
    return track


def _thud(rng: Rng, _for_s: float | None, _text: str | None) -> Float:
    """A body or a heavy thing on the floor: low, dull, with a little after-fall."""
    thump = _upsampled(thump_sound(rng, low_hz=rng.uniform(35, 70)))
    dull = lfilter([1], [1, -0.96], rng.standard_normal(round(0.5 * RATE_HZ)))
    track: Float = (0.4 * dull / np.abs(dull).max() * decay(0.06, len(dull))).astype(np.float32)
    track[: len(thump)] += thump
    again = round(rng.uniform(0.08, 0.2) * RATE_HZ)
    track[again : again + len(thump)] += rng.uniform(0.1, 0.5) * thump[: len(track) - again]
    return track


_VOICES: Mapping[str, Voice] = {
    "clap": _clap,
    "footstep": _footstep,
    "hammer": _hammer,
    "knock": _knock,
    "glass_break": _glass_break,
    "phone_ring": _phone_ring,
    "speech": _speech,
    "door": _door,
    "thud": _thud,
}
