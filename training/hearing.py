"""What a training run's microphones give the fusion model, by the program's own memories."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import get_args

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from engines.registry import model_file, prepared
from recognition.fusion_input import SLOTS
from recognition.sound_encoders import (
    Encode,
    SoundConfig,
    SourceSound,
    TokenKind,
    encoder,
    source_sound,
)
from recognition.windows import WindowConfig
from settings.errors import ConfigError

BANDS = SoundConfig()
"""What is heard where a run says nothing."""

_WINDOW = WindowConfig()
SLOT_NS = _WINDOW.steps * _WINDOW.step_ns // SLOTS
"""Time between two sound tokens."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder's file, loaded. sha256: of the file."""

    encode: Encode
    sha256: str


@cache
def open_encoder(sound: SoundConfig) -> Encoder | None:
    """The encoder of a run, loaded once in a process; None for bands, which need none.

    Raises:
        ConfigError: the file is missing, or is no encoder of this kind.
    """
    if sound.tokens == "bands":
        return None
    path = sound.model or model_file(sound.tokens)
    try:
        engine = load_engine(prepared(path), threads=1)
        encode = encoder(sound.tokens, engine.run, engine.inputs, engine.outputs)
    except EngineError as error:
        raise ConfigError([f"sound.tokens: {sound.tokens}: {error}"]) from None
    except ValueError as error:
        raise ConfigError([f"sound.tokens: {sound.tokens}: {path}: {error}"]) from None
    return Encoder(encode, engine.sha256)


def memory_of(sound: SoundConfig, seconds: float) -> SourceSound:
    """An empty memory for so much of a source's sound."""
    opened = open_encoder(sound)
    encode = opened.encode if opened else None
    return source_sound(encode, keep_s=seconds + 5, slot_ns=SLOT_NS)


def hearing_of(engine: Engine, path: Path, model: Path | None = None) -> SoundConfig:
    """What the fusion model of a file learnt to hear.

    model: its encoder's file, if it learnt from an ``audio_encoder``; None for the one that the
    program knows.

    Raises:
        EngineError: this program makes no such tokens, or the encoder is another one than it
            learnt from.
        ConfigError: see ``open_encoder``.
    """
    said = engine.metadata
    tokens = said.get("sound_tokens", "bands")  # older files do not say it
    if tokens not in (known := get_args(TokenKind)):
        raise EngineError(
            f"{path}: made for sound tokens '{tokens}'; this program makes {', '.join(known)}"
        )
    hearing = SoundConfig(tokens=tokens, model=model if tokens == "audio_encoder" else None)
    opened = open_encoder(hearing)
    wanted = said.get("sound_encoder")
    if opened and wanted and opened.sha256 != wanted:
        raise EngineError(
            f"{path}: learnt from a sound encoder of sha256 {wanted[:12]}..., this one is of "
            f"{opened.sha256[:12]}... Name its own with --encoder FILE, or train again"
        )
    return hearing
