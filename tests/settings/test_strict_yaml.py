"""Files of settings: strict YAML, and problems with lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from settings.errors import ConfigError
from settings.strict_yaml import dotted, read_yaml, suggestion


class Thing(BaseModel, extra="forbid"):
    on: str
    loud: bool = False
    partner: str = Field("nobody", alias="with")


class Things(BaseModel, extra="forbid"):
    things: tuple[Thing, ...]


def test_words_that_are_no_booleans_elsewhere_are_keys_and_names_here(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("things:\n- {on: no, loud: yes}\n- {on: off, loud: true, with: y}\n")
    first, second = read_yaml(path, wanted="things").validated(Things).things
    assert (first.on, first.loud) == ("no", True)
    assert (second.on, second.loud, second.partner) == ("off", True, "y")


def test_a_place_knows_its_line_and_a_missing_one_the_line_around_it(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("things:\n- on: desk\n  loud: true\n")
    file = read_yaml(path, wanted="things")
    assert file.line(("things", 0, "loud")) == 3
    assert file.line(("things", 0, "with")) == 2
    assert file.tell_all([(("things", 0, "with"), "b"), (("things",), "a")]) == [
        f"{path}:1: things: a",
        f"{path}:2: things[0].with: b",
    ]


def test_an_unknown_word_comes_with_the_nearest_or_all() -> None:
    assert suggestion("tabel", ["table", "chair"]) == "did you mean 'table'?"
    assert suggestion("x", ["table", "chair"]) == "known here: chair, table"
    assert suggestion("x", []) == "there are none here"
    assert dotted(("actors", 0, "does", 1)) == "actors[0].does[1]"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: &a [*a]\n", "a.yaml:1: nested too deep, or too many values"),
        ("a: &a {b: *a}\n", "a.yaml:1: nested too deep, or too many values"),
        (
            "\n".join(["a: &a0 [x]", *(f"b{n}: &a{n + 1} [{f'*a{n},' * 9}]" for n in range(9))]),
            "nested too deep, or too many values; give fewer aliases (*NAME)",
        ),
        ('a: !!int ""\n', "a.yaml:1: not YAML: "),
        ("a: !!bool x\n", "a.yaml:1: not YAML: 'x'"),
        ("a: !!timestamp x\n", "a.yaml:1: not YAML: "),
        ("a: " + "[" * 600, "a.yaml:1: not YAML: "),
        ("a: " + "9" * 5000, "a.yaml:1: not YAML: Exceeds the limit"),
    ],
)
def test_a_file_that_would_break_its_reader_is_told_in_a_line(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_yaml(path, wanted="things")
    (line,) = caught.value.lines
    assert said in line
