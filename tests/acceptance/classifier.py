"""``python -m tests.acceptance.classifier``: the shipped classifier on people it never saw."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.assets import ASSETS

NAME = "held-out-subject window macro-F1 of the shipped classifier"
GOAL = 0.85


def measure() -> dict[str, Any]:
    """Film the held-out people afresh and run the shipped ONNX file over them.

    Returns name, value, goal, pass, and all scores with their intervals in ``detail``; where the
    recordings are absent, value None, pass False and a ``reason``.
    """
    result: dict[str, Any] = {"name": NAME, "value": None, "goal": GOAL, "pass": False}
    if not (ASSETS / "mocap" / "index.json").is_file():
        return {**result, "reason": f"needs the motion-capture recordings in {ASSETS / 'mocap'}"}
    from training import cache
    from training.evaluation.command import SHIPPED
    from training.evaluation.data import held_out_people
    from training.evaluation.predictions import check_fit, open_model, predict
    from training.evaluation.scores import Counts, score

    model = open_model(SHIPPED, threads=2)
    with tempfile.TemporaryDirectory() as folder:
        cache.CACHE = Path(folder)  # afresh: nothing that was filmed before counts
        people = held_out_people(lambda _: None, hearing=model.hearing)
    check_fit(model, people)
    data = people.named(model.labels)
    figures = score(Counts.of(data, predict(model, data).said), data.classes)
    value = round(figures["overall"]["macro_f1"]["value"], 4)
    subjects = Counter(data.people.tolist())
    return {
        **result,
        "value": value,
        "pass": value >= GOAL,
        "detail": {**figures, "people": subjects},
    }


def main() -> int:
    """Print one JSON line; 0 passed, 1 failed, 2 could not measure."""
    result = measure()
    print(json.dumps(result))  # noqa: T201
    if result["value"] is None:
        return 2
    return 0 if result["pass"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
