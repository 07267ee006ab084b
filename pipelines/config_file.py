"""Reads a configuration file and says of every mistake where it is and what to do."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pipelines.config import ROOT, Config
from settings.errors import ConfigError
from settings.strict_yaml import Place, StrictFile, read_yaml

_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load_config(path: Path, *, sources: Mapping[str, str] | None = None) -> Config:
    """Read ``path``; ``sources`` (name to address) replaces or adds sources.

    Raises:
        ConfigError: with every problem of the file, one line each.
    """
    file = _read(path)
    if sources:
        file.data["sources"] = _with_sources(file.data.get("sources"), sources)
    return _resolve_paths(file.validated(Config), path.absolute().parent)


def _read(path: Path) -> StrictFile:
    """The file, with the environment's values in place of its secrets."""
    file = read_yaml(path, wanted="a configuration is a mapping of sections; see README")
    problems: list[tuple[Place, str]] = []
    data = _fill_secrets(file.data, (), problems)
    if problems:
        raise ConfigError(file.tell_all(problems))
    return replace(file, data=data)


def _fill_secrets(value: Any, place: Place, problems: list[tuple[Place, str]]) -> Any:
    """Put the environment's values in place of ``${NAME}``."""
    if isinstance(value, dict):
        return {
            key: _fill_secrets(item, (*place, str(key)), problems) for key, item in value.items()
        }
    if isinstance(value, list):
        return [_fill_secrets(item, (*place, index), problems) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in _SECRET.findall(value):
        if name not in os.environ:
            text = f"the environment has no {name}; set it: export {name}=..."
            problems.append((place, text))
    return _SECRET.sub(lambda match: os.environ.get(match[1], ""), value)


def _with_sources(given: Any, sources: Mapping[str, str]) -> list[Any]:
    """The file's sources with those of the command line put in by name."""
    listed = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    left = dict(sources)
    for index, source in enumerate(listed):
        if isinstance(source, dict) and source.get("name") in left:
            listed[index] = {**source, "uri": left.pop(source["name"])}
    return [*listed, *({"name": name, "uri": uri} for name, uri in left.items())]


def _resolve_paths(config: Config, folder: Path) -> Config:
    """Make the paths of files absolute: below the configuration, else below the program."""

    def resolved(path: Path) -> Path:
        beside = folder / path
        return beside if path.is_absolute() or beside.exists() else ROOT / path

    def at(section: BaseModel, **keys: Path | None) -> Any:
        given = {key: resolved(path) for key, path in keys.items() if path is not None}
        return section.model_copy(update=given)

    sources = tuple(
        source
        if not source.is_file or source.path.is_absolute()
        else source.model_copy(update={"uri": str(_existing(source.path, folder))})
        for source in config.sources
    )
    return config.model_copy(
        update={
            "sources": sources,
            "detect": at(config.detect, config=config.detect.config),
            "track": at(config.track, config=config.track.config),
            "pose": at(config.pose, config=config.pose.config),
            "sound": at(config.sound, model=config.sound.model),
            "fusion": at(
                config.fusion,
                model=config.fusion.model,
                group_head=config.fusion.group_head or None,
            ),
        }
    )


def _existing(path: Path, folder: Path) -> Path:
    """A clip's path: beside the configuration, else where the command was given."""
    beside = folder / path
    return beside if beside.exists() else Path.cwd() / path
