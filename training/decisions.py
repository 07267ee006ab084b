"""What a fusion model decides of all windows of one source, for choosing when events begin."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import softmax

from engines.protocol import Engine, Tensor
from recognition.frames import Float, Frame
from recognition.fusion_input import SLOTS
from recognition.hierarchy import Hierarchy
from recognition.layouts import LAYOUTS
from recognition.neighbours import PeopleStore
from recognition.pairs import Decision
from recognition.rules import EventConfig
from recognition.sound_encoders import SourceSound
from recognition.windows import Window, WindowConfig
from training.hearing import SLOT_NS

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions on the windows of one source, in the order of their frames.

    social: whether the model tells what two people do. owners: whose each track is, once it is
    known; None for nobody's.
    """

    labels: tuple[str, ...]
    social: bool
    decisions: tuple[Decision, ...]
    owners: Mapping[int, str | None] = field(default_factory=dict)

    def alone(self) -> dict[int, tuple[tuple[int, ...], Float]]:
        """What each track does by itself, by its id: times (N,) ns and scores (N, C)."""
        rules = EventConfig()
        hierarchy = Hierarchy(self.labels, [rules.rule(label) for label in self.labels])
        found: dict[int, tuple[list[int], list[Float]]] = {}
        for one in self.decisions:
            times, scores = found.setdefault(one.track_id, ([], []))
            times.append(one.pts_ns)
            scores.append(hierarchy.scores(one.scores) if self.social else one.scores)
        return {key: (tuple(times), np.stack(scores)) for key, (times, scores) in found.items()}

    def named(self, owners: Mapping[int, str | None]) -> Decided:
        """The same, with whose each track is."""
        return Decided(self.labels, self.social, self.decisions, owners)


def answered(
    frames: Iterable[Frame], memory: SourceSound | None, engine: Engine, *, knows_objects: bool
) -> Iterator[tuple[Sequence[Window], Sequence[Sequence[Window]], Mapping[str, Tensor]]]:
    """All windows of one source, the people near each, and what a model answers, in batches."""
    config, layout = WindowConfig(), LAYOUTS[engine.metadata["layout_version"]]
    store = PeopleStore(config, knows_objects=knows_objects, appearance=layout.visual)
    due = [
        (window, store.near(window) if layout.social else ())
        for frame in frames
        for window in store.push(frame)[0]
    ]
    for first in range(0, len(due), _BATCH):
        windows, near = zip(*due[first : first + _BATCH], strict=True)
        tokens = [
            memory.tokens(window.end_ns, slots=SLOTS, slot_ns=SLOT_NS) if memory else None
            for window in windows
        ]
        arrays = layout.inputs(windows, tokens, near, rate_hz=config.rate_hz)
        yield windows, near, engine.run(arrays)


def decide(
    frames: Iterable[Frame],
    memory: SourceSound | None,
    engine: Engine,
    *,
    start_ns: int = 0,
    knows_objects: bool = True,
) -> Decided:
    """Ask a model for all windows of one source; times count from ``start_ns``."""
    decisions: list[Decision] = []
    for windows, near, outputs in answered(frames, memory, engine, knows_objects=knows_objects):
        decisions += [
            Decision(
                source_id=window.source_id, track_id=window.track_id,
                pts_ns=window.end_ns - start_ns, scores=scores,
                near=tuple(other.track_id for other in others), evidence={},
                box=window.boxes[-1], frame_size=window.size,
            )
            for window, others, scores in zip(
                windows, near, softmax(outputs["logits"], axis=1), strict=True
            )
        ]  # fmt: skip
    layout = LAYOUTS[engine.metadata["layout_version"]]
    labels = tuple(json.loads(engine.metadata["labels"]))
    return Decided(labels, layout.social, tuple(decisions))
