"""``python -m tests.acceptance.acted_people``: the shipped classifier on acted scenes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.acceptance.figure import Figure, main
from training import cache
from training.evaluation.command import SHIPPED
from training.evaluation.data import acted_scenes
from training.evaluation.predictions import check_fit, open_model, predict
from training.evaluation.scores import Counts, score

LEAST = 0.95
GOAL = f"window macro-F1 >= {LEAST} over all classes, scenes acted by unseen people"


def measure() -> Figure:
    """Act the test scenes afresh and run the shipped ONNX file over their windows."""
    model = open_model(SHIPPED, threads=2)
    with tempfile.TemporaryDirectory() as folder:
        cache.CACHE = Path(folder)
        data = acted_scenes(lambda line: print(line, file=sys.stderr), model.layout, model.hearing)  # noqa: T201
    check_fit(model, data)
    data = data.named(model.labels)
    figures = score(Counts.of(data, predict(model, data).said), data.classes)
    overall = figures["overall"]
    value = {
        "macro_f1": round(overall["macro_f1"]["value"], 3),
        "interval_95": [round(overall["macro_f1"][edge], 3) for edge in ("low", "high")],
        "accuracy": round(overall["accuracy"]["value"], 3),
    }
    detail = {"windows": len(data), "scenes": len(set(data.people.tolist())), **figures}
    return Figure("acted_people", value, GOAL, value["macro_f1"] >= LEAST, detail)


if __name__ == "__main__":
    main(measure)
