"""What a microphone in a scripted scene hears."""

from __future__ import annotations

import numpy as np
import pytest

from training.scenario import speech
from training.scenario.mixing import RATE_HZ, hear, mean_power, mix, room_noise
from training.scenario.voices import make_sound
from training.scenario.world import SOUND_KINDS, Room, SoundCue, World

MICROPHONE = (5.0, 4.0, 2.4)
ROOM = Room(width_m=6, depth_m=5)


def world(*cues: SoundCue, duration_s: float = 4.0) -> World:
    return World(duration_s=duration_s, room=ROOM, sounds=cues)


def cue(kind: str, at_s: float, x_m: float = 2.0, level_db: float = -20.0) -> SoundCue:
    return SoundCue(kind=kind, at_s=at_s, at_m=(x_m, 2.0, 1.0), level_db=level_db)


@pytest.mark.parametrize("kind", SOUND_KINDS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_kind_is_heard_when_it_happens(kind: str, seed: int) -> None:
    heard = mix(world(cue(kind, 1.3)), at_m=MICROPHONE, snr_db=30, seed=seed)
    hop = RATE_HZ // 200
    power = np.square(heard, dtype=np.float64)[: len(heard) // hop * hop].reshape(-1, hop)
    before = power[: round(1.29 * 200)].mean(axis=1).max()
    onset_s = np.argmax(power.mean(axis=1) > 4 * before) / 200
    assert abs(onset_s - 1.3) <= 0.03


@pytest.mark.parametrize("snr_db", [0.0, 10.0, 25.0])
def test_the_noise_is_as_far_below_the_sounds_as_asked(snr_db: float) -> None:
    scene = world(cue("clap", 1.0), cue("speech", 2.0))
    clean = hear(scene, at_m=MICROPHONE, seed=4)
    mixed = mix(scene, at_m=MICROPHONE, snr_db=snr_db, seed=4)
    gain = mixed @ clean / (clean @ clean)
    for _ in range(3):  # noise and sounds are not quite orthogonal: peel the gain off its estimate
        noise = mixed - gain * clean
        room = room_noise(len(clean), np.random.default_rng([4, 1]))
        gain = (mixed - (noise @ room / (room @ room)) * room) @ clean / (clean @ clean)
    measured = 10 * np.log10(mean_power(gain * clean) / np.square(mixed - gain * clean).mean())
    assert measured == pytest.approx(snr_db, abs=0.5)


def test_sound_falls_with_distance_and_its_echo_does_not() -> None:
    near = hear(world(cue("clap", 1.0, x_m=4.5)), at_m=MICROPHONE, seed=1)
    far = hear(world(cue("clap", 1.0, x_m=0.5)), at_m=MICROPHONE, seed=1)
    ratio = np.linalg.norm([4.5, 2.0, 1.4]) / np.linalg.norm([0.5, 2.0, 1.4])
    direct = slice(RATE_HZ, RATE_HZ + RATE_HZ // 400)
    echo = slice(round(1.3 * RATE_HZ), round(1.35 * RATE_HZ))
    assert near[direct].std() / far[direct].std() == pytest.approx(ratio, rel=0.02)
    assert near[echo].std() / far[echo].std() == pytest.approx(1, rel=0.05)


def test_the_same_seed_gives_the_same_sound_and_another_one_another() -> None:
    scene = world(cue("glass_break", 0.5), cue("footstep", 2.0))
    first, again, other = (mix(scene, at_m=MICROPHONE, snr_db=20, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)


def test_steps_of_one_walk_sound_alike_and_other_people_s_do_not() -> None:
    steps = world(cue("footstep", 0.5), cue("footstep", 1.2), cue("footstep", 3.0))
    heard = hear(steps, at_m=MICROPHONE, seed=3)
    one, two, other = (heard[round(at * RATE_HZ) :][:4800] for at in (0.5, 1.2, 3.0))
    assert np.corrcoef(one, two)[0, 1] > 0.9
    assert np.corrcoef(one, other)[0, 1] < 0.9


def test_a_silent_scene_has_the_noise_of_its_room_only() -> None:
    quiet = mix(world(), at_m=MICROPHONE, snr_db=20, seed=2)
    assert quiet.dtype == np.float32
    assert len(quiet) == 4 * RATE_HZ
    assert 20 * np.log10(quiet.std()) == pytest.approx(-50, abs=0.5)


def test_no_mix_is_clipped_and_the_gain_is_a_recorder_s() -> None:
    for seed in range(5):
        loud = mix(world(cue("thud", 1.0, level_db=0)), at_m=MICROPHONE, snr_db=10, seed=seed)
        assert -12.1 <= 20 * np.log10(np.abs(loud).max()) <= -2.9


def test_a_kind_that_nobody_can_make_is_told_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"'trumpet'.*clap"):
        make_sound("trumpet", np.random.default_rng(0))


@pytest.mark.skipif(not speech.has_program(), reason="needs espeak-ng")
def test_what_the_script_says_is_spoken_in_voices_that_differ() -> None:
    said = [speech.speak(np.random.default_rng(seed), text="Hello there") for seed in range(4)]
    assert len({len(sound) for sound, _ in said}) > 1
    assert all(0.3 < len(sound) / rate_hz < 3 for sound, rate_hz in said)


def test_babble_takes_the_place_of_a_missing_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    sound, rate_hz = speech.speak(np.random.default_rng(0), for_s=1.0)
    assert rate_hz == speech.BABBLE_RATE_HZ
    assert np.abs(sound).max() == pytest.approx(1)
