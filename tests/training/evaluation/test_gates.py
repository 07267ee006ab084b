"""Gates say what failed, where a gate is wrong, and never pass what was not measured."""

from pathlib import Path
from typing import Any

import pytest

from settings.errors import ConfigError
from training.evaluation.command import GATES
from training.evaluation.gates import read_gates

METRICS = {
    "overall": {"macro_f1": {"value": 0.9, "low": 0.8, "high": None}, "accuracy": {"value": 0.7}},
    "latency": {"100": {"p50_ms": 20.0}},
    "data": {"title": "windows"},
}


def judged(folder: Path, *gates: str, kind: str = "heldout") -> list[dict[str, Any]]:
    path = folder / "acceptance.yaml"
    path.write_text("gates:\n" + "".join(f"  - {{{gate}}}\n" for gate in gates))
    return read_gates(path).judge(METRICS, kind)


def test_a_figure_is_held_against_its_bound(tmp_path: Path) -> None:
    rows = judged(
        tmp_path,
        "figure: overall.macro_f1.value, at_least: 0.9",
        "figure: overall.macro_f1.low, at_least: 0.85",
        "figure: latency.100.p50_ms, at_most: 22",
    )
    assert [row["passed"] for row in rows] == [True, False, True]


def test_a_figure_that_could_not_be_measured_fails(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, "figure: overall.macro_f1.high, at_most: 1")
    assert (row["value"], row["passed"], row["problem"]) == (None, False, None)


def test_a_gate_about_other_data_is_not_asked(tmp_path: Path) -> None:
    gate = "figure: overall.accuracy.value, at_least: 0.9, data: heldout"
    assert judged(tmp_path, gate, kind="toy")[0]["passed"] is None
    assert judged(tmp_path, gate)[0]["passed"] is False


def test_a_figure_that_there_is_not_is_named_with_its_line_and_the_nearest(tmp_path: Path) -> None:
    (row,) = judged(tmp_path, "figure: overall.macro_f.value, at_least: 0.9")
    assert row["passed"] is False
    assert "acceptance.yaml:2: gates[0].figure" in row["problem"]
    assert "did you mean 'overall.macro_f1.value'?" in row["problem"]


@pytest.mark.parametrize(
    ("gate", "told"),
    [
        ("figure: a", "wanted one of at_least and at_most"),
        ("figure: a, at_least: 1, at_most: 2", "wanted one of at_least and at_most"),
        ("figure: a, atleast: 1", "did you mean 'at_least'?"),
        ("figure: a, at_least: much", "should be a valid number"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_refused(tmp_path: Path, gate: str, told: str) -> None:
    with pytest.raises(ConfigError, match=r"acceptance\.yaml:2") as caught:
        judged(tmp_path, gate)
    assert told in str(caught.value)


def test_the_gates_that_ship_can_be_read() -> None:
    assert {gate.data for gate in read_gates(GATES).gates} == {"heldout", "acted", None}
