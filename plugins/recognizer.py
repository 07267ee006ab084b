"""From frames and sound to action events: windows, the fusion engine, the event logic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from scipy.special import softmax

from engines.protocol import Engine
from plugins.contributions import with_contributions
from plugins.evidence import evidence_of
from plugins.group_head import GroupHead
from recognition.events import ActionEvent, EventLogic
from recognition.frames import Float, Frame, SoundFrame
from recognition.fusion_input import SLOTS
from recognition.group_events import GroupLogic
from recognition.groups import Member
from recognition.hierarchy import Hierarchy
from recognition.hysteresis import ActionRule, EndReason
from recognition.layouts import LAYOUTS
from recognition.neighbours import PeopleStore
from recognition.pairs import Decision, PairLogic
from recognition.parents import Parents
from recognition.rules import EventConfig
from recognition.sound_encoders import Encode, source_sound
from recognition.stitching import Stitcher
from recognition.windows import Window, WindowConfig
from recognition.zones import Corners, Zones

CLOCK_RESET_NS = 1_000_000_000  # a PTS this far back means that the camera started again


class Recognizer:
    """Owns the windows, the sound memories, the engine and the event logic; one thread uses it.

    sources: ids of the sources, and their names where they have any. knows_objects: whether the
    detector finds anything but people; where it does not, the model is told that it cannot know
    of things. encode: makes sound tokens of patches; None for plain bands.
    groups: says what people who are together do; None for nothing. zones: by source id, the corners
    of each zone by its name.

    Attributes:
        windows_run: windows classified so far.
    """

    def __init__(  # noqa: PLR0913 - all that a site may set
        self,
        engine: Engine,
        labels: Sequence[str],
        *,
        windows: WindowConfig,
        events: EventConfig,
        sources: Iterable[int] | Mapping[int, str],
        knows_objects: bool = False,
        encode: Encode | None = None,
        groups: GroupHead | None = None,
        zones: Mapping[int, Mapping[str, Corners]] | None = None,
    ) -> None:
        self._engine = engine
        self._rate_hz = windows.rate_hz
        self._layout = LAYOUTS[engine.metadata["layout_version"]]
        self._stitcher = Stitcher(events.stitch_s)
        self._zones = Zones(zones or {})
        self._store = PeopleStore(
            windows, knows_objects=knows_objects, appearance=self._layout.visual
        )
        names = sources if isinstance(sources, Mapping) else {}
        of_groups, own = events.split({*groups.labels} - {*labels} if groups else ())
        self._logic = EventLogic(own, labels, cameras=names)
        self._hierarchy = Hierarchy(labels, [events.rule(label) for label in labels])
        self._pairs = PairLogic(EventLogic(own, labels, cameras=names))
        self._groups: GroupLogic | None = None
        if groups is not None:
            logic = EventLogic(of_groups, groups.labels, cameras=names)
            self._groups = GroupLogic(logic, groups.judge, rate_hz=windows.rate_hz)
            self._parents = Parents(self._groups.open_event)
        self._slot_ns = windows.steps * windows.step_ns // SLOTS
        keep_s = windows.steps / windows.rate_hz + 5
        self._sounds = {
            source_id: source_sound(encode, keep_s=keep_s, slot_ns=self._slot_ns)
            for source_id in sources
        }
        self._newest_ns = dict.fromkeys(sources, 0)
        self.windows_run = 0

    @property
    def takes_appearance(self) -> bool:
        """Whether the model is told what people look like."""
        return self._layout.visual

    @property
    def tracks_started(self) -> Mapping[int, int]:
        """People followed so far, by source: a track is counted once."""
        return self._store.started

    def hear(self, sound: SoundFrame) -> None:
        """Take in sound; it must come before the frames that are to be judged with it."""
        self._sounds[sound.source_id].push(sound)

    def step(self, frames: Sequence[Frame]) -> list[ActionEvent]:
        """Take in the frames of one batch; returns the events that they cause, in order."""
        events: list[ActionEvent] = []
        due: list[tuple[Window, tuple[Window, ...]]] = []
        over: list[tuple[int, int, int]] = []
        for frame in frames:
            if frame.pts_ns < self._newest_ns[frame.source_id] - CLOCK_RESET_NS:
                events += self.end_source(frame.source_id, "camera_offline")
            self._newest_ns[frame.source_id] = frame.pts_ns
            people = self._stitcher.step(frame)
            self._zones.step(people)
            windows, gone = self._store.push(people)
            due += [(window, self._near(window)) for window in windows]
            over += [(*key, frame.pts_ns) for key in gone]
        if due:
            events += self._classify(due)
        for who in over:
            events += self._within_groups([*self._logic.lost(*who), *self._pairs.lost(*who)])
            events += self._groups.lost(*who) if self._groups else ()
        named = self._named(events)
        for source_id, track_id, _ in over:
            self._stitcher.forget(source_id, track_id)
            self._zones.forget(source_id, track_id)
        return named

    def end_source(self, source_id: int, reason: EndReason) -> list[ActionEvent]:
        """A source is over: end its events and free all that is kept of it."""
        self._store.forget_source(source_id)
        end = source_id, self._newest_ns[source_id], reason
        events = [*self._logic.end_source(*end), *self._pairs.end_source(*end)]
        events = self._within_groups(events)
        events += self._groups.end_source(*end) if self._groups else ()
        named = self._named(events)
        self._stitcher.forget_source(source_id)
        self._zones.forget_source(source_id)
        return named

    def end_all(self, reason: EndReason) -> list[ActionEvent]:
        """The program stops: end every open event."""
        events = self._within_groups([*self._logic.end_all(reason), *self._pairs.end_all(reason)])
        events += self._groups.end_all(reason) if self._groups else ()
        return self._named(events)

    def change_rule(
        self, action: str, change: ActionRule | None, source_id: int | None
    ) -> list[ActionEvent]:
        """As ``EventLogic.change_rule``."""
        if self._groups is not None and action in self._groups.actions:
            events = self._groups.change_rule(action, change, source_id)
        else:
            alone = self._logic.change_rule(action, change, source_id)
            both = self._pairs.change_rule(action, change, source_id)
            events = self._within_groups([*alone, *both])
        return self._named(events)

    def rule_of(self, action: str, source_id: int) -> ActionRule:
        """The rule by which an action is judged now."""
        if self._groups is not None and action in self._groups.actions:
            return self._groups.rule_of(action, source_id)
        return self._logic.rule_of(action, source_id)

    def actions_of(self, source_id: int, track_id: int) -> tuple[tuple[str, float], ...]:
        """Open actions of a track, alone and with others, and their scores, best first."""
        person = self._stitcher.person(source_id, track_id)
        alone = self._logic.open_actions(source_id, person)
        together = self._pairs.open_actions(source_id, person)
        in_group = self._groups.open_actions(source_id, person) if self._groups else ()
        return tuple(sorted((*alone, *together, *in_group), key=lambda item: -item[1]))

    def _named(self, events: Iterable[ActionEvent]) -> list[ActionEvent]:
        """Events of people as those of tracks, with the zones in which they stand."""
        placed = (
            replace(event, zones=self._zones.of(event.source_id, event.track_id))
            for event in events
        )
        return [self._stitcher.named(event) for event in placed]

    def _near(self, window: Window) -> tuple[Window, ...]:
        return self._store.near(window) if self._layout.social else ()

    def _classify(self, due: Sequence[tuple[Window, tuple[Window, ...]]]) -> list[ActionEvent]:
        windows, near = zip(*due, strict=True)
        sounds = [self._tokens(window) for window in windows]
        inputs = self._layout.inputs(windows, sounds, near, rate_hz=self._rate_hz)
        outputs = self._engine.run(inputs)
        self.windows_run += len(due)
        answers = zip(
            softmax(outputs["logits"], axis=1),
            outputs["gate"].mean(axis=1),  # (B, M): over the slots
            inputs["mod"],
            strict=True,
        )
        decisions = [
            Decision(
                source_id=window.source_id,
                track_id=window.track_id,
                pts_ns=window.end_ns,
                scores=scores,
                near=tuple(other.track_id for other in others),
                evidence=evidence_of(window, others, self._layout, gate=gate, present=present),
                box=window.boxes[-1],
                frame_size=window.size,
            )
            for (window, others), (scores, gate, present) in zip(due, answers, strict=True)
        ]
        events = [event for decision in decisions for event in self._alone(decision)]
        if self._layout.social:
            events += self._pairs.step(decisions)
        events = with_contributions(
            events,
            decisions,
            inputs,
            modalities=self._layout.modalities,
            ask=lambda changed: softmax(self._engine.run(changed)["logits"], axis=1),
            judge=self._score,
        )
        if self._groups is None:
            return events
        looks = [
            Member(window=window, emb=emb, evidence=decision.evidence)
            for window, emb, decision in zip(windows, outputs["emb"], decisions, strict=True)
        ]
        return [*self._within_groups(events), *self._groups.step(looks)]

    def _within_groups(self, events: list[ActionEvent]) -> list[ActionEvent]:
        """Events of single people and pairs, with the group's event in which they began."""
        return events if self._groups is None else self._parents.named(events)

    def _alone(self, decision: Decision) -> list[ActionEvent]:
        """What one person does by itself."""
        return self._logic.step(
            source_id=decision.source_id,
            track_id=decision.track_id,
            pts_ns=decision.pts_ns,
            scores=self._own(decision.source_id, decision.track_id, decision.scores),
            evidence=decision.evidence,
            box=decision.box,
            frame_size=decision.frame_size,
        )

    def _own(self, source_id: int, track_id: int, probabilities: Float) -> Float:
        """What probabilities (C,) say of each action of one person by itself."""
        if not self._layout.social:
            return probabilities
        held = [label for label, _ in self._logic.open_actions(source_id, track_id)]
        return self._hierarchy.scores(probabilities, held)

    def _score(self, event: ActionEvent, probabilities: Float) -> float:
        """How an event's action is judged in an answer; a pair's by one of the two alone."""
        scores = probabilities
        if not event.co_tracks:
            scores = self._own(event.source_id, event.track_id, probabilities)
        return float(scores[self._logic.labels.index(event.action)])

    def _tokens(self, window: Window) -> Float | None:
        memory = self._sounds[window.source_id]
        return memory.tokens(window.end_ns, slots=SLOTS, slot_ns=self._slot_ns)
