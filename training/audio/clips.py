"""Clips of sound as log-mel columns with their labels: recorded ones (ESC-10) and made ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import resample_poly

from recognition.frames import Float
from recognition.sound import BANDS, LOG_OFFSET, RATE_HZ, log_mel
from training.scenario.mixing import RATE_HZ as SCENE_RATE_HZ
from training.scenario.mixing import mix, room_noise
from training.scenario.world import SOUND_KINDS, Room, SoundCue, World

ESC10 = Path(__file__).resolve().parents[3] / "shared" / "assets" / "audio" / "esc10"
RECORDED = ("baby_cry", "clock_tick", "dog_bark", "person_sneeze", "rain", "rooster")
"""The classes of ESC-10 that are there, folds 1 to 3."""

ROOM = "room"
"""Nothing but the noise of a room."""

CLASSES = (*SOUND_KINDS, *RECORDED, ROOM)
HUMAN = (*SOUND_KINDS, "baby_cry", "person_sneeze")
"""Sounds that tell of people; the others are there so that they are not taken for these."""

CLIP_COLUMNS = 496
SILENCE = float(np.log(LOG_OFFSET))
_MADE_S = 2.0
_ONSET_S = (0.1, 0.6)
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Clips:
    """log_mel: (N, 496, 64) float32, silence after the end. labels: (N,) into ``names``.

    names: what the labels mean.
    """

    log_mel: Float
    labels: npt.NDArray[np.int64]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: Clips) -> Clips:
        """Both; they must have the same names."""
        if self.names != other.names:
            raise ValueError(f"wanted clips of the same classes; got {self.names}, {other.names}")
        columns: Float = np.concatenate([self.log_mel, other.log_mel])
        return Clips(columns, np.concatenate([self.labels, other.labels]), self.names)


def read_sound(path: Path) -> Float:
    """A file as (M,) mono 16 kHz, full scale 1.

    Raises:
        ValueError: the file is no sound that can be read.
    """
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise ValueError(f"{path}: no sound file that can be read: {error}") from None
    return _at_16_khz(samples.mean(axis=1), rate_hz)


def _at_16_khz(samples: Float, rate_hz: int) -> Float:
    common = int(np.gcd(RATE_HZ, rate_hz))
    made: Float = resample_poly(samples, RATE_HZ // common, rate_hz // common).astype(np.float32)
    return made


def to_columns(samples: Float) -> Float:
    """Log-mel of a clip, cut or filled with silence to ``CLIP_COLUMNS``."""
    made = log_mel(samples)[:CLIP_COLUMNS]
    filled = np.full((CLIP_COLUMNS, BANDS), SILENCE, np.float32)
    filled[: len(made)] = made
    return filled


def recorded_clips(
    folds: Sequence[int], *, names: Sequence[str] = RECORDED, folder: Path = ESC10,
    left_out: Sequence[str] = (),
) -> Clips:  # fmt: skip
    """The clips of ESC-10 whose file names begin with one of ``folds``.

    names: the classes that labels count in; those of ``RECORDED`` are read. left_out: names of
    files, without ending, that are not. A recording's clips are all in one fold.

    Raises:
        FileNotFoundError: the recordings are not there.
        ValueError: a class has no clip in these folds, or a file cannot be read.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: no such folder; wanted ESC-10's clips, a folder a class"
        )
    columns, labels = [], []
    for name in RECORDED:
        found = [p for p in sorted((folder / name).glob("*.ogg")) if p.stem not in left_out]
        paths = [path for path in found if int(path.name[0]) in folds]
        if not paths:
            raise ValueError(f"{folder / name}: no clip of folds {sorted(folds)}")
        columns += [to_columns(read_sound(path)) for path in paths]
        labels += [names.index(name)] * len(paths)
    return Clips(np.stack(columns), np.array(labels, np.int64), tuple(names))


def made_clips(count: int, *, seed: int, report: Report = lambda _: None) -> Clips:
    """``count`` clips of each kind of ``SOUND_KINDS`` in random rooms, and of rooms alone."""
    kinds = (*SOUND_KINDS, ROOM)
    columns, labels = [], []
    for kind in kinds:
        for samples in _made(kind, count, seed):
            columns.append(to_columns(samples))
            labels.append(CLASSES.index(kind))
        report(f"made {count} clips of {kind}")
    stacked = np.stack(columns) if columns else np.zeros((0, CLIP_COLUMNS, BANDS), np.float32)
    return Clips(stacked, np.array(labels, np.int64), CLASSES)


def _made(kind: str, count: int, seed: int) -> Iterator[Float]:
    for number in range(count):
        rng = np.random.default_rng([seed, CLASSES.index(kind), number])
        if kind == ROOM:
            level = np.float32(10 ** (rng.uniform(-60, -20) / 20))
            heard = level * room_noise(round(_MADE_S * SCENE_RATE_HZ), rng)
        else:
            heard = _scene(kind, rng)
        yield _at_16_khz(heard, SCENE_RATE_HZ)


def _scene(kind: str, rng: np.random.Generator) -> Float:
    """What a microphone under the ceiling of a random room hears of one kind of sound."""
    room = Room(width_m=rng.uniform(3, 12), depth_m=rng.uniform(3, 12))
    source, microphone = (
        (rng.uniform(0.3, room.width_m - 0.3), rng.uniform(0.3, room.depth_m - 0.3), height_m)
        for height_m in (1.0, 2.4)
    )
    world = World(duration_s=_MADE_S, room=room, sounds=tuple(_cues(kind, source, rng)))
    seed = int(rng.integers(1 << 31))
    return mix(world, at_m=microphone, snr_db=rng.uniform(3, 35), seed=seed)


def _cues(
    kind: str, at_m: tuple[float, float, float], rng: np.random.Generator
) -> Iterator[SoundCue]:
    """One sound; claps, blows and steps come in a row, in half of the clips."""
    at_s, pause_s = rng.uniform(*_ONSET_S), rng.uniform(0.25, 0.7)
    rows = kind in ("clap", "footstep", "hammer") and rng.random() < 0.5
    while at_s < _MADE_S - 0.2:
        yield SoundCue(kind=kind, at_s=at_s, at_m=at_m)
        if not rows:
            return
        at_s += pause_s * rng.uniform(0.9, 1.1)
