"""A scene that has been acted out: where everything and everybody is at every moment.

``stage.act`` makes a ``World`` from a script; the painter films it, the sound mixer hears it, and
the truth files are written from it. Axes: metres, right handed, z up, floor at z = 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recognition.frames import Float

FPS = 30
"""Rate of all tracks of a world; cameras take their pictures at rates of their own."""

PROP_KINDS = ("bottle", "cup", "phone", "book", "ball", "box", "hammer", "laptop")
"""Things that the detector knows besides people, in the order of its classes 1..8."""

FURNITURE_KINDS = ("table", "chair", "shelf", "pillar", "screen")
SOUND_KINDS = (
    "clap", "footstep", "hammer", "knock", "glass_break", "phone_ring", "speech", "door", "thud",
)  # fmt: skip
"""``thud`` is a body or a heavy thing on the floor."""

Color = tuple[float, float, float]
"""Red, green, blue, 0..1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a subject looks like.

    girth: thickness of trunk and limbs by that of an average person, 0.8 to 1.3. sleeves: 0 bare
    arms, 0.5 to the elbow, 1 to the wrist. legs: the same for trousers; skirt hides the thighs.
    hair_style: short, long, bald, bun, cap. pattern: plain, stripes, checks, print.
    """

    skin: Color
    hair: Color
    top: Color
    top_detail: Color
    bottom: Color
    shoes: Color
    hair_style: str = "short"
    pattern: str = "plain"
    girth: float = 1.0
    sleeves: float = 1.0
    legs: float = 1.0
    skirt: bool = False
    glasses: bool = False
    beard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One person through the whole scene.

    joints: (T, 26, 3) float32 metres at ``FPS``, order as in the mocap data: COCO-17, pelvis,
    spine, neck, head, head_top, hands, toes. present: (T,) bool; False while the actor is away.
    """

    name: str
    look: Look
    joints: Float
    present: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prop:
    """One thing through the whole scene.

    centre: (T, 3) metres. axes: (T, 3, 3) rotation, columns are the thing's own x, y and z axes
    (its size is along them: see ``PROP_SIZES_M``). present: (T,) bool. color: its main colour.
    """

    name: str
    kind: str
    centre: Float
    axes: Float
    present: npt.NDArray[np.bool_]
    color: Color
    scale: float = 1.0


PROP_SIZES_M = {
    "bottle": (0.08, 0.08, 0.27), "cup": (0.10, 0.09, 0.11), "phone": (0.08, 0.012, 0.16),
    "book": (0.17, 0.03, 0.24), "ball": (0.22, 0.22, 0.22), "box": (0.42, 0.32, 0.30),
    "hammer": (0.14, 0.04, 0.34), "laptop": (0.34, 0.25, 0.23),
}  # fmt: skip
"""Width, depth and height of each kind of prop at scale 1, along its own x, y and z axes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Furniture:
    """A thing that stays where it is. at_m: x, y of its middle. size_m: width, depth, height."""

    kind: str
    at_m: tuple[float, float]
    size_m: tuple[float, float, float]
    facing_deg: float = 0.0
    color: Color = (0.6, 0.45, 0.3)

    @property
    def turn_deg(self) -> float:
        """Direction of its width, counter-clockwise from +x; its front is at -90 deg of it."""
        return self.facing_deg + 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Floor from 0, 0 to width, depth, with walls. seed chooses textures, pictures and light."""

    width_m: float
    depth_m: float
    height_m: float = 2.8
    style: str = "office"
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundCue:
    """Something that is heard. at_m: where. level_db: loudness 1 m away, full scale is 0 dB."""

    kind: str
    at_s: float
    at_m: tuple[float, float, float]
    level_db: float = -20.0
    for_s: float | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionTruth:
    """Who does what from when to when. actors: one name; two for a pair; more for a group."""

    action: str
    level: str
    actors: tuple[str, ...]
    onset_s: float
    end_s: float
    objects: tuple[str, ...] = ()
    sounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A scene that has been acted out; tracks have ``round(duration_s * FPS)`` rows."""

    duration_s: float
    room: Room
    furniture: tuple[Furniture, ...] = ()
    actors: tuple[Actor, ...] = ()
    props: tuple[Prop, ...] = ()
    sounds: tuple[SoundCue, ...] = ()
    truth: tuple[ActionTruth, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
