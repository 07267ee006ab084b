"""From scores over time to action events: one start and one end per action and track.

A pure function of scores and PTS: nothing here asks a clock, so a replay gives the same events.
All state is kept per (source_id, track_id); how sources interleave changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from recognition.boxes import Box, box_edges
from recognition.continuation import Continuation, EventName
from recognition.frames import Float
from recognition.hysteresis import ActionRule, EndReason, Hysteresis, Phase, nanoseconds
from recognition.rules import EventConfig, RuleBook
from recognition.zones import Stays

PHASE_ORDER: tuple[Phase, ...] = ("retract", "end", "update", "start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one modality gave to a decision.

    present: whether it was seen or heard at all. quality: 0..1, None where not measured.
    weight: 0..1, its share in the fusion gate, None where the model has no gate.
    contribution: -1..1, what the score loses without it, None where that was not asked.
    """

    present: bool
    quality: float | None = None
    weight: float | None = None
    contribution: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionEvent:
    """One message of one action of one track, of one pair, or of one group.

    co_tracks: the others who take part, empty for what one person does alone. co_boxes: theirs, in
    the same order; empty where one of them is not known.
    founders: tracks with which it began; empty where it is about the same ones still.
    parent: the group's event that was open when this one began.
    zones: where the person of track_id stands; None where the source has no zones.
    continues: the event of the same people and action that this one takes up again.
    rev: 0 for the start, then one more per message of the same event.
    onset_ns: PTS of the first step of the run that passed ``enter``, less the rule's ``lag``.
    detected_ns: PTS at which ``min_on`` was fulfilled and the event began to be known.
    pts_ns: PTS of the step, or of the loss, that caused this message.
    end_ns: PTS of the first step below ``exit``, less ``lag``, or of the track's last step.
    score, peak, mean: smoothed score now, highest, and mean of the steps since onset.
    topk: the best labels now, best first, the background included.
    box: x1 y1 x2 y2 in px of the muxed frame, whose (width, height) is frame_size.
    """

    source_id: int
    track_id: int
    action: str
    rev: int
    phase: Phase
    onset_ns: int
    detected_ns: int
    pts_ns: int
    end_ns: int | None
    end_reason: EndReason | None
    score: float
    peak: float
    mean: float
    enter: float
    exit: float
    topk: tuple[tuple[str, float], ...]
    evidence: Mapping[str, Evidence]
    box: Box
    frame_size: tuple[int, int]
    co_tracks: tuple[int, ...] = ()
    co_boxes: tuple[Box, ...] = ()
    parent: EventName | None = None
    founders: tuple[int, ...] = ()
    continues: EventName | None = None
    zones: Stays | None = None

    @property
    def name(self) -> EventName:
        """The same in all messages of an event."""
        tracks = self.founders or (self.track_id, *self.co_tracks)
        return EventName(tracks, self.action, self.onset_ns)

    @property
    def key(self) -> tuple[int, int, str]:
        """Source, track and action: at most one event of a key is open at a time."""
        return self.source_id, self.track_id, self.action


@dataclass(slots=True)
class _Track:
    """One person's smoothed scores (C,) and the machine of each action that ever qualified.

    who: the tracks of whoever it is about.
    """

    scores: npt.NDArray[np.float64]
    pts_ns: int
    evidence: Mapping[str, Evidence]
    box: Box
    frame_size: tuple[int, int]
    who: tuple[int, ...]
    machines: dict[int, Hysteresis] = field(default_factory=dict)


class EventLogic:
    """Turns the scores of every track into events. One thread owns it.

    labels: the model's C class names, in the order of its scores.
    background: the label that stands for no action; it never makes an event. cameras: names by
    source id, for rules of one camera alone.
    Raises ValueError for an action in the configuration that the model does not know.
    """

    def __init__(
        self,
        config: EventConfig,
        labels: Sequence[str],
        background: str | None = "background",
        *,
        cameras: Mapping[int, str] | None = None,
    ) -> None:
        self.labels, self.config = tuple(labels), config
        self._rules = RuleBook(config, labels, background, cameras or {})
        self._tracks: dict[tuple[int, int], _Track] = {}
        self._continuation = Continuation(nanoseconds(config.merge_gap_s))

    def step(  # noqa: PLR0913 - one decision, with all that is told of it
        self,
        *,
        source_id: int,
        track_id: int,
        pts_ns: int,
        scores: Float,
        evidence: Mapping[str, Evidence],
        box: Float,
        frame_size: tuple[int, int],
        who: tuple[int, ...] = (),
    ) -> list[ActionEvent]:
        """Take one decision of the model for one track; the messages it causes, ends first.

        scores: (C,) probabilities in the order of the labels. box: (4,) x1 y1 x2 y2 px.
        frame_size: width, height px. who: where track_id stands for several tracks.
        Raises ValueError for scores that are not (C,) within 0..1, and for a PTS not after the
        track's last one.
        """
        values, edges, key = self._checked(scores), box_edges(box), (source_id, track_id)
        track = self._tracks.get(key)
        if track is None:
            who = who or (track_id,)
            track = self._tracks[key] = _Track(values, pts_ns, evidence, edges, frame_size, who)
        else:
            if pts_ns <= track.pts_ns:
                raise ValueError(
                    f"pts_ns must grow within a track: source {source_id} track {track_id} "
                    f"got {pts_ns} after {track.pts_ns}"
                )
            elapsed_s = (pts_ns - track.pts_ns) / 1e9
            track.scores = self._rules.of(source_id).smoothed(track.scores, values, elapsed_s)
            track.pts_ns, track.evidence = pts_ns, evidence
            track.box, track.frame_size = edges, frame_size
        return self._advance(key, track)

    def lost(self, source_id: int, track_id: int, pts_ns: int) -> list[ActionEvent]:
        """End the events of a track that is gone, and free its state."""
        return self._close([(source_id, track_id)], "track_lost", pts_ns)

    def end_source(
        self, source_id: int, pts_ns: int, reason: EndReason = "stream_ended"
    ) -> list[ActionEvent]:
        """End all events of a source that ended or went away, and free its state."""
        events = self._close([key for key in self._tracks if key[0] == source_id], reason, pts_ns)
        self._continuation.forget_source(source_id)
        return events

    def end_all(self, reason: EndReason = "shutdown") -> list[ActionEvent]:
        """End everything, each event at its track's last PTS, in order of source and track."""
        return self._close(self._tracks, reason, None)

    def change_rule(
        self, action: str, change: ActionRule | None, source_id: int | None = None
    ) -> list[ActionEvent]:
        """Judge an action by another rule from now on; the ends of events that it switches off.

        change: what differs; None: back to the configuration. source_id: None for all sources.
        Raises ValueError for an action that the model does not know.
        """
        index, events = self._rules.change(action, change, source_id), []
        for key, track in sorted(self._tracks.items(), key=lambda item: item[0]):
            machine = track.machines.get(index)
            if machine is None:
                continue
            machine.rule = self._rules.of(key[0]).rules[index]
            if machine.rule.enabled:
                continue
            if machine.state == "open":
                machine.close(track.pts_ns, "config_change")
                events.append(self._event(key, track, index, "end", track.pts_ns))
            del track.machines[index]
        return events

    def rule_of(self, action: str, source_id: int) -> ActionRule:
        """The rule by which an action is judged now. ValueError for an unknown action."""
        return self._rules.of(source_id).rules[self._rules.index(action)]

    def open_actions(self, source_id: int, track_id: int) -> tuple[tuple[str, float], ...]:
        """The open events of a track: label and smoothed score, best first."""
        track = self._tracks.get((source_id, track_id))
        if track is None:
            return ()
        found = [
            (self.labels[index], float(track.scores[index]))
            for index, machine in track.machines.items()
            if machine.state == "open"
        ]
        return tuple(sorted(found, key=lambda item: -item[1]))

    def __len__(self) -> int:
        """How many tracks have state."""
        return len(self._tracks)

    def _checked(self, scores: Float) -> npt.NDArray[np.float64]:
        values = np.asarray(scores, dtype=np.float64)
        if values.shape != (len(self.labels),):
            raise ValueError(f"scores must be ({len(self.labels)},); got {values.shape}")
        if not np.all((values >= 0) & (values <= 1 + 1e-6)):
            raise ValueError(f"scores must be probabilities within 0..1; got {values}")
        return values

    def _advance(self, key: tuple[int, int], track: _Track) -> list[ActionEvent]:
        # A score of exactly 0.7 arrives from the model as float32 0.69999999: round before judging.
        judged = np.round(track.scores, 6)
        rules, events = self._rules.of(key[0]), []
        for index in sorted({*track.machines, *np.flatnonzero(judged >= rules.enter).tolist()}):
            machine = track.machines.get(index)
            if machine is None:
                free = self._continuation.free_from(key[0], track.who, self.labels[index])
                machine = track.machines[index] = Hysteresis(
                    rules.rules[index], nanoseconds(self.config.update_interval_s), free
                )
            phase = machine.step(float(judged[index]), track.pts_ns)
            if phase is not None:
                events.append(self._event(key, track, index, phase, track.pts_ns))
        return sorted(events, key=lambda event: PHASE_ORDER.index(event.phase))

    def _close(
        self, keys: Iterable[tuple[int, int]], reason: EndReason, pts_ns: int | None
    ) -> list[ActionEvent]:
        events = []
        for key in sorted(self._tracks.keys() & set(keys)):
            track = self._tracks.pop(key)
            for index, machine in sorted(track.machines.items()):
                if machine.state == "open":
                    machine.close(track.pts_ns, reason)
                    at_ns = max(pts_ns or 0, track.pts_ns)
                    events.append(self._event(key, track, index, "end", at_ns))
        return events

    def _event(
        self, key: tuple[int, int], track: _Track, index: int, phase: Phase, pts_ns: int
    ) -> ActionEvent:
        machine = track.machines[index]
        name = EventName(track.who, self.labels[index], machine.onset_ns)
        best = np.argsort(-track.scores, kind="stable")[: self.config.top_k]
        return ActionEvent(
            source_id=key[0],
            track_id=key[1],
            action=name.action,
            rev=machine.rev,
            phase=phase,
            onset_ns=name.onset_ns,
            detected_ns=machine.detected_ns,
            pts_ns=pts_ns,
            end_ns=machine.end_ns if phase == "end" else None,
            end_reason=machine.end_reason if phase == "end" else None,
            score=float(track.scores[index]),
            peak=machine.peak,
            mean=machine.mean,
            enter=machine.rule.enter,
            exit=machine.rule.exit,
            topk=tuple((self.labels[i], float(track.scores[i])) for i in best),
            evidence=track.evidence,
            box=track.box,
            frame_size=track.frame_size,
            continues=self._continuation.link(
                key[0], name, machine.end_ns, true=phase != "retract"
            ),
        )
