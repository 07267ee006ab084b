"""How one person stands, sits and lies while doing nothing in particular."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recognition.frames import Float
from training.figure import Pose
from training.poses import resting_arms
from training.scenario.moves.body import Bearing, Body, arms_down, bearing, sitting
from training.scenario.skeleton import PELVIS, subject_bones, turned_and_moved
from training.scenario.walking import pelvis_over
from training.scenario.world import FPS

Rng = np.random.Generator

_UPPER = [*range(11), 18, 19, 20, 21, 22, 23]


class Persona:
    """The body and the habits that one actor keeps through a scene.

    bones: (26,) metres. stance: (26, 3) how this person stands, the pelvis at x = y = 0, facing x.
    walk_m_s: its easy walking speed.
    """

    def __init__(self, height_m: float | None, rng: Rng) -> None:
        self.bones = subject_bones(height_m, rng)
        self._rng = rng
        self._bearing: Bearing = bearing(rng)
        self._rest: Pose = arms_down(rng)
        self._restless = float(rng.uniform(0.15, 0.7))
        body = Body(self.bones, self._bearing, self._rest)
        body.hold(1 / FPS)
        self.stance = pelvis_over(body.joints(feet="planted"))[0]
        self.walk_m_s = float(rng.uniform(1.15, 1.5))

    def stand(self, frames: int, *, still_arms: bool = False) -> Float:
        """(T, 26, 3): shifts weight, looks about, moves an arm at times."""
        body = Body(self.bones, self._bearing, self._rest)
        for seconds, pose in self._fidgets(frames, still_arms=still_arms):
            if body.frame >= frames:
                break
            body.to(seconds, pose)
        body.hold(max(0, frames - body.frame) / FPS)
        return pelvis_over(body.joints(feet="planted"))[:frames]

    def act(self, keys: Sequence[tuple[float, Pose]], frames: int) -> Float:
        """(T, 26, 3): stands and goes through poses, (seconds to get there, pose), then waits."""
        body = Body(self.bones, self._bearing, self._rest)
        for seconds, pose in keys:
            body.to(seconds, pose)
        body.hold(max(0, frames - body.frame) / FPS)
        return pelvis_over(body.joints(feet="planted"))[:frames]

    @property
    def rest(self) -> Pose:
        """How the arms hang."""
        return self._rest

    def talk(self, frames: int) -> tuple[Float, list[tuple[int, int]]]:
        """(T, 26, 3): stands and talks with the hands, or listens, nods and looks about.

        Besides, the stretches (start, end) in which it only stands and listens.
        """
        rng = self._rng
        body = Body(self.bones, self._bearing, self._rest)
        quiet: list[tuple[int, int]] = []
        while body.frame < frames:
            if rng.random() < 0.5:
                self._gesticulate(body)
                continue
            start = body.frame
            for _ in range(int(rng.integers(1, 4))):
                body.to(rng.uniform(0.2, 0.35), {"nod": rng.uniform(4, 12)})
                body.to(rng.uniform(0.2, 0.35), {"nod": 0.0})
            for _ in range(int(rng.integers(1, 4))):
                body.to(rng.uniform(0.6, 1.6), {"look": rng.normal(0, 22), **self._shift()})
            quiet.append((start, min(body.frame, frames)))
        return pelvis_over(body.joints(feet="planted"))[:frames], quiet

    def sit(self, pose: Float, yaw: float, seat_m: float, frames: int) -> Float:
        """(T, 26, 3): stays seated as in ``pose`` (26, 3), moves head, trunk and hands a little.

        yaw: radians, where this person faces. seat_m: height of the seat.
        """
        rng = self._rng
        start = sitting(self.bones, seat_m, rng)
        lap = {k: v for k, v in start.items() if "arm" in k or "fore" in k}
        body = Body(self.bones, self._bearing, start, on_feet=False)
        while body.frame < frames:
            move: dict[str, float] = {"look": rng.normal(0, 20), "nod": rng.normal(3, 6)}
            if rng.random() < 0.3 * self._restless:
                side = "lr"[rng.integers(2)]
                move |= {f"{side}_arm": rng.uniform(5, 35), f"{side}_fore": rng.uniform(50, 105)}
            else:
                move |= lap
            body.to(rng.uniform(0.8, 1.8), {**move, "pitch": rng.uniform(-8, 6)})
            body.hold(rng.uniform(0.3, 2.5))
        upper = turned_and_moved(body.joints(feet="free")[:frames], yaw, np.zeros(2, np.float32))
        out: Float = np.repeat(pose[None], frames, axis=0)
        # Hips and legs stay where they are.
        out[:, _UPPER] = upper[:, _UPPER] + (out[:, PELVIS] - upper[:, PELVIS])[:, None]
        return out

    def lie(self, pose: Float, frames: int) -> Float:
        """(T, 26, 3): stays as in ``pose`` (26, 3) and breathes."""
        breath = 0.004 * np.sin(np.arange(frames) / FPS * 2 * np.pi * 0.28)
        out: Float = np.repeat(pose[None], frames, axis=0)
        out[..., 2] += breath[:, None]
        return out.astype(np.float32)

    def _fidgets(self, frames: int, *, still_arms: bool) -> list[tuple[float, Pose]]:
        rng = self._rng
        moves: list[tuple[float, Pose]] = []
        for _ in range(max(8, frames // 20)):
            move: Pose = {"look": rng.normal(0, 24), "nod": rng.normal(0, 6), **self._shift()}
            if not still_arms and rng.random() < 0.3 * self._restless:
                moves.append((rng.uniform(0.7, 1.3), {**move, **resting_arms(rng)}))
                moves.append((rng.uniform(2.0, 5.0), {}))
                moves.append((rng.uniform(0.7, 1.3), self._rest))
            else:
                moves.append((rng.uniform(0.8, 2.0), move))
                moves.append((rng.uniform(0.4, 2.5), {}))
        return moves

    def _gesticulate(self, body: Body) -> None:
        rng = self._rng
        sides = "lr" if rng.random() < 0.4 else "lr"[rng.integers(2)]
        for _ in range(int(rng.integers(1, 4))):
            pose: dict[str, float] = {"nod": rng.normal(0, 5), "look": rng.normal(0, 12)}
            for side in sides:
                pose |= {
                    f"{side}_arm": rng.uniform(5, 45), f"{side}_arm_out": rng.uniform(5, 30),
                    f"{side}_fore": rng.uniform(70, 115), f"{side}_fore_out": rng.uniform(-30, 15),
                }  # fmt: skip
            body.to(rng.uniform(0.3, 0.6), pose)
        body.to(rng.uniform(0.5, 0.9), self._rest)

    def _shift(self) -> Pose:
        """Weight from one leg to the other."""
        rng = self._rng
        if rng.random() < 0.5:
            return {}
        return {"side": rng.uniform(-0.035, 0.035), "lean": rng.normal(0, 1.5)}
