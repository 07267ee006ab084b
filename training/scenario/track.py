"""One actor's way through a scene, frame by frame, as it is made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from recognition.frames import Float
from training.motion import heading
from training.scenario.feet import Flags, above_floor, plant
from training.scenario.move import Posture
from training.scenario.persona import Persona
from training.scenario.skeleton import CHANGE_FRAMES, PELVIS, change_over, turned_and_moved
from training.scenario.walking import Piece, piece
from training.scenario.world import FPS

Spot = tuple[float, float]
Mark = Literal["stand", "walk", "run", "other"]


@dataclass(frozen=True, slots=True)
class Span:
    """Frames start..end-1 in which the actor does that."""

    mark: Mark
    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class Track:
    """What an actor has done up to frame ``at``, and how it stands there.

    place: metres. yaw: radians. posture: how the body is. seat_m: height of the seat while it
    sits. free_from: the first frame from which the actor may do something else; what lies between
    it and ``at`` is the end of a motion that may be cut short.
    """

    persona: Persona
    frames: int
    place: Spot
    yaw: float
    posture: Posture = "standing"
    seat_m: float = 0.45
    at: int = 0
    free_from: int = 0
    doing: str = "nothing"
    spans: list[Span] = field(default_factory=list)
    joints: Float = field(init=False)
    rests: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.joints = np.zeros((self.frames, 26, 3), np.float32)
        self.rests = np.ones((self.frames, 2), np.bool_)

    def append(self, part: Piece, mark: Mark = "other", *, over: int = CHANGE_FRAMES) -> None:
        """Go on with a piece in the scene's space; what is after the scene's end is left out.

        over: frames within which the pose so far goes over into the piece.
        """
        count = min(len(part.joints), self.frames - self.at)
        if count <= 0:
            return
        joints = part.joints[:count]
        if self.at > 0:
            joints = change_over(self.joints[self.at - 1], joints, over)
        self.joints[self.at : self.at + count] = joints
        self.rests[self.at : self.at + count] = part.rests[:count]
        self.spans.append(Span(mark, self.at, self.at + count))
        self.at += count
        self.free_from = self.at

    def put(self, joints: Float, *, mark: Mark = "other", over: int = CHANGE_FRAMES) -> None:
        """Go on with a motion (T, 26, 3) in the actor's own space: it begins here, facing so."""
        self.append(piece(self.in_scene(joints)), mark, over=over)

    def in_scene(self, joints: Float) -> Float:
        """A motion (T, 26, 3) of the actor's own space as it is in the scene from here."""
        return turned_and_moved(joints, self.yaw, np.array(self.place, np.float32))

    def own(self, point: Float) -> tuple[float, float, float]:
        """A point (3,) of the scene in the actor's own space."""
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        x, y = point[0] - self.place[0], point[1] - self.place[1]
        return (float(x * c + y * s), float(y * c - x * s), float(point[2]))

    def settle(self) -> None:
        """Take place and facing from the last frame."""
        last = self.joints[self.at - 1 : self.at]
        self.place = (float(last[0, PELVIS, 0]), float(last[0, PELVIS, 1]))
        self.yaw = float(heading(last)[0])

    def cut_back(self, frame: int) -> None:
        """Forget what is after ``frame``, which is ``free_from`` or later."""
        if frame >= self.at:
            return
        self.at = max(frame, self.free_from)
        kept = [span for span in self.spans if span.start < self.at]
        self.spans = [Span(span.mark, span.start, min(span.end, self.at)) for span in kept]
        self.settle()

    def wait_until(self, frame: int) -> None:
        """Stand, sit or lie there until a frame."""
        count = min(frame, self.frames) - self.at
        if count <= 0:
            return
        who = self.persona
        if self.posture == "standing":
            self.put(who.stand(count), mark="stand")
            return
        last = self.joints[self.at - 1]
        motion = (
            who.lie(last, count)
            if self.posture == "lying"
            else who.sit(last, self.yaw, self.seat_m, count)
        )
        rests = np.full((count, 2), self.posture == "seated")
        self.append(Piece(joints=motion, rests=rests))

    def wait(self, seconds: float) -> None:
        """Stand, sit or lie there for so long."""
        self.wait_until(self.at + round(seconds * FPS))

    def finished(self) -> Float:
        """The whole track (T, 26, 3), once it has all frames; feet stay put and above the floor."""
        return above_floor(plant(self.joints, self.rests))
