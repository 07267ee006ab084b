"""From frames to events of groups, with engines whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from engines.errors import EngineError
from engines.protocol import Tensor
from plugins.group_head import group_head
from plugins.recognizer import Recognizer
from recognition.events import ActionEvent
from recognition.groups import EMBEDDING, MEMBER_SIZE, MOST_MEMBERS
from recognition.hysteresis import ActionRule
from recognition.rules import EventConfig
from recognition.windows import WindowConfig
from tests.recognition.fusion import ScriptedFusion
from tests.recognition.people import frame, person

LABELS = ("stand", "wave", "background")
GROUP_LABELS = ("gathering", "walking_together", "background")
HEAD, FUSION = Path("group_head.onnx"), Path("fusion.onnx")


class LookingFusion(ScriptedFusion):
    """Embeds everybody alike."""

    def __init__(self) -> None:
        super().__init__(lambda _: "stand", LABELS)
        self.outputs = {**self.outputs, "emb": (None, EMBEDDING)}

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        emb = np.full((len(inputs["pose"]), EMBEDDING), EMBEDDING**-0.5, np.float32)
        return {**super().run(inputs), "emb": emb}


class ThreeGather:
    """A head that calls three or more a gathering. sha256: of the fusion model that it fits."""

    def __init__(self, fusion_sha256: str = "0" * 64) -> None:
        self.inputs = {"members": (None, MOST_MEMBERS, MEMBER_SIZE), "mask": (None, MOST_MEMBERS)}
        self.outputs: Mapping[str, tuple[int | None, ...]] = {
            "logits": (None, 3), "part": (None, MOST_MEMBERS)
        }  # fmt: skip
        self.metadata = {"labels": json.dumps(GROUP_LABELS), "fusion_sha256": fusion_sha256}
        self.sha256 = "1" * 64
        self.runtime = "none"

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        logits = np.zeros((len(inputs["mask"]), 3), np.float32)
        logits[np.arange(len(logits)), np.where(inputs["mask"].sum(axis=1) > 2, 0, 2)] = 9
        return {"logits": logits, "part": 9 * (2 * inputs["mask"] - 1)}


def recognizer(events: EventConfig | None = None) -> Recognizer:
    fusion = LookingFusion()
    return Recognizer(
        fusion, LABELS, windows=WindowConfig(), events=events or EventConfig(), sources=(0,),
        groups=group_head(ThreeGather(), HEAD, fusion, FUSION),
    )  # fmt: skip


def play(one: Recognizer, *tracks: int, first: int = 0, frames: int = 180) -> list[ActionEvent]:
    """People who stand side by side for six seconds, unless told otherwise."""
    return [
        event
        for index in range(first, first + frames)
        for event in one.step(
            [
                frame(
                    index / 30,
                    *(person((x, 100, x + 100, 400), track_id=n) for n, x in places(tracks)),
                )
            ]
        )
    ]


def places(tracks: tuple[int, ...]) -> list[tuple[int, float]]:
    return [(track, 100 + 110 * track) for track in tracks]


def test_three_who_stand_together_are_one_event_beside_what_each_does() -> None:
    one = recognizer()
    events = play(one, 1, 2, 3)
    (gathering,) = [event for event in events if event.action == "gathering"]
    assert (gathering.track_id, gathering.co_tracks) == (1, (2, 3))
    assert [box[0] for box in (gathering.box, *gathering.co_boxes)] == [210, 320, 430]
    assert {event.track_id for event in events if event.action == "stand"} == {1, 2, 3}
    assert {name for name, _ in one.actions_of(0, 2)} == {"stand", "gathering"}


def test_what_a_newcomer_begins_within_the_group_has_the_groups_event_as_parent() -> None:
    one = recognizer()
    (gathering,) = [event for event in play(one, 1, 2, 3) if event.action == "gathering"]
    assert all(event.parent is None for event in play(one, 1, 2, 3, first=180, frames=30))
    late = ActionRule(min_on_s=2.0)
    one.change_rule("stand", late, None)
    (stand,) = [
        event for event in play(one, 1, 2, 3, 4, first=210, frames=150) if event.phase == "start"
    ]
    assert (stand.track_id, stand.parent) == (4, gathering.name)
    ends = {event.action: event for event in one.end_all("shutdown") if event.track_id == 4}
    assert ends["stand"].parent == gathering.name


def test_two_who_stand_together_are_no_group_to_this_head() -> None:
    assert {event.action for event in play(recognizer(), 1, 2)} == {"stand"}


def test_rules_of_groups_are_the_sites_and_can_be_changed() -> None:
    off = {"actions": {"gathering": {"enabled": False}, "stand": {"enter": 0.6}}}
    one = recognizer(EventConfig.model_validate(off))
    assert {event.action for event in play(one, 1, 2, 3)} == {"stand"}
    assert one.rule_of("gathering", 0).enabled is False
    one.change_rule("gathering", ActionRule(enabled=True), None)
    events = play(one, 1, 2, 3, first=180)
    assert [event.action for event in events] == ["gathering"]
    (end,) = one.change_rule("gathering", ActionRule(enabled=False), None)
    assert (end.end_reason, end.co_tracks) == ("config_change", (2, 3))


def test_the_end_of_a_source_ends_its_groups() -> None:
    one = recognizer()
    play(one, 1, 2, 3)
    ends = one.end_source(0, "stream_ended")
    assert sorted(event.action for event in ends) == ["gathering", "stand", "stand", "stand"]


def test_a_head_for_another_fusion_model_is_refused_with_what_to_do() -> None:
    with pytest.raises(
        EngineError,
        match=r"group_head.onnx: trained for the fusion model with sha256 abababababab; "
        r"fusion.onnx has 000000000000. Train it .*--fusion fusion.onnx.*group_head: false",
    ):
        group_head(ThreeGather("ab" * 32), HEAD, LookingFusion(), FUSION)


def test_what_is_no_group_head_is_refused() -> None:
    with pytest.raises(EngineError, match=r"takes pose .*wanted a group head"):
        group_head(LookingFusion(), HEAD, LookingFusion(), FUSION)
    head = ThreeGather()
    head.outputs = {**head.outputs, "logits": (None, 4)}
    with pytest.raises(EngineError, match="3 labels for 4 logits"):
        group_head(head, HEAD, LookingFusion(), FUSION)
