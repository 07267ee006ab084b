"""What every message of a run says, and what is said of each source."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.publish.contract import Clock, ModelPart
from pipelines.publish.topics import check_base, check_node
from recognition.continuation import EventName

PINNED = 1000
"""Events of live sources whose clock is remembered; the oldest is forgotten first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What the messages of one source say about it.

    name: of the configuration. utc_base_ns: UTC in ns since 1970 of the source's PTS 0.
    clock: where that base comes from; ``file_mtime`` for files, another for live sources.
    clock_uncertainty_ms: how far off UTC times may be by that, None where nobody can say.
    """

    name: str
    utc_base_ns: int
    clock: Clock
    clock_uncertainty_ms: int | None = None

    @property
    def live(self) -> bool:
        """Whether two runs see different things."""
        return self.clock != "file_mtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every message of a run says. base: topic levels; node: slug; boot_id: of this run.

    sources: by source_id; an entry must be there before the source's first event.
    Raises ValueError for a base or node that cannot be part of a topic.
    """

    base: str
    node: str
    boot_id: str
    app_version: str
    model: ModelPart
    sources: dict[int, SourceContext] = field(default_factory=dict)
    _pinned: dict[tuple[int, EventName], SourceContext] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_base(self.base)
        check_node(self.node)

    def source(self, source_id: int, name: EventName) -> SourceContext:
        """The source of an event as it was at its first message.

        So an event keeps its id and its times although the clock of a camera is set anew. KeyError
        for a source that is not known.
        """
        now, key = self.sources[source_id], (source_id, name)
        if not now.live:
            return now
        if key not in self._pinned and len(self._pinned) >= PINNED:
            del self._pinned[next(iter(self._pinned))]
        return self._pinned.setdefault(key, now)
