"""The sound encoder that a site asks for."""

from __future__ import annotations

from engines.errors import EngineError
from engines.load import load_engine
from engines.registry import prepared
from pipelines.config import SoundConfig
from recognition.sound_encoders import Encode, encoder


def sound_encoder(config: SoundConfig) -> Encode | None:
    """How patches of sound become tokens; None for plain bands, which need no model.

    Raises:
        EngineError: the model is missing or is no encoder of the configured kind.
    """
    if config.tokens == "bands":
        return None
    path = prepared(config.model_path)
    engine = load_engine(path, threads=1)
    try:
        return encoder(config.tokens, engine.run, engine.inputs, engine.outputs)
    except ValueError as error:
        raise EngineError(f"{path}: {error}") from None
