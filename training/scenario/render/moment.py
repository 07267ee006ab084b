"""Where everybody and everything is at one instant of a world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognition.frames import Float
from training.scenario.world import FPS, Actor, Prop, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """actors: index -> joints (26, 3) metres. props: index -> model matrix (4, 4).

    Who is away is left out.
    """

    actors: dict[int, Float]
    props: dict[int, Float]


def moment(world: World, at_s: float) -> Moment:
    """Tracks interpolated linearly at ``at_s``; before and after the scene they hold still."""
    actors = {
        i: joints for i, actor in enumerate(world.actors)
        if (joints := _joints(actor, at_s)) is not None
    }  # fmt: skip
    props = {
        i: model for i, prop in enumerate(world.props)
        if (model := _model(prop, at_s)) is not None
    }  # fmt: skip
    return Moment(actors=actors, props=props)


def _rows(count: int, at_s: float) -> tuple[int, int, float]:
    """The two rows round a time, and the share of the second."""
    at = float(np.clip(at_s * FPS, 0, count - 1))
    first = min(int(at), max(count - 2, 0))
    return first, min(first + 1, count - 1), at - first


def _joints(actor: Actor, at_s: float) -> Float | None:
    first, second, share = _rows(len(actor.joints), at_s)
    if not actor.present[second if share > 0.5 else first]:
        return None
    # Somebody who comes in or leaves is at no place between here and away.
    if not (actor.present[first] and actor.present[second]):
        return np.asarray(actor.joints[second if share > 0.5 else first], np.float32)
    between = actor.joints[first] * (1 - share) + actor.joints[second] * share
    return np.asarray(between, np.float32)


def _model(prop: Prop, at_s: float) -> Float | None:
    first, second, share = _rows(len(prop.centre), at_s)
    nearer = second if share > 0.5 else first
    if not prop.present[nearer]:
        return None
    if not (prop.present[first] and prop.present[second]):
        first = second = nearer
    axes = prop.axes[first] * (1 - share) + prop.axes[second] * share
    x = axes[:, 0] / max(float(np.linalg.norm(axes[:, 0])), 1e-6)
    y = axes[:, 1] - x * float(x @ axes[:, 1])
    y = y / max(float(np.linalg.norm(y)), 1e-6)
    model = np.eye(4, dtype=np.float32)
    model[:3, :3] = np.stack([x, y, np.cross(x, y)], axis=1) * prop.scale
    model[:3, 3] = prop.centre[first] * (1 - share) + prop.centre[second] * share
    return model
