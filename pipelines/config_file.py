"""Reads a configuration file and says of every mistake where it is and what to do."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from pipelines.config import ROOT, Config
from pipelines.errors import ConfigError

_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
Place = tuple[int | str, ...]


def load_config(path: Path, *, sources: Mapping[str, str] | None = None) -> Config:
    """Read ``path``; ``sources`` (name to address) replaces or adds sources.

    Raises:
        ConfigError: with every problem of the file, one line each.
    """
    data, lines = _read(path)
    if sources:
        data["sources"] = _with_sources(data.get("sources"), sources)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_problems(path, error, lines)) from None
    return _resolve_paths(config, path.absolute().parent)


def _read(path: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """The file's content, and the line of each key."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: not a text file; wanted YAML in UTF-8"]) from None
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError([f"{path}:{line}: not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError([f"{path}:1: not YAML: {str(error).splitlines()[0]}"]) from None
    if not isinstance(data, dict):
        raise ConfigError([f"{path}:1: a configuration is a mapping of sections; see README"])
    lines: dict[Place, int] = {}
    _collect_lines(root, (), lines, path)
    problems: list[str] = []
    data = _fill_secrets(data, (), lines, path, problems)
    if problems:
        raise ConfigError(problems)
    return data, lines


def _collect_lines(node: Any, place: Place, lines: dict[Place, int], path: Path) -> None:
    lines.setdefault(place, node.start_mark.line + 1 if node else 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            where = (*place, str(key.value))
            if where in lines:
                raise ConfigError(
                    [f"{path}:{key.start_mark.line + 1}: {_dotted(where)}: given twice"]
                )
            lines[where] = key.start_mark.line + 1
            _collect_lines(value, where, lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, (*place, index), lines, path)


def _fill_secrets(
    value: Any, place: Place, lines: Mapping[Place, int], path: Path, problems: list[str]
) -> Any:
    """Put the environment's values in place of ``${NAME}``."""
    if isinstance(value, dict):
        return {
            key: _fill_secrets(item, (*place, str(key)), lines, path, problems)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            _fill_secrets(item, (*place, index), lines, path, problems)
            for index, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value
    for name in _SECRET.findall(value):
        if name not in os.environ:
            problems.append(
                f"{path}:{lines.get(place, 1)}: {_dotted(place)}: the environment has no {name}; "
                f"set it: export {name}=..."
            )
    return _SECRET.sub(lambda match: os.environ.get(match[1], ""), value)


def _with_sources(given: Any, sources: Mapping[str, str]) -> list[Any]:
    """The file's sources with those of the command line put in by name."""
    listed = list(given) if isinstance(given, Sequence) and not isinstance(given, str) else []
    left = dict(sources)
    for index, source in enumerate(listed):
        if isinstance(source, dict) and source.get("name") in left:
            listed[index] = {**source, "uri": left.pop(source["name"])}
    return [*listed, *({"name": name, "uri": uri} for name, uri in left.items())]


def _problems(path: Path, error: ValidationError, lines: Mapping[Place, int]) -> list[str]:
    found = []
    problems = error.errors(include_url=False)
    for problem in problems:
        place = tuple(problem["loc"])
        inside = [
            other for other in problems if place == other["loc"][: len(place)] != other["loc"]
        ]
        if problem["type"] == "too_short" and inside:
            continue  # pydantic leaves bad items out before it counts the list
        line = next(
            (lines[place[:end]] for end in range(len(place), -1, -1) if place[:end] in lines), 1
        )
        where = f"{_dotted(place)}: " if place else ""
        found.append((line, f"{path}:{line}: {where}{_explain(place, problem)}"))
    return [text for _, text in sorted(found)]


def _explain(place: Place, problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        known = _known_keys(Config, place[:-1])
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        advice = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
        return f"unknown key; {advice}"
    if problem["type"] == "missing":
        return "missing; it has no default"
    text = str(problem["msg"]).removeprefix("Value error, ")
    shown = problem["input"]
    return f"{text}; got {shown!r}" if isinstance(shown, (int, float, bool)) else text


def _known_keys(model: Any, place: Place) -> list[str]:
    """Keys that the section at ``place`` may have."""
    for key in place:
        if isinstance(key, int):
            continue
        field = model.model_fields.get(key)
        model = _model_in(field.annotation) if field else None
        if model is None:
            return []
    return sorted(model.model_fields)


def _model_in(annotation: Any) -> Any:
    """The section class inside an annotation such as ``tuple[Section, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _dotted(place: Place) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _resolve_paths(config: Config, folder: Path) -> Config:
    """Make the paths of files absolute: below the configuration, else below the program."""

    def resolved(path: Path) -> Path:
        beside = folder / path
        return beside if path.is_absolute() or beside.exists() else ROOT / path

    def at(section: BaseModel, **keys: Path) -> Any:
        return section.model_copy(update={key: resolved(path) for key, path in keys.items()})

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
            "fusion": at(config.fusion, model=config.fusion.model),
        }
    )


def _existing(path: Path, folder: Path) -> Path:
    """A clip's path: beside the configuration, else where the command was given."""
    beside = folder / path
    return beside if beside.exists() else Path.cwd() / path
