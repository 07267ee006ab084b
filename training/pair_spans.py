"""Events of two people that a rule makes of what a model decided, by the program's own logic."""

from __future__ import annotations

from itertools import groupby

from recognition.events import ActionEvent, EventLogic
from recognition.hysteresis import ActionRule
from recognition.pairs import PairLogic
from recognition.rules import EventConfig
from recognition.scoring import Span
from recognition.taxonomy import load_taxonomy
from training.decisions import Decided


def pair_spans(decided: Decided, rule: ActionRule) -> list[Span]:
    """One span for each of both people of every event, all actions of pairs judged by one rule."""
    pairs = [action.name for action in load_taxonomy().of_level("human_human")]
    columns = [decided.labels.index(name) for name in pairs]
    if all(one.scores[columns].max() < rule.enter for one in decided.decisions):
        return []  # nor does a mean of two get there
    config = EventConfig(actions=dict.fromkeys(pairs, rule))
    logic = PairLogic(EventLogic(config, decided.labels))
    events: list[ActionEvent] = []
    for _, batch in groupby(decided.decisions, key=lambda one: one.pts_ns):
        events += logic.step(list(batch))
    events += logic.end_all("stream_ended")
    return [
        Span(
            action=event.action,
            person=decided.owners[track_id],
            onset_s=event.onset_ns / 1e9,
            end_s=(event.end_ns or event.pts_ns) / 1e9,
        )
        for event in events
        if event.phase == "end"
        for track_id in (event.track_id, *event.co_tracks)
    ]
