"""What a simulated camera can be asked for of a scene that was acted out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from recognition.scoring import Span
from recognition.truth import MIN_SEEN_SHARE, enough
from training.scenario.world import FPS, ActionTruth, World
from training.scenario_windows import Filmed


def asked_for(world: World, filmed: Filmed, *, start_ns: int = 0) -> Iterator[Span]:
    """The true spans of a scene as one camera filmed it; times count from the scene's begin.

    start_ns: what is added to all times. Somebody whom the detector hardly found is not asked for,
    as in ``recognition.truth.expected``.
    """
    names = [actor.name for actor in world.actors]
    seen: dict[str, list[float]] = {name: [] for name in names}
    for frame in filmed.frames:
        for person in frame.persons:
            at_s = (frame.pts_ns - filmed.start_ns) / 1e9
            seen[names[filmed.owner[person.track_id]]].append(at_s)
    stamps = np.array([(frame.pts_ns - filmed.start_ns) / 1e9 for frame in filmed.frames])
    times = {name: np.array(found) for name, found in seen.items()}
    for truth in world.truth:
        whole = max(_within(stamps, truth), 1)
        found = [n for n in truth.actors if _within(times[n], truth) >= MIN_SEEN_SHARE * whole]
        for name in truth.actors:
            yield Span(
                action=truth.action,
                person=name,
                onset_s=truth.onset_s + start_ns / 1e9,
                end_s=truth.end_s + start_ns / 1e9,
                counts=name in found and enough(truth.action, len(found)),
                others=tuple(other for other in truth.actors if other != name),
            )


def _within(times: np.ndarray[tuple[int], np.dtype[np.float64]], truth: ActionTruth) -> int:
    return int(((times >= truth.onset_s) & (times <= truth.end_s + 1 / FPS)).sum())
