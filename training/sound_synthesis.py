"""Makes the sound that a recorded motion would have made, with the noise of a room over it."""

from __future__ import annotations

import numpy as np
from scipy.signal import find_peaks, lfilter

from recognition.frames import Float
from recognition.sound import RATE_HZ
from training.mocap import FPS, PELVIS, Clip

Rng = np.random.Generator
_TOES = (24, 25)
_HANDS = (22, 23)


def clap_times(clip: Clip) -> list[float]:
    """Seconds at which the hands meet in the clip's clap segments."""
    apart = np.linalg.norm(clip.joints[:, _HANDS[0]] - clip.joints[:, _HANDS[1]], axis=1)
    near, _ = find_peaks(-apart, prominence=0.08, distance=4)
    inside = np.zeros(len(apart), bool)
    for segment in clip.segments:
        if segment.label == "clap":
            inside[segment.start : segment.end] = True
    return [frame / FPS for frame in near if inside[frame] and apart[frame] < 0.3]


def step_times(clip: Clip) -> list[tuple[float, float]]:
    """Seconds at which a foot is put down, and how hard, by the speed it came with (m/s)."""
    steps = []
    for toe in _TOES:
        height = np.minimum(clip.joints[:, toe, 2], clip.joints[:, toe - 9, 2] - 0.06)
        raised = height - height.min()
        landing = np.flatnonzero((raised[:-1] > 0.035) & (raised[1:] <= 0.035)) + 1
        for frame in landing:
            speed = (height[max(frame - 3, 0)] - height[frame]) * FPS / 3
            steps.append((frame / FPS, float(np.clip(speed, 0.1, 3))))
    return sorted(steps)


def _decay(seconds: float, length: int) -> Float:
    fall: Float = np.exp(-np.arange(length) / (seconds * RATE_HZ)).astype(np.float32)
    return fall


def clap_sound(rng: Rng) -> Float:
    """A hand clap: a few milliseconds of noise about 1 to 2.5 kHz, with a short room tail."""
    length = RATE_HZ // 4
    centre = rng.uniform(900, 2600)
    radius = rng.uniform(0.8, 0.95)
    poles = [1, -2 * radius * np.cos(2 * np.pi * centre / RATE_HZ), radius**2]
    noise = rng.standard_normal(length)
    body = lfilter([1], poles, noise) * _decay(rng.uniform(0.004, 0.015), length)
    tail = 0.1 * noise * _decay(rng.uniform(0.03, 0.12), length)
    sound: Float = (body / np.abs(body).max() + tail * rng.uniform(0, 1)).astype(np.float32)
    return sound


def thump_sound(rng: Rng, *, low_hz: float) -> Float:
    """A foot or a body on the floor: a falling low tone and dull noise."""
    length = RATE_HZ // 4
    time = np.arange(length) / RATE_HZ
    tone = np.sin(2 * np.pi * low_hz * (time - 0.8 * time**2)) * _decay(0.03, length)
    dull = lfilter([1], [1, -rng.uniform(0.7, 0.97)], rng.standard_normal(length))
    dull = dull / np.abs(dull).max() * _decay(rng.uniform(0.01, 0.04), length)
    sound = tone + rng.uniform(0.3, 1.2) * dull
    scaled: Float = (sound / np.abs(sound).max()).astype(np.float32)
    return scaled


def room_sound(length: int, rng: Rng) -> Float:
    """Noise of one colour, mains hum, and at times many people talking; RMS 1."""
    noise = lfilter([1], [1, -rng.uniform(0, 0.98)], rng.standard_normal(length))
    sound = noise / noise.std()
    time = np.arange(length) / RATE_HZ
    hum = rng.choice([50.0, 60.0])
    for harmonic in range(1, 5):
        sound = sound + rng.uniform(0, 0.4) * np.sin(2 * np.pi * hum * harmonic * time)
    if rng.random() < 0.4:
        for _ in range(rng.integers(1, 4)):
            sound = sound + rng.uniform(0.3, 2) * _voice(length, rng)
    scaled: Float = (sound / np.sqrt((sound**2).mean())).astype(np.float32)
    return scaled


def _voice(length: int, rng: Rng) -> Float:
    """Speech-like: a gliding buzz through two resonances, switched in syllables."""
    knots = max(4, length // (RATE_HZ // 6))
    grid = np.linspace(0, knots - 1, length)
    pitch = np.interp(grid, np.arange(knots), rng.uniform(90, 260) * rng.uniform(0.8, 1.25, knots))
    level = np.interp(grid, np.arange(knots), rng.random(knots) * (rng.random(knots) < 0.6))
    phase = np.cumsum(pitch) / RATE_HZ
    buzz = 2 * (phase % 1) - 1 + 0.2 * rng.standard_normal(length)
    for centre in (rng.uniform(300, 800), rng.uniform(1000, 2500)):
        buzz = lfilter([1], [1, -1.9 * np.cos(2 * np.pi * centre / RATE_HZ), 0.9], buzz)
    voice: Float = (buzz / np.abs(buzz).max() * level * 3).astype(np.float32)
    return voice


def _place(track: Float, sound: Float, second: float) -> None:
    at = round(second * RATE_HZ)
    if 0 <= at < len(track):
        part = sound[: len(track) - at]
        track[at : at + len(part)] += part


def landing_time(clip: Clip) -> float | None:
    """Seconds at which a body that sits or lies down arrives, None where nobody does."""
    if not any(segment.label in {"lie_down", "sit_down"} for segment in clip.segments):
        return None
    pelvis = clip.joints[:, PELVIS, 2]
    return int(np.argmax(pelvis < pelvis.min() + 0.05)) / FPS


def synthesise(clip: Clip, rng: Rng) -> Float:
    """Sound of one clip, (M,) mono 16 kHz, full scale = 1, starting with its first frame.

    Claps where hands meet in clap segments, a footstep where a foot is put down, a thump where a
    body reaches the floor; all of it up to 150 ms early or late, at a random gain, in a room
    whose noise lies between far below and a little above it.
    """
    length = round(len(clip.joints) / FPS * RATE_HZ)
    track = np.zeros(length, np.float32)
    shift = rng.uniform(-0.15, 0.15)
    clap, sole = clap_sound(rng), thump_sound(rng, low_hz=rng.uniform(60, 180))
    for met in clap_times(clip):
        _place(track, clap * rng.uniform(0.5, 1), met + shift)
    for step, speed in step_times(clip):
        _place(track, sole * min(1.0, 0.2 * speed) * rng.uniform(0.5, 1), step + shift)
    if (second := landing_time(clip)) is not None:
        _place(track, thump_sound(rng, low_hz=50) * rng.uniform(0, 0.5), second + shift)
    if rng.random() < 0.2:  # something else in the room
        other = thump_sound(rng, low_hz=rng.uniform(80, 600))
        for _ in range(rng.integers(1, 5)):
            _place(track, other * rng.uniform(0.2, 1), rng.uniform(0, length / RATE_HZ))
    noise = np.exp(rng.uniform(np.log(0.0005), np.log(0.15)))
    gain = np.exp(rng.uniform(np.log(0.1), np.log(1.0)))
    mixed: Float = (gain * (track + noise * room_sound(length, rng))).astype(np.float32)
    return np.clip(mixed, -1, 1)
