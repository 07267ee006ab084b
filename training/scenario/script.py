"""A scene as people write it: who does what, when, where, with what, and who watches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from settings.errors import ConfigError
from settings.strict_yaml import Place, StrictFile, dotted, read_yaml

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


class ScenarioError(ConfigError):
    """A scene cannot be made.

    problems: (place in the script, such as ``("actors", 0, "does", 1)``; what is wrong; what to
    do). With the script's file each line begins with the file and its line.
    """

    def __init__(
        self, problems: Sequence[tuple[Place, str]], *, file: StrictFile | None = None
    ) -> None:
        super().__init__(
            file.tell_all(problems)
            if file
            else [f"{dotted(place)}: {text}" if place else text for place, text in problems]
        )
        self.problems = tuple(problems)

    def located(self, path: Path) -> ScenarioError:
        """The same problems with the lines of the script's file."""
        return ScenarioError(self.problems, file=_read(path))


def _slug(name: str) -> str:
    if not _SLUG.match(name):
        raise ValueError(
            f"names are lower-case letters, digits, '-' and '_', 64 at most; got {name!r}"
        )
    return name


def _even(pixels: int) -> int:
    if pixels % 2:
        raise ValueError("video has an even width and height; add or take away one")
    return pixels


def _seed(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise ValueError(f"{value!r} is no seed; give a whole number from 0, such as 7")
    return value


def _color(value: Any) -> Any:
    if isinstance(value, str) and _HEX.match(value):
        return tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))
    parts = value if isinstance(value, (list, tuple)) else ()
    if len(parts) == 3 and all(isinstance(p, (int, float)) and 0 <= p <= 1 for p in parts):
        return tuple(parts)
    raise ValueError(f"{value!r} is no colour; write '#rrggbb', or [r, g, b] of 0 to 1")


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _target(value: Any) -> Any:
    """A name, or a place on the floor."""
    numbers = isinstance(value, (list, tuple)) and len(value) == 2
    if (
        value is None
        or isinstance(value, str)
        or (numbers and all(isinstance(v, (int, float)) for v in value))
    ):
        return value
    raise ValueError("wanted an actor's name, or a place on the floor: [x, y] in metres")


Name = Annotated[str, AfterValidator(_slug)]
Seed = Annotated[int, BeforeValidator(_seed)]
Color = Annotated[tuple[float, float, float], BeforeValidator(_color)]
Spot = tuple[float, float]
Point = tuple[float, float, float]
Even = Annotated[int, AfterValidator(_even)]
Size = tuple[Annotated[Even, Field(ge=64, le=3840)], Annotated[Even, Field(ge=64, le=2160)]]
PropKind = Literal["bottle", "cup", "phone", "book", "ball", "box", "hammer", "laptop"]
FurnitureKind = Literal["table", "chair", "shelf", "pillar", "screen"]
RoomStyle = Literal["office", "workshop", "living", "hall", "street"]
SoundKind = Literal[
    "clap", "footstep", "hammer", "knock", "glass_break", "phone_ring", "speech", "door", "thud"
]


class _Section(BaseModel):
    """A part of the script; an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False
    )


class RoomScript(_Section):
    """The floor reaches from 0, 0 to width, depth. seed: its textures, pictures and light."""

    width_m: float = Field(7.0, ge=2, le=40)
    depth_m: float = Field(6.0, ge=2, le=40)
    height_m: float = Field(2.8, ge=2.2, le=12)
    style: RoomStyle = "office"
    seed: Seed = 0


class FurnitureScript(_Section):
    """A thing that stays. size_m: width, depth, height; None for the usual size of its kind."""

    name: Name | None = None
    kind: FurnitureKind
    at_m: Spot
    size_m: Point | None = None
    facing_deg: float = 0.0
    color: Color | None = None


class PropScript(_Section):
    """A thing to be used. It stands on furniture or at a place, or whoever uses it first has it."""

    name: Name
    kind: PropKind
    on: Name | None = None
    at_m: Point | None = None
    color: Color | None = None
    scale: float = Field(1.0, ge=0.5, le=2.0)


class LookScript(_Section):
    """What is wished of a subject's look; the rest comes from its seed."""

    skin: Color | None = None
    hair: Color | None = None
    top: Color | None = None
    top_detail: Color | None = None
    bottom: Color | None = None
    shoes: Color | None = None
    hair_style: Literal["short", "long", "bald", "bun", "cap"] | None = None
    pattern: Literal["plain", "stripes", "checks", "print"] | None = None
    sleeves: float | None = Field(None, ge=0, le=1)
    legs: float | None = Field(None, ge=0, le=1)
    skirt: bool | None = None
    glasses: bool | None = None
    beard: bool | None = None


class SubjectScript(_Section):
    """Whom an actor is played by. None: chosen by the seed; without a seed, by the scene's."""

    height_m: float | None = Field(None, ge=1.2, le=2.2)
    girth: float | None = Field(None, ge=0.8, le=1.3)
    seed: Seed | None = None
    look: LookScript = LookScript()


class Start(_Section):
    """Where an actor is at first. facing_deg: 0 looks along x, 90 along y."""

    at_m: Spot
    facing_deg: float = 0.0
    seated: bool = False


class Doing(_Section):
    """One action of one actor.

    for_s: its length, None for the natural one. to_m: where the way leads. prop: what it is done
    with. partner: the others of a pair or group, ``with:`` in the file. at: at whom or at what.
    """

    at_s: float = Field(ge=0)
    action: str
    for_s: float | None = Field(None, gt=0)
    to_m: Spot | None = None
    prop: Name | None = None
    hand: Literal["left", "right"] | None = None
    partner: Annotated[tuple[Name, ...], BeforeValidator(_names)] = Field((), alias="with")
    at: Annotated[str | Spot | None, BeforeValidator(_target)] = None

    @property
    def end_s(self) -> float:
        """When it ends as far as the script says; its start where it gives no length."""
        return self.at_s + (self.for_s or 0.0)


class ActorScript(_Section):
    """One person and everything that this person does. enters_at_s: not there before."""

    name: Name
    subject: SubjectScript = SubjectScript()
    start: Start
    enters_at_s: float | None = Field(None, ge=0)
    leaves_at_s: float | None = Field(None, gt=0)
    does: tuple[Doing, ...] = ()


class CameraScript(_Section):
    """A pinhole camera. fov_deg: horizontal. lens_seed: blur, noise, exposure and colour cast."""

    name: Name
    at_m: Point
    look_at_m: Point
    fov_deg: float = Field(65.0, ge=15, le=120)
    microphone: bool = True
    lens_seed: Seed | None = None


class CueScript(_Section):
    """A sound besides those of the actions. text: what is said, of speech only."""

    kind: SoundKind
    at_s: float = Field(ge=0)
    at_m: Point
    level_db: float = Field(-20.0, ge=-60, le=0)
    for_s: float | None = Field(None, gt=0)
    text: str | None = Field(None, min_length=1, max_length=200)


class SoundScript(_Section):
    """What is heard. snr_db: the loudest sound above the noise of the room."""

    snr_db: float = Field(25.0, ge=-20, le=80)
    cues: tuple[CueScript, ...] = ()


class Script(_Section):
    """One scene. fps, size_px: of the cameras."""

    seed: Seed
    duration_s: float = Field(gt=0, le=600)
    fps: int = Field(25, ge=5, le=60)
    size_px: Size = (1280, 720)
    room: RoomScript = RoomScript()
    furniture: tuple[FurnitureScript, ...] = ()
    props: tuple[PropScript, ...] = Field((), max_length=40)
    actors: tuple[ActorScript, ...] = Field(min_length=1, max_length=20)
    cameras: tuple[CameraScript, ...] = Field(min_length=1, max_length=16)
    sound: SoundScript = SoundScript()


def load_script(path: Path) -> Script:
    """Read a script and check that it can be played.

    Raises:
        ScenarioError: the names and doings do not fit together; every problem, with its line.
        ConfigError: the file is not YAML, or its keys and values are no script.
    """
    from training.scenario.script_check import find_problems

    file = _read(path)
    script = file.validated(Script)
    problems = find_problems(script)
    if problems:
        raise ScenarioError(problems, file=file)
    return script


def save_script(script: Script, path: Path) -> None:
    """Write a script as a YAML file that ``load_script`` reads as the same script."""
    content = script.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=96)
    path.write_text(text, encoding="utf-8")


def _read(path: Path) -> StrictFile:
    return read_yaml(path, wanted="a script is a mapping; see configs/scenarios/example.yaml")
