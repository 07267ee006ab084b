"""Reads the two forms of NVIDIA's configuration files: GLib key files and YAML maps."""

from __future__ import annotations

from pathlib import Path

import yaml

Sections = dict[str, dict[str, str]]


def read_sections(path: Path) -> Sections:
    """Read groups of keys with text values, in the order of the file.

    A name ending in .yml or .yaml is read as YAML with one map per group, any other as key file.

    Raises:
        ValueError: not readable, or not of that form; with the line.
    """
    try:
        text = path.read_text()
    except OSError as error:
        raise ValueError(f"{path}: cannot read this configuration file: {error.strerror}") from None
    return _read_yaml(path, text) if path.suffix in {".yml", ".yaml"} else _read_keys(path, text)


def _read_keys(path: Path, text: str) -> Sections:
    """GLib's key file: ``[group]`` lines, ``key=value`` lines, ``#`` at the start of a line."""
    sections: Sections = {}
    current: dict[str, str] | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if stripped.startswith("[") and stripped.endswith("]"):
            current = sections.setdefault(stripped[1:-1], {})
        elif "=" in stripped and current is not None:
            key, _, value = stripped.partition("=")
            current[key.strip()] = value.strip()
        else:
            raise ValueError(f"{path}:{number}: wanted [group] or key=value; got '{stripped}'")
    return sections


def _read_yaml(path: Path, text: str) -> Sections:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(content, dict) or not all(isinstance(v, dict) for v in content.values()):
        raise ValueError(f"{path}: wanted maps named property, class-attrs-all, class-attrs-N")
    return {
        str(name): {str(key): _text(value) for key, value in section.items()}
        for name, section in content.items()
    }


def _text(value: object) -> str:
    """What a key file would have at this place: lists are separated by semicolons."""
    if isinstance(value, list):
        return ";".join(_text(part) for part in value)
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)
