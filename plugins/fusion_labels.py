"""What a fusion model says of itself, checked before it is fed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from engines.errors import EngineError
from engines.protocol import Engine
from recognition.layouts import LAYOUTS
from recognition.sound_encoders import TokenKind
from recognition.windows import WindowConfig


def fusion_labels(
    engine: Engine, path: Path, windows: WindowConfig, *, sound: TokenKind = "bands"
) -> tuple[str, ...]:
    """The labels of a fusion model, after checking that this program can feed it.

    sound: the tokens that it will get.

    Raises:
        EngineError: other feature layout, window, rate, sound tokens or inputs than this program
            makes.
    """
    again = "Export it again: edgeact export CHECKPOINT --to FILE"
    version = engine.metadata.get("layout_version", "none")
    if version not in LAYOUTS:
        raise EngineError(
            f"{path}: made for feature layout {version}; this program makes "
            f"{', '.join(LAYOUTS)}. {again}"
        )
    _check_settings(engine, path, windows, sound)
    shapes = LAYOUTS[version].input_shapes(windows.steps)
    if dict(engine.inputs) != shapes:
        raise EngineError(
            f"{path}: takes {_listed(engine.inputs)}; wanted {_listed(shapes)}. {again}"
        )
    missing = {"logits", "gate"} - set(engine.outputs)
    if missing:
        raise EngineError(f"{path}: gives no {', '.join(sorted(missing))}. {again}")
    try:
        labels = tuple(str(label) for label in json.loads(engine.metadata["labels"]))
    except (KeyError, ValueError, TypeError):
        raise EngineError(f"{path}: its metadata holds no list of labels. {again}") from None
    if engine.outputs["logits"][1] != len(labels):
        raise EngineError(
            f"{path}: {len(labels)} labels for {engine.outputs['logits'][1]} logits. {again}"
        )
    return labels


def _check_settings(engine: Engine, path: Path, windows: WindowConfig, sound: TokenKind) -> None:
    made_for = {"sound_tokens": "bands", **engine.metadata}  # older files do not say it
    for setting, key, wanted in (
        ("window.steps", "steps", windows.steps),
        ("window.rate_hz", "rate_hz", windows.rate_hz),
        ("sound.tokens", "sound_tokens", sound),
    ):
        came = made_for.get(key)
        if came != str(wanted):
            raise EngineError(
                f"{path}: made for {setting} {came}, the configuration says {wanted}. "
                f"Set {setting}: {came}, or train for {wanted}"
            )


def _listed(shapes: Mapping[str, tuple[int | None, ...]]) -> str:
    return ", ".join(f"{name} {['B', *shape[1:]]}" for name, shape in shapes.items())
