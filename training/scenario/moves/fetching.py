"""Taking a thing from where it lies before it is used, and putting it back after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.scenario.moves.acting import upright_axes
from training.scenario.moves.arms import Goal, reach_for
from training.scenario.moves.body import travel
from training.scenario.moves.limbs import ARM, Side, along, chest, unit

Way = tuple[Float, Float]
"""Centre (T, 3), metres, and axes (T, 3, 3) of a thing."""


@dataclass(frozen=True, slots=True)
class Trip:
    """Frames of a hand that fetches and returns a thing.

    It leaves its rest at ``start``, grasps at ``taken``, begins the use at ``used``; it ends the
    use at ``leaves``, lets go at ``put`` and rests from ``done`` on.
    """

    start: int
    taken: int
    used: int
    leaves: int
    put: int
    done: int


def fetched(joints: Float, side: Side, way: Way, spot: Float, trip: Trip) -> tuple[Float, Way]:
    """The motion and the way of a thing that lies at ``spot`` (3,) before and after its use.

    joints, way: of somebody who has it in the hand all the time.
    """
    count, hand = len(joints), joints[:, ARM[side][3]]
    centre, axes = way
    using = travel(count, [(trip.taken, 0), (trip.used, 1), (trip.leaves, 1), (trip.put, 0)])
    busy = travel(count, [(trip.start, 0), (trip.taken, 1), (trip.put, 1), (trip.done, 0)])
    # Where the use has the hand already, the arm stays as the use wants it.
    share = busy * (1 - travel(count, [(trip.used, 0), (trip.used + 1, 1)])
                    * (1 - travel(count, [(trip.leaves - 1, 0), (trip.leaves, 1)])))  # fmt: skip
    body, use = chest(joints), using[:, None]
    lies = np.broadcast_to(spot, (count, 3))
    grasp = np.array([-0.03, 0.0, 0.05], np.float32)
    at = (lies + grasp) * (1 - use) + hand * use
    points = unit(
        along(body, (0.8, 0, -0.5)) * (1 - use) + unit(hand - joints[:, ARM[side][2]]) * use
    )
    goal = Goal(at=at.astype(np.float32), share=share, points=points, elbow=26, bow=0.06)
    moved = reach_for(joints, side, goal)
    ahead = np.broadcast_to(np.array([1, 0, 0], np.float32), (count, 3))
    right = np.broadcast_to(np.array([0, -1, 0], np.float32), (count, 3))
    offset = (centre - hand) * use - grasp * (1 - use)
    held = (np.arange(count) >= trip.taken) & (np.arange(count) < trip.put)
    place = np.where(held[:, None], moved[:, ARM[side][3]] + offset, lies)
    top = unit(axes[:, :, 2] * use + ahead * (1 - use) + np.array([1e-3, 0, 2e-3], np.float32))
    front = axes[:, :, 0] * use + right * (1 - use)
    return moved, (place.astype(np.float32), upright_axes(front, top))
