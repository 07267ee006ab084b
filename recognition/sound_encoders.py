"""Sound tokens of the kind that is asked for: plain bands, or those of an encoder network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from recognition.frames import Float, SoundFrame
from recognition.sound import BANDS, TOKEN_SIZE, SoundMemory
from recognition.sound_tokens import PATCH_COLUMNS, PatchStream, TokenMemory, encoder_input

TokenKind = Literal["bands", "audio_encoder", "yamnet"]
"""What a fusion model hears: ``bands`` are those of ``recognition.sound.SoundMemory``."""

Run = Callable[[Mapping[str, Float]], Mapping[str, Float]]
"""An engine's ``run``."""

Encode = Callable[[Float], Float]
"""Patches (P, 96, 64) -> tokens (P, ``TOKEN_SIZE``)."""

Shapes = Mapping[str, tuple[int | None, ...]]


class SoundConfig(BaseModel, extra="forbid", frozen=True):
    """What of the sound the fusion model gets."""

    tokens: TokenKind = Field(
        "bands", description="what the fusion model was trained with; bands needs no model"
    )
    model: Path | None = Field(None, description="the encoder's file; None: the one we know of")


_OWN = {"log_mel": (None, 1, BANDS, PATCH_COLUMNS)}
_YAMNET = (None, PATCH_COLUMNS, BANDS)

_PEOPLE = (
    *range(67),  # voices, breath, steps, hands, crowds
    132,  # music
    *range(348, 362),  # doors, knocks, cupboards, dishes, chopping
    *range(378, 382),  # typing, writing
    *range(382, 398),  # alarms, telephones, sirens, whistles
    *range(412, 422),  # tools, shots
    *range(431, 438),  # wood, glass
    454, 455, *range(460, 466),  # thump, thunk, bang, slap, whack, smash, breaking, bouncing
    494,  # silence
)  # fmt: skip
"""Rows of ``yamnet_class_map.csv``: the ``TOKEN_SIZE`` classes that tell most of people."""


def encoder(kind: TokenKind, run: Run, inputs: Shapes, outputs: Shapes) -> Encode:
    """How patches become tokens of a kind.

    run, inputs, outputs: those of the engine that holds the encoder's model.

    Raises:
        ValueError: the model has other inputs or outputs than an encoder of this kind.
    """
    match kind:
        case "audio_encoder":
            return _own(run, inputs, outputs)
        case "yamnet":
            return _yamnet(run, inputs, outputs)
        case "bands":
            raise ValueError("bands need no encoder")


def _own(run: Run, inputs: Shapes, outputs: Shapes) -> Encode:
    if dict(inputs) != _OWN or outputs.get("tokens") != (None, TOKEN_SIZE):
        raise ValueError(
            f"takes {dict(inputs)} and gives {dict(outputs)}; wanted {_OWN} and tokens "
            f"{(None, TOKEN_SIZE)}. Export it again: python -m export.audio_to_onnx CHECKPOINT"
        )

    def encode(cut: Float) -> Float:
        return run({"log_mel": encoder_input(cut)})["tokens"]

    return encode


def _yamnet(run: Run, inputs: Shapes, outputs: Shapes) -> Encode:
    if list(inputs.values()) != [_YAMNET] or list(outputs.values()) != [(None, 521)]:
        raise ValueError(
            f"takes {dict(inputs)} and gives {dict(outputs)}; wanted one input {_YAMNET} and 521 "
            "scores. Prepare it: python -m export.fetch yamnet"
        )
    (entry,), (score,) = inputs, outputs

    def encode(cut: Float) -> Float:
        # Most scores are far below 1; the root spreads them.
        tokens: Float = np.sqrt(run({entry: cut})[score][:, list(_PEOPLE)])
        return tokens

    return encode


class EncodedSound:
    """One source's tokens of an encoder, in place of a ``SoundMemory``.

    The encoder runs once for every ``slot_ns`` of sound, however many windows ask.
    """

    def __init__(self, encode: Encode, *, keep_s: float, slot_ns: int) -> None:
        self._encode = encode
        self._stream = PatchStream(hop_ns=slot_ns)
        self._memory = TokenMemory(keep=int(keep_s * 1e9) // slot_ns + 1, reach_ns=slot_ns)

    def push(self, frame: SoundFrame) -> None:
        """Take the next columns."""
        ends, cut = self._stream.push(frame)
        if ends:
            for end_ns, token in zip(ends, self._encode(cut), strict=True):
                self._memory.push(end_ns, token)

    def tokens(self, end_ns: int, *, slots: int, slot_ns: int) -> Float | None:
        """See ``TokenMemory.tokens``."""
        return self._memory.tokens(end_ns, slots=slots, slot_ns=slot_ns)


SourceSound = SoundMemory | EncodedSound
"""What remembers one source's sound."""


def source_sound(encode: Encode | None, *, keep_s: float, slot_ns: int) -> SourceSound:
    """An empty memory of one source's sound; encode: None for plain bands."""
    if encode is None:
        return SoundMemory(keep_s=keep_s)
    return EncodedSound(encode, keep_s=keep_s, slot_ns=slot_ns)
