"""Scripts: strict, and every mistake is told with its line and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import BaseModel

from settings.errors import ConfigError
from tests.golden import check_golden
from training.scenario.looks import HAIR_STYLES, PATTERNS
from training.scenario.random_script import random_script
from training.scenario.rooms import STYLES
from training.scenario.script import (
    FurnitureKind,
    LookScript,
    PropKind,
    RoomStyle,
    ScenarioError,
    Script,
    SoundKind,
    load_script,
    save_script,
)
from training.scenario.viewing import check_views
from training.scenario.world import (
    FURNITURE_KINDS,
    PROP_KINDS,
    SOUND_KINDS,
    Actor,
    Look,
    Room,
    World,
)

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "configs" / "scenarios" / "example.yaml"

GOOD = """\
seed: 1
duration_s: 10
furniture:
  - {name: desk, kind: table, at_m: [2, 4]}
props:
  - {name: mug, kind: cup, on: desk}
actors:
  - name: ann
    start: {at_m: [2, 2]}
    does:
      - {at_s: 1, action: wave, for_s: 2}
      - {at_s: 5, action: drink, prop: mug, for_s: 2}
  - name: bob
    start: {at_m: [4, 2], facing_deg: 180}
    does: []
cameras:
  - {name: door, at_m: [0.5, 0.5, 2], look_at_m: [3, 3, 1]}
"""

WAVE = "{at_s: 1, action: wave, for_s: 2}"

MISTAKES = {
    "an unknown action": (WAVE, "{at_s: 1, action: wvae, for_s: 2}"),
    "an action that is none": (WAVE, "{at_s: 1, action: background}"),
    "overlapping actions": ("at_s: 5", "at_s: 2.5"),
    "two actions at once": (
        f"      - {WAVE}",
        f"      - {WAVE}\n      - {{at_s: 1, action: point}}",
    ),
    "a partner who is busy": ("does: []", "does: [{at_s: 1.5, action: hug, with: ann}]"),
    "a prop nobody holds": ("kind: cup, on: desk", "kind: cup}\n  - {name: spare, kind: book"),
    "a prop that is needed": (", prop: mug", ""),
    "a prop of the wrong kind": ("kind: cup", "kind: book"),
    "a prop that is not there": ("prop: mug", "prop: mog"),
    "a prop that is not needed": (WAVE, "{at_s: 1, action: wave, prop: mug}"),
    "a prop in two places": ("on: desk", "on: desk, at_m: [1, 1, 1]"),
    "furniture that is not there": ("on: desk", "on: shelf"),
    "a seed that is no number": ("seed: 1", "seed: abc"),
    "a seed with a fraction": ("seed: 1", "seed: 1.5"),
    "a misspelt key": ("for_s: 2}\n      - {at_s: 5", "fors: 2}\n      - {at_s: 5"),
    "a misspelt section": ("cameras:", "camera:"),
    "a key given twice": ("seed: 1", "seed: 1\nseed: 2"),
    "a name given twice": ("name: bob", "name: ann"),
    "a name with blanks": ("name: bob", "name: Bob B"),
    "nobody to hug": ("does: []", "does: [{at_s: 8, action: hug}]"),
    "a gathering of two": ("does: []", "does: [{at_s: 8, action: gathering, with: ann}]"),
    "a partner who is not there": ("does: []", "does: [{at_s: 8, action: hug, with: anna}]"),
    "a hug of oneself": ("does: []", "does: [{at_s: 8, action: hug, with: bob}]"),
    "a partner for nothing": (WAVE, "{at_s: 1, action: wave, with: bob}"),
    "a way of an action without one": (WAVE, "{at_s: 1, action: wave, to_m: [1, 1]}"),
    "a way out of the room": (WAVE, "{at_s: 1, action: walk, to_m: [9, 1]}"),
    "an aim that is not there": (WAVE, "{at_s: 1, action: point, at: bop}"),
    "an aim that is none": (WAVE, "{at_s: 1, action: point, at: 3}"),
    "too late": ("at_s: 5", "at_s: 9"),
    "while away": ("does: []", "does: [{at_s: 1, action: jump}]\n    enters_at_s: 4"),
    "never there": ("does: []", "does: []\n    enters_at_s: 4\n    leaves_at_s: 2"),
    "a camera outside": ("at_m: [0.5, 0.5, 2]", "at_m: [0.5, 0.5, 6]"),
    "a camera that looks straight down": ("look_at_m: [3, 3, 1]", "look_at_m: [0.5, 0.5, 0]"),
    "a colour that is none": ("kind: cup", "kind: cup, color: redd"),
    "an odd picture size": ("seed: 1", "seed: 1\nsize_px: [641, 360]"),
    "text without speech": (
        "seed: 1",
        "seed: 1\nsound: {cues: [{kind: clap, at_s: 1, at_m: [1, 1, 1], text: hi}]}",
    ),
    "an unknown style": ("seed: 1", "seed: 1\nroom: {style: ofice}"),
    "no mapping": (GOOD, "- a\n"),
    "no YAML": (GOOD, "seed: [1\n"),
}


def mistakes_of(folder: Path, text: str) -> list[str]:
    path = folder / "scene.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_script(path)
    return [line.replace(f"{folder}/", "") for line in caught.value.lines]


def test_every_mistake_is_told_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    told = []
    for title, (right, wrong) in MISTAKES.items():
        assert right in GOOD, title
        told += [f"# {title}", *mistakes_of(tmp_path, GOOD.replace(right, wrong, 1)), ""]
    check_golden(Path(__file__).parent / "golden" / "script_errors.txt", "\n".join(told))


def test_all_mistakes_of_a_script_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("wave", "wvae").replace("prop: mug", "prop: mog")
    assert [line.split(":")[1] for line in mistakes_of(tmp_path, text)] == ["11", "12"]


def test_the_example_shows_a_script_that_can_be_played() -> None:
    script = load_script(EXAMPLE)
    assert {prop.kind for prop in script.props} <= set(PROP_KINDS)
    text = EXAMPLE.read_text()
    for key in (
        "enters_at_s",
        "leaves_at_s",
        "with:",
        "at: ",
        "to_m",
        "seated",
        "cues",
        "lens_seed",
    ):
        assert key in text


@pytest.mark.parametrize("seed", range(4))
def test_a_written_script_is_read_as_the_same(tmp_path: Path, seed: int) -> None:
    script = random_script(seed, duration_s=9)
    save_script(script, tmp_path / "drawn.yaml")
    assert load_script(tmp_path / "drawn.yaml") == script
    example = load_script(EXAMPLE)
    save_script(example, tmp_path / "example.yaml")
    assert load_script(tmp_path / "example.yaml") == example


def sections(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    yield model
    for field in model.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from sections(part)


def test_every_section_is_strict_frozen_and_described() -> None:
    found = set(sections(Script))
    assert len(found) > 9
    for section in found:
        assert section.model_config.get("extra") == "forbid", section
        assert section.model_config.get("frozen") is True, section
        assert section.__doc__, section
    schema = Script.model_json_schema()
    assert schema["$defs"]["Doing"]["properties"]["with"]["default"] == []


def test_a_script_knows_the_words_of_the_world() -> None:
    assert get_args(PropKind) == PROP_KINDS
    assert get_args(FurnitureKind) == FURNITURE_KINDS
    assert get_args(SoundKind) == SOUND_KINDS
    assert get_args(RoomStyle) == STYLES
    wishes = LookScript.model_fields
    assert set(wishes) == set(Look.__dataclass_fields__) - {"girth"}
    assert set(get_args(get_args(wishes["hair_style"].annotation)[0])) == set(HAIR_STYLES)
    assert set(get_args(get_args(wishes["pattern"].annotation)[0])) == set(PATTERNS)


def test_a_camera_that_sees_nobody_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "scene.yaml"
    away = "  - {name: wall, at_m: [3, 3, 2], look_at_m: [3, 6, 2]}\n"
    path.write_text(GOOD + away)
    joints = np.full((300, 26, 3), (2.0, 2.0, 1.0), np.float32)
    gray = (0.5, 0.5, 0.5)
    look = Look(skin=gray, hair=gray, top=gray, top_detail=gray, bottom=gray, shoes=gray)
    actor = Actor(name="ann", look=look, joints=joints, present=np.ones(300, bool))
    world = World(duration_s=10, room=Room(width_m=7, depth_m=6), actors=(actor,))
    with pytest.raises(ScenarioError) as caught:
        check_views(load_script(path), world)
    line = str(caught.value.located(path)).replace(f"{tmp_path}/", "")
    assert re.fullmatch(
        r"scene\.yaml:18: cameras\[1\]: 'wall' sees nobody; the people are around "
        r"\[2\.0, 2\.0, 1\.0\]: turn look_at_m there, or widen fov_deg",
        line,
    )
