"""``python -m export.compare CONFIG``: trains, exports and measures forms of the network together.

Writes a folder for each network into DIR, and comparison.json and comparison.md when all are
measured. The same command goes on where it was broken off, and trains nothing twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.comparison import ComparisonConfig

Say = Callable[[str], None]


def compare(
    config: ComparisonConfig, folder: Path, *, on_toys: bool = False, threads: int = 1,
    say: Say = lambda _: None,
) -> dict[str, Any]:  # fmt: skip
    """Train and export what is not there yet, measure all of it on the same windows, and tell.

    on_toys: train and measure on synthetic windows instead. threads: of ONNX Runtime.

    Raises:
        ConfigError: the data leaks or is not there; the folder holds other runs.
        EngineError: an exported file answers differently from its network.
    """
    from training.comparison import train_all
    from training.evaluation.page import write_comparison

    for run in train_all(config, folder, on_toys=on_toys, say=say):
        export_run(run)
    figures = measured(config, folder, on_toys=on_toys, threads=threads, say=say)
    write_comparison(figures, folder)
    return figures


def export_run(run: Path) -> None:
    """Write the network of a finished run as ``fusion.onnx`` beside it, unless that is there.

    Raises:
        EngineError: the file would answer differently from the network.
    """
    from engines.errors import EngineError
    from export import to_onnx

    checkpoint, target = run / "checkpoint.pt", run / "fusion.onnx"
    if target.is_file() and target.stat().st_mtime >= checkpoint.stat().st_mtime:
        return
    table = to_onnx.convert(checkpoint, target)
    if not to_onnx.agrees(table):
        raise EngineError(
            f"{checkpoint}: ONNX Runtime differs from torch by {max(table.values()):.1e}; wanted "
            f"less than {to_onnx.TOLERANCE:g}"
        )


def measured(
    config: ComparisonConfig, folder: Path, *, on_toys: bool = False, threads: int = 1,
    say: Say = lambda _: None,
) -> dict[str, Any]:  # fmt: skip
    """What the exported networks in a folder say of held-out windows, and what they cost.

    Raises:
        EngineError: one of the files is not there or unusable.
    """
    from training.comparison import place_of
    from training.evaluation.comparison import comparison
    from training.evaluation.cost import machine
    from training.evaluation.data import load_data
    from training.evaluation.measure import Candidate, described, variant
    from training.evaluation.predictions import open_model
    from training.hearing import BANDS

    layout = config.layout
    held_out = str(config.measured_on or "heldout")
    data = load_data("toy" if on_toys else held_out, say, layout).named(layout.classes)
    variants = []
    for name in config.models:
        places = [place_of(run, folder) for run in config.runs if run.name == name]
        files = [place.path / "fusion.onnx" for place in places]
        seeds = tuple(open_model(file, threads=threads) for file in files)
        say(f"{name}: measuring {len(seeds)} networks on {len(data)} windows")
        told = replace(data, inputs=config.models[name].features.narrowed(data.inputs))
        variants.append(variant(Candidate(name=name, seeds=seeds), {BANDS: told}))
    return {
        "config": config.model_dump(mode="json"),
        "data": described(data),
        "machine": machine(threads),
        **comparison(variants),
    }


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code: 0, or 2 for something that you can mend."""
    # Before torch is loaded: threads that spin while they wait cost all where others compute, too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from engines.errors import EngineError
    from settings.errors import ConfigError
    from training.comparison import load_comparison

    parser = argparse.ArgumentParser(prog="python -m export.compare", description=__doc__)
    add = parser.add_argument
    add("config", type=Path, metavar="CONFIG", help="such as configs/training/comparison.yaml")
    add("--out", type=Path, metavar="DIR", help="folder to write (runs/NAME)")
    add("--report", type=Path, metavar="FILE.md", help="write comparison.md there, too")
    add("--smoke", action="store_true", help="on synthetic windows, cut short; runs/NAME_smoke")
    add("--threads", type=int, default=1, metavar="N", help="more where nobody else computes (1)")
    options = parser.parse_args(argv)
    if options.threads < 1:
        parser.error(f"--threads {options.threads}: wanted 1 or more")
    torch.set_num_threads(options.threads)
    try:
        config = load_comparison(options.config)
        folder = options.out or Path("runs") / f"{config.name}{'_smoke' * options.smoke}"
        if options.smoke:
            config = config.shortened()
        figures = compare(
            config, folder, on_toys=options.smoke, threads=options.threads, say=_teller()
        )
        if options.report:
            options.report.write_bytes((folder / "comparison.md").read_bytes())
    except (ConfigError, EngineError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    found = {name: round(v["macro_f1"]["value"], 4) for name, v in figures["variants"].items()}
    line = {"report": str(options.report or folder / "comparison.md"), "macro_f1": found}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


def _teller() -> Say:
    began = time.monotonic()

    def tell(line: str) -> None:
        sys.stderr.write(f"compare: {time.monotonic() - began:6.0f} s  {line}\n")
        sys.stderr.flush()

    return tell


if __name__ == "__main__":
    raise SystemExit(main())
