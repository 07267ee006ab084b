"""``python -m tests.acceptance.fusion_table``: every way of fusion and every encoder, side by side.

The networks are those that ``python -m export.compare configs/training/comparison.yaml`` trains,
which takes more than an hour; their files are measured here afresh, on people filmed afresh.
"""

from __future__ import annotations

import tempfile
from math import isfinite
from pathlib import Path
from typing import Any, get_args

from export.compare import export_run, measured
from tests.acceptance.figure import Figure, main, needs_assets
from training import cache
from training.comparison import ComparisonConfig, load_comparison, place_of
from training.config import ModelConfig, TrainConfig
from training.run_folder import RunFolder, made_by

NAME = "held-out-subject macro-F1 of every fusion and encoder, paired with the default"
GOAL = (
    "every fusion and encoder over three seeds or more, with interval, paired test and cost; none "
    "better than the default (interval above zero and p below 0.05)"
)
CONFIG = cache.ROOT / "configs" / "training" / "comparison.yaml"
COST = ("parameters", "mmacs", "p50_ms")


def measure() -> Figure:
    """Measure the exported networks where they are; else value None and the reason."""
    if missing := needs_assets(NAME, GOAL):
        return missing
    config = load_comparison(CONFIG)
    folder = cache.ROOT / "runs" / config.name
    places = {place_of(run, folder): run for run in config.runs}
    if absent := [place.path.name for place, run in places.items() if not _done(run, place)]:
        reason = f"not trained: {', '.join(absent)}; python -m export.compare {CONFIG}"
        return Figure(NAME, None, GOAL, passed=False, detail={"skipped": reason})
    for place in places:
        export_run(place.path)
    with tempfile.TemporaryDirectory() as filmed:
        cache.CACHE = Path(filmed)  # afresh: nothing that was filmed before counts
        figures = measured(config, folder)
    value = {name: round(v["macro_f1"]["value"], 4) for name, v in figures["variants"].items()}
    better = [name for name, pair in figures["pairs"].items() if pair["low"] > 0 > pair["p"] - 0.05]
    detail = {key: figures[key] for key in ("variants", "pairs", "machine")}
    passed = _whole(config, figures) and not better
    return Figure(NAME, value, GOAL, passed=passed, detail={"better": better, **detail})


def _done(run: TrainConfig, place: RunFolder) -> bool:
    record = place.record()
    return record is not None and made_by(run, record)


def _whole(config: ComparisonConfig, figures: dict[str, Any]) -> bool:
    """Whether every form that has its inputs stands in the table, with all that belongs to it."""
    fields = ModelConfig.model_fields
    shown = {
        key: {getattr(m, key) for m in config.models.values()} for key in ("fusion", "encoder")
    }
    there = {key: set(get_args(fields[key].annotation)) for key in shown}
    there["encoder"].discard("lrcn")  # these windows have no pixels; see comparison_pixels.yaml
    whole = shown == there
    variants = figures["variants"].values()
    told = all(v["seeds"] >= 3 and all(isfinite(v[key]) for key in COST) for v in variants)
    return whole and told and len(figures["pairs"]) == len(config.models) - 1


if __name__ == "__main__":
    main(measure)
