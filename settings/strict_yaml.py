"""Reads a YAML file into a pydantic model and says of every mistake where it is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from settings.errors import ConfigError

Place = tuple[int | str, ...]
"""Keys and list positions from the root of a file to one value."""

MAX_DEPTH = 40
MAX_VALUES = 50_000

Model = TypeVar("Model", bound=BaseModel)


class _Loader(yaml.SafeLoader):
    """Only ``true`` and ``false`` are booleans, as in YAML 1.2: ``on:`` is a key like others."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)


@dataclass(frozen=True, slots=True)
class StrictFile:
    """A file's content, and the line (from 1) on which each place begins."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest place around it that the file has."""
        ends = range(len(place), -1, -1)
        return next((self.lines[place[:end]] for end in ends if place[:end] in self.lines), 1)

    def tell(self, place: Place, text: str) -> str:
        """One problem as ``file:line: key: what is wrong; what to do``."""
        where = f"{dotted(place)}: " if place else ""
        return f"{self.path}:{self.line(place)}: {where}{text}"

    def tell_all(self, problems: Iterable[tuple[Place, str]]) -> list[str]:
        """Problems as lines of text, in the order of the file."""
        found = sorted((self.line(place), self.tell(place, text)) for place, text in problems)
        return [text for _, text in found]

    def validated(self, model: type[Model], data: Any = None) -> Model:
        """The content, or ``data`` in its stead, as a model.

        Raises:
            ConfigError: with every problem of the file, one line each.
        """
        try:
            return model.model_validate(self.data if data is None else data)
        except ValidationError as error:
            raise ConfigError(self.tell_all(_problems(model, error, self.lines))) from None


def read_yaml(path: Path, *, wanted: str) -> StrictFile:
    """Read a mapping from a YAML file; ``wanted`` completes "..:1: " where it is none.

    Raises:
        ConfigError: the file cannot be read, is not YAML, is no mapping, or has a key twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: not a text file; wanted YAML in UTF-8"]) from None
    try:
        root = yaml.compose(text, Loader=_Loader)
        data = yaml.load(text, Loader=_Loader)  # a kind of SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError([f"{path}:{line}: not YAML: {error.problem}"]) from None
    except (yaml.YAMLError, ValueError, RecursionError, LookupError, AttributeError) as error:
        # The last two: PyYAML's readers of tagged values, as in `!!int ""`.
        said = str(error).splitlines() or [type(error).__name__]
        raise ConfigError([f"{path}:1: not YAML: {said[0]}"]) from None
    if not isinstance(data, dict):
        raise ConfigError([f"{path}:1: {wanted}"])
    lines: dict[Place, int] = {}
    _collect_lines(root, (), lines, path)
    return StrictFile(path, data, lines)


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown word: the nearest known one, else all of them."""
    listed = sorted(known)
    near = difflib.get_close_matches(word, listed, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"known here: {', '.join(listed)}" if listed else "there are none here"


def dotted(place: Place) -> str:
    """A place as people write it: ``sources[0].uri``."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _collect_lines(node: Any, place: Place, lines: dict[Place, int], path: Path) -> None:
    if len(place) > MAX_DEPTH or len(lines) > MAX_VALUES:  # aliases may stand for any number
        line = node.start_mark.line + 1
        raise ConfigError(
            [f"{path}:{line}: nested too deep, or too many values; give fewer aliases (*NAME)"]
        )
    lines.setdefault(place, node.start_mark.line + 1 if node else 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            where = (*place, str(key.value))
            line = key.start_mark.line + 1
            if where in lines:
                raise ConfigError([f"{path}:{line}: {dotted(where)}: given twice"])
            lines[where] = line
            _collect_lines(value, where, lines, path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, (*place, index), lines, path)


def _problems(
    model: type[BaseModel], error: ValidationError, lines: Mapping[Place, int]
) -> Iterable[tuple[Place, str]]:
    problems = error.errors(include_url=False)
    for problem in problems:
        place = tuple(problem["loc"])
        inside = [
            other for other in problems if place == other["loc"][: len(place)] != other["loc"]
        ]
        if problem["type"] == "too_short" and inside:
            continue  # pydantic leaves bad items out before it counts the list
        yield place, _explain(model, place, problem)


def _explain(model: type[BaseModel], place: Place, problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return f"unknown key; {suggestion(str(place[-1]), _known_keys(model, place[:-1]))}"
    if problem["type"] == "missing":
        return "missing; it has no default"
    text = str(problem["msg"]).removeprefix("Value error, ")
    shown = problem["input"]
    told = not isinstance(shown, (int, float)) or repr(shown) in text
    return text if told else f"{text}; got {shown!r}"


def _known_keys(model: Any, place: Place) -> list[str]:
    """Keys that the section at ``place`` may have."""
    named = False  # whether the next key is a name that the file gives
    for key in place:
        if named or isinstance(key, int):
            named = False
            continue
        field = _by_key(model).get(key)
        model = _model_in(field.annotation) if field else None
        if field is None or model is None:
            return []
        named = get_origin(field.annotation) is dict
    return list(_by_key(model))


def _by_key(model: type[BaseModel]) -> dict[str, Any]:
    """Fields by the word that stands for them in a file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _model_in(annotation: Any) -> Any:
    """The section class inside an annotation such as ``tuple[Section, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None
