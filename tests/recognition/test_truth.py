"""Whose event it is, and which true events a camera can be asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recognition.scoring import Span
from recognition.truth import CameraTruth, expected, read_mot, recognised

SIZE = (200, 100)


def camera(folder: Path, *lines: str) -> CameraTruth:
    path = folder / "hall.mot.csv"
    path.write_text("\n".join(lines) + "\n")
    return read_mot(path, names={1: "anna", 2: "boris"}, size=SIZE, rate_hz=10)


def standing(person: int, x: float, *, frames: range, visible: float = 1.0) -> list[str]:
    return [f"{frame + 1},{person},{x},20,40,80,1,1,{visible}" for frame in frames]


def message(at_s: float, x: float, **event: Any) -> dict[str, Any]:
    """A start of a walk at 1 s whose box begins at x px, unless told otherwise."""
    time = {"media_onset_ns": 10**9, "media_pts_ns": round(at_s * 1e9)}
    if event.get("phase") == "end":
        time["media_end_ns"] = round(at_s * 1e9)
    return {
        "data": {
            "event": {"id": "A", "phase": "start", "rev": 0, "action": "walk", **event},
            "time": time,
            "track": {"id": "1", "box": [x / 200, 0.2, 0.2, 0.8]},
        }
    }


def test_an_event_belongs_to_the_person_whose_box_it_has(tmp_path: Path) -> None:
    frames = range(60)
    truth = camera(tmp_path, *standing(1, 20, frames=frames), *standing(2, 120, frames=frames))
    start, end = message(1.5, 125), message(4.0, 118, phase="end", rev=1)
    assert recognised([start, end], truth) == [
        Span(action="walk", person="boris", onset_s=1.0, end_s=4.0)
    ]


def test_an_event_without_an_end_lasts_until_its_last_message(tmp_path: Path) -> None:
    truth = camera(tmp_path, *standing(1, 20, frames=range(60)))
    assert recognised([message(1.5, 20)], truth)[0].end_s == 1.5


def test_a_box_where_nobody_is_belongs_to_nobody(tmp_path: Path) -> None:
    truth = camera(tmp_path, *standing(1, 20, frames=range(60)))
    assert recognised([message(1.5, 120)], truth)[0].person is None
    assert recognised([message(9.0, 20)], truth)[0].person is None


def test_the_greater_overlap_wins_where_two_people_pass(tmp_path: Path) -> None:
    truth = camera(tmp_path, *standing(1, 20, frames=range(60)), *standing(2, 40, frames=range(60)))
    assert recognised([message(1.5, 34)], truth)[0].person == "boris"


def test_what_several_do_counts_for_everybody_named_once(tmp_path: Path) -> None:
    frames = range(60)
    truth = camera(tmp_path, *standing(1, 20, frames=frames), *standing(2, 120, frames=frames))
    start, end = message(1.5, 20), message(4.0, 20, phase="end", rev=1)
    boxes = {"2": [0.6, 0.2, 0.2, 0.8], "3": [0.61, 0.2, 0.2, 0.8], "4": [0.4, 0, 0.1, 0.1]}
    for one in (start, end):
        one["data"]["track"] |= {"co_tracks": [*boxes], "co_boxes": [*boxes.values()]}
    spans = recognised([start, end], truth)
    assert [(span.person, span.end_s) for span in spans] == [
        ("anna", 4.0), ("boris", 4.0), (None, 4.0)
    ]  # fmt: skip


def test_who_came_later_and_who_left_took_part_too(tmp_path: Path) -> None:
    truth = camera(
        tmp_path, *standing(1, 20, frames=range(60)), *standing(2, 120, frames=range(60))
    )
    start, end = message(1.5, 20), message(4.0, 125, phase="end", rev=1)
    end["data"]["track"]["id"] = "2"
    assert [span.person for span in recognised([start, end], truth)] == ["anna", "boris"]


def test_an_action_that_is_mostly_hidden_is_not_asked_for(tmp_path: Path) -> None:
    truth = camera(
        tmp_path,
        *standing(1, 20, frames=range(30)),
        *standing(1, 20, frames=range(30, 60), visible=0.2),
        *standing(2, -60, frames=range(60)),
    )
    spans = [
        Span(action="walk", person="anna", onset_s=0, end_s=3),
        Span(action="wave", person="anna", onset_s=2.8, end_s=5),
        Span(action="clap", person="boris", onset_s=0, end_s=5),
    ]
    assert [span.counts for span in expected(spans, truth)] == [True, False, False]


def test_a_group_of_which_too_few_are_seen_is_not_asked_for(tmp_path: Path) -> None:
    truth = camera(
        tmp_path, *standing(1, 20, frames=range(60)), *standing(2, 120, frames=range(60))
    )

    def counts(action: str, *names: str) -> list[bool]:
        spans = [
            Span(
                action=action, person=name, onset_s=0, end_s=5,
                others=tuple(other for other in names if other != name),
            )
            for name in names
        ]  # fmt: skip
        return [span.counts for span in expected(spans, truth)]

    assert counts("gathering", "anna", "boris", "hidden") == [False] * 3  # two do not gather
    assert counts("walking_together", "anna", "boris", "hidden") == [True, True, False]
    assert counts("walking_together", "anna", "hidden") == [False, False]
    assert counts("hug", "anna", "hidden") == [True, False]  # the other's word may be enough


def test_boxes_are_cut_at_the_edge_and_things_left_out(tmp_path: Path) -> None:
    truth = camera(tmp_path, "1,1,180,50,60,100,1,1,0.4", "1,7,10,10,20,20,1,3,1")
    assert truth.boxes.tolist() == [pytest.approx([0.9, 0.5, 1, 1])]
    assert truth.persons.tolist() == ["anna"]


def test_a_line_of_another_form_is_told_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"hall.mot.csv:2: wanted frame,id"):
        camera(tmp_path, "1,1,180,50,60,100,1,1,0.4", "1,1,180")
