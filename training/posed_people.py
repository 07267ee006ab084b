"""Single poses of people of one side of the split, for pictures without a story."""

from __future__ import annotations

import numpy as np

from recognition.frames import Float
from training.figure import bone_lengths
from training.generated import ACTIONS, generate
from training.mocap import MOCAP_DIR, PELVIS, SHARE_ALIKE, Clip, by_split, load_clips
from training.motion import mirror_body, random_bones, reach, turn

Rng = np.random.Generator

SIDES = ("train", "validation", "test")

AVERAGE_BONES = np.array(
    [
        0.102, 0.086, 0.086, 0.067, 0.067, 0.17, 0.158, 0.255, 0.255, 0.22, 0.22, 0.062, 0.062,
        0.385, 0.385, 0.391, 0.391, 0.631, 0.163, 0.325, 0.142, 0.113, 0.08, 0.08, 0.218, 0.218,
    ],
    np.float32,
)  # fmt: skip
"""(26,) metres: median of six adults; used where no recordings are there."""

_UPRIGHT = ("stand", "gesture", "reach", "gymnastics", "kick")
_GENERATED_SHARE = 0.4


class PosePool:
    """Draws poses from the recordings of one side and from generated motion.

    Where the recordings are absent everything is generated. Share-alike recordings are left out.
    """

    def __init__(self, side: str) -> None:
        if side not in SIDES:
            raise ValueError(f"side: wanted one of {', '.join(SIDES)}; got {side!r}")
        self.side = side
        self.clips: list[Clip] = []
        if (MOCAP_DIR / "index.json").is_file():
            own = by_split(load_clips())[side]
            self.clips = [clip for clip in own if not clip.subject.startswith(SHARE_ALIKE)]
        lengths = np.array([len(clip.joints) for clip in self.clips], np.float64)
        self._chances = np.sqrt(lengths) / np.sqrt(lengths).sum() if self.clips else lengths

    def draw(self, rng: Rng) -> Float:
        """A pose (26, 3) metres on bones of its own, pelvis over the origin, facing anywhere."""
        if not self.clips or rng.random() < _GENERATED_SHARE:
            joints = self._generated(rng)
        else:
            clip = self.clips[int(rng.choice(len(self.clips), p=self._chances))]
            joints = clip.joints[int(rng.integers(len(clip.joints)))]
        return self._somewhere(joints, rng)

    def upright(self, rng: Rng) -> Float:
        """Like ``draw``, but on their feet, so that both hands are free to hold something."""
        clip = self._made(str(rng.choice(_UPRIGHT[:3])), rng)
        return self._somewhere(clip.joints[int(rng.integers(len(clip.joints)))], rng)

    def seated(self, rng: Rng) -> Float:
        """Somebody who sits; the lowest part is on the floor, feet included."""
        clip = self._made("sit_down", rng)
        return self._somewhere(clip.joints[-1], rng)

    def _generated(self, rng: Rng) -> Float:
        names = list(ACTIONS)
        name = str(rng.choice(_UPRIGHT)) if rng.random() < 0.5 else str(rng.choice(names))
        clip = self._made(name, rng)
        frame: Float = clip.joints[int(rng.integers(len(clip.joints)))]
        return frame

    def _made(self, action: str, rng: Rng) -> Clip:
        bones = AVERAGE_BONES
        if self.clips:
            bones = bone_lengths(self.clips[int(rng.integers(len(self.clips)))])
        return generate(action, bones, self.side, rng)

    @staticmethod
    def _somewhere(joints: Float, rng: Rng) -> Float:
        posed = reach(joints[None], random_bones(rng))
        if rng.random() < 0.5:
            posed = mirror_body(posed)
        posed -= posed[:, PELVIS, None] * np.array([1, 1, 0], np.float32)
        turned: Float = turn(posed, float(rng.uniform(0, 2 * np.pi)))[0].astype(np.float32)
        return turned
