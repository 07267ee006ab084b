"""What a microphone in a scene hears: each sound in its place and time, the room and its noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import fftconvolve, lfilter, resample_poly

from recognition.frames import Float
from training.scenario.speech import BABBLE_RATE_HZ, babble
from training.scenario.voices import RATE_HZ, make_sound, pink_noise
from training.scenario.world import SOUND_KINDS, Room, SoundCue, World

__all__ = ["RATE_HZ", "hear", "mix", "room_noise"]

NEAREST_M = 0.5
"""A source is never taken as nearer than this."""

_SAME_SOURCE_S, _SAME_SOURCE_M = 1.5, 1.5  # the same hands or shoes, so the same timbre
_BLOCK = RATE_HZ // 50
_QUIET_DB = 40.0
Rng = np.random.Generator


def mix(world: World, *, at_m: Sequence[float], snr_db: float, seed: int) -> Float:
    """The sound of a world at one place: (M,) float32 mono at ``RATE_HZ``, full scale 1.

    at_m: x, y, z of the microphone. snr_db: ``mean_power`` of what is heard over that of the
    room's noise. The microphone's gain, by seed, puts the loudest moment 3 to 12 dB below full
    scale; a silent world is noise 50 dB below it. The same arguments give the same sound.
    """
    rng = np.random.default_rng([seed, 1])
    heard = hear(world, at_m=at_m, seed=seed)
    noise = room_noise(len(heard), rng)
    if not heard.any():
        quiet: Float = noise * np.float32(10 ** (-50 / 20))
        return quiet
    level = np.sqrt(mean_power(heard) / 10 ** (snr_db / 10))
    sound = heard + np.float32(level) * noise
    loudest = 10 ** (rng.uniform(-12, -3) / 20)
    scaled: Float = (sound * (loudest / np.abs(sound).max())).astype(np.float32)
    return scaled


def hear(world: World, *, at_m: Sequence[float], seed: int) -> Float:
    """All sounds of a world without the room's noise, (M,) at ``RATE_HZ``, 1 = full scale at 1 m.

    Direct sound falls with 1 / distance; what the walls send back is the same everywhere: an
    exponential tail of the room's reverberation time (Sabine), as loud as the direct sound at
    the critical distance 0.057 sqrt(V / RT60) metres (Kuttruff, Room Acoustics, 5.44).
    """
    rng = np.random.default_rng([seed, 2])
    length = round(world.duration_s * RATE_HZ)
    direct, diffuse = np.zeros(length, np.float32), np.zeros(length, np.float32)
    place = np.asarray(at_m, np.float64)
    for cue, timbre in zip(world.sounds, _timbres(world.sounds), strict=True):
        sound = make_sound(cue.kind, _voice_of(cue, timbre, seed), for_s=cue.for_s, text=cue.text)
        sound = sound * np.float32(10 ** ((cue.level_db + rng.uniform(-2, 2)) / 20))
        distance = max(float(np.linalg.norm(np.asarray(cue.at_m) - place)), NEAREST_M)
        _add(direct, sound / np.float32(distance), cue.at_s)
        _add(diffuse, sound, cue.at_s)
    tail, share = _room_tail(world.room, rng)
    reflected = fftconvolve(diffuse, tail)[:length] if diffuse.any() else diffuse
    heard: Float = (direct + share * reflected).astype(np.float32)
    return heard


def mean_power(sound: Float) -> float:
    """Mean power of the stretches (20 ms) that are less than 40 dB below the loudest one."""
    blocks = sound[: len(sound) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    power = np.square(blocks, dtype=np.float64).mean(axis=1)
    return float(power[power >= power.max() * 10 ** (-_QUIET_DB / 10)].mean())


def room_noise(length: int, rng: Rng) -> Float:
    """Air, mains hum, and at times people far away; (length,), RMS 1."""
    noise = pink_noise(length, rng).astype(np.float64)
    time = np.arange(length) / RATE_HZ
    mains_hz = rng.choice([50.0, 60.0])
    for harmonic in range(1, 5):
        level = rng.uniform(0, 0.5) / harmonic
        noise += level * np.sin(2 * np.pi * mains_hz * harmonic * time + rng.uniform(0, 6))
    if rng.random() < 0.5:
        for _ in range(rng.integers(1, 4)):
            far = babble(length / RATE_HZ, rng)
            raised = resample_poly(far, RATE_HZ // BABBLE_RATE_HZ, 1)
            voice = np.zeros(length)
            voice[: len(raised)] = raised[:length]
            noise += rng.uniform(0.2, 1.0) * voice / max(float(voice.std()), 1e-9)
    scaled: Float = (noise / np.sqrt(np.square(noise).mean())).astype(np.float32)
    return scaled


def _timbres(cues: Sequence[SoundCue]) -> list[int]:
    """A number for each cue; cues of one kind close in time and place share theirs."""
    numbers: list[int] = []
    for index, cue in enumerate(cues):
        number = index
        for other, known in zip(cues[:index], numbers, strict=True):
            apart = np.linalg.norm(np.subtract(cue.at_m, other.at_m))
            near = 0 <= abs(cue.at_s - other.at_s) <= _SAME_SOURCE_S and apart <= _SAME_SOURCE_M
            if other.kind == cue.kind and near:
                number = known
        numbers.append(number)
    return numbers


def _voice_of(cue: SoundCue, timbre: int, seed: int) -> Rng:
    if cue.kind not in SOUND_KINDS:
        raise ValueError(f"no sound is called '{cue.kind}'; known: {', '.join(SOUND_KINDS)}")
    return np.random.default_rng([seed, 3, SOUND_KINDS.index(cue.kind), timbre])


def _add(track: Float, sound: Float, at_s: float) -> None:
    begin = round(at_s * RATE_HZ)
    if 0 <= begin < len(track):
        part = sound[: len(track) - begin]
        track[begin : begin + len(part)] += part


def _room_tail(room: Room, rng: Rng) -> tuple[Float, float]:
    """Reverberation of energy 1, and its level against the direct sound at 1 m."""
    width, depth, height = room.width_m, room.depth_m, room.height_m
    volume = width * depth * height
    surface = 2 * (width * depth + width * height + depth * height)
    absorbed = rng.uniform(0.15, 0.4)
    rt60_s = float(np.clip(0.161 * volume / (surface * absorbed), 0.1, 2.0))
    length = round(rt60_s * RATE_HZ)
    fall = 10 ** (-3 * np.arange(length) / (rt60_s * RATE_HZ))
    # Walls and air take the high tones first.
    tail = lfilter([1], [1, -rng.uniform(0.3, 0.7)], rng.standard_normal(length)) * fall
    tail[: round(0.004 * RATE_HZ)] = 0  # the first wall is a metre away
    energy = float(np.sqrt(np.square(tail, dtype=np.float64).sum()))
    critical_m = 0.057 * np.sqrt(volume / rt60_s)
    return (tail / energy).astype(np.float32), float(1 / critical_m)
