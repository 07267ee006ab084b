"""Changes patches of sound as microphones, rooms and makers of sound differ; all in log-mel.

Everything works on mel magnitudes, on which a louder sound is a factor (so gain is exact) and
sounds that have nothing to do with each other add in power, band by band.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from recognition.sound import BANDS, LOG_OFFSET
from recognition.sound_tokens import PATCH_COLUMNS
from training.audio.clips import SILENCE
from training.audio.config import AudioAugment

_SNR_DB = (15.0, 65.0)
_MOST_OTHER = 0.5  # share of the other sound in a mixture


def magnitudes(log_mel: Tensor) -> Tensor:
    """What ``recognition.sound.log_mel`` took the logarithm of."""
    return (log_mel.exp() - LOG_OFFSET).clamp(min=0)


def stretch_columns(speed: float) -> int:
    """Columns that a stretch needs so that a patch ``speed`` times as fast can be cut from it."""
    return int(PATCH_COLUMNS * speed) + 2


def augment(
    stretches: Tensor, labels: Tensor, config: AudioAugment, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Patches for training.

    stretches: (B, L, 64) mel magnitudes, L = ``stretch_columns(config.speed)``. labels: (B, C)
    shares of the classes. Returns log-mel (B, 1, 64, 96) and the shares of what is heard now.
    """
    sound = _cut(stretches, config.speed, generator)
    sound = _shift(sound, config.shift_bands, generator)
    sound = sound * _gains(sound, config, generator)
    sound, labels = _mix(sound, labels, config.mix, generator)
    sound = _with_noise(sound, config.noise, generator)
    log_mel = torch.log(sound + LOG_OFFSET).transpose(1, 2)
    for _ in range(config.masks):
        log_mel = _masked(log_mel, 1, config.mask_bands, generator)
        log_mel = _masked(log_mel, 2, config.mask_columns, generator)
    return log_mel[:, None], labels


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: torch.Generator) -> Tensor:
    return low + (high - low) * torch.rand(shape, generator=generator)


def _resampled(sound: Tensor, at: Tensor, axis: int) -> Tensor:
    """``sound`` (B, L, F) at the places ``at`` (B, M) along axis 1 or 2, linear in between."""
    last = sound.shape[axis] - 1
    at = at.clamp(0, last)
    before = at.floor().long().clamp(max=last - 1)
    other = sound.shape[3 - axis]
    wide = (-1, -1, other) if axis == 1 else (-1, other, -1)
    index = before.unsqueeze(3 - axis).expand(wide)
    share = (at - before).unsqueeze(3 - axis)
    return sound.gather(axis, index) * (1 - share) + sound.gather(axis, index + 1) * share


def _cut(stretches: Tensor, speed: float, generator: torch.Generator) -> Tensor:
    """(B, 96, 64) from (B, L, 64): somewhere, faster or slower."""
    batch, length = stretches.shape[:2]
    factor = speed ** _uniform((batch, 1), -1, 1, generator)
    places = torch.arange(PATCH_COLUMNS) * factor
    room = length - 1 - places[:, -1:]
    return _resampled(stretches, places + room * torch.rand(batch, 1, generator=generator), axis=1)


def _shift(sound: Tensor, most: float, generator: torch.Generator) -> Tensor:
    by = _uniform((len(sound), 1), -most, most, generator)
    return _resampled(sound, torch.arange(BANDS) + by, axis=2)


def _gains(sound: Tensor, config: AudioAugment, generator: torch.Generator) -> Tensor:
    """(B, 1, 64) factors: one gain, tilted from the lowest band to the highest."""
    gain_db = _uniform((len(sound), 1, 1), -config.gain_db, config.gain_db, generator)
    tilt_db = _uniform((len(sound), 1, 1), -config.tilt_db, config.tilt_db, generator)
    return torch.pow(10.0, (gain_db + tilt_db * torch.linspace(-1, 1, BANDS)) / 20)


def _mix(
    sound: Tensor, labels: Tensor, chance: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Some patches get another one of the batch into them, as loud at most as they are."""
    batch = len(sound)
    other = torch.randperm(batch, generator=generator)
    chosen = torch.rand(batch, generator=generator) < chance
    share = torch.rand(batch, generator=generator) * _MOST_OTHER * chosen
    loudness = sound.square().mean((1, 2)).sqrt() + 1e-6
    alike = sound[other] * (loudness / loudness[other])[:, None, None]
    wide = share[:, None, None]
    mixed = (((1 - wide) * sound).square() + (wide * alike).square()).sqrt()
    return mixed, (1 - share)[:, None] * labels + share[:, None] * labels[other]


def _with_noise(sound: Tensor, chance: float, generator: torch.Generator) -> Tensor:
    """Some patches get noise of one level; its power in a band and column is exponential."""
    batch = len(sound)
    below_db = _uniform((batch, 1, 1), *_SNR_DB, generator)
    level = sound.amax((1, 2), keepdim=True) * torch.pow(10.0, -below_db / 20)
    level = level * (torch.rand(batch, 1, 1, generator=generator) < chance)
    power = -torch.log1p(-torch.rand(sound.shape, generator=generator))
    return (sound.square() + level.square() * power).sqrt()


def _masked(log_mel: Tensor, axis: int, widest: int, generator: torch.Generator) -> Tensor:
    """SpecAugment (Park et al. 2019): a band of up to ``widest`` is silent."""
    batch, size = len(log_mel), log_mel.shape[axis]
    width = torch.rand(batch, 1, generator=generator) * widest
    begin = torch.rand(batch, 1, generator=generator) * (size - width)
    at = torch.arange(size)
    hidden = ((at >= begin) & (at < begin + width)).unsqueeze(3 - axis)
    return log_mel.masked_fill(hidden, SILENCE)


def shares_of(labels: Tensor, classes: int) -> Tensor:
    """(N,) labels as (N, classes) shares: one whole class each."""
    return functional.one_hot(labels, classes).float()
