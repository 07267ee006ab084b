"""The sound encoder that a site asks for."""

from __future__ import annotations

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine
from engines.registry import model_file, prepared
from recognition.sound_encoders import Encode, SoundConfig, encoder


def sound_encoder(config: SoundConfig, fusion: Engine) -> Encode | None:
    """How patches of sound become tokens; None for plain bands, which need no model.

    fusion: that gets the tokens.

    Raises:
        EngineError: the model is missing, is no encoder of the configured kind, or is not the one
            that the fusion model learnt from.
    """
    if config.tokens == "bands":
        return None
    path = prepared(config.model or model_file(config.tokens))
    engine = load_engine(path, threads=1)
    try:
        encode = encoder(config.tokens, engine.run, engine.inputs, engine.outputs)
    except ValueError as error:
        raise EngineError(f"{path}: {error}") from None
    learnt_from = fusion.metadata.get("sound_encoder", engine.sha256)
    if learnt_from != engine.sha256:
        raise EngineError(
            f"{path}: another sound encoder than the fusion model learnt from, whose sha256 is "
            f"{learnt_from[:12]}..., not {engine.sha256[:12]}...; its tokens mean something else. "
            "Set sound.model to that file, or train the fusion model again with this one"
        )
    return encode
