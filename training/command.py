"""``edgeact train``: trains the fusion network by one file, and goes on where it was broken off."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

SUMMARY = "train the fusion network by a run file"
REQUIREMENTS = "requirements/training.txt"

_RUNS = Path(__file__).resolve().parents[1] / "configs" / "training"
_SMOKE, _OWN = _RUNS / "smoke.yaml", _RUNS / "own.yaml"
_EVERY_S = 10.0

_EPILOG = """\
Writes into DIR: config.yaml (the whole configuration), checkpoint.pt (the best network so far),
tensorboard/ (figures), last.pt (until the run is done), run.json (the record, when it is done). The
same command goes on after the last whole epoch of a run that was broken off.

  edgeact train --smoke                           does everything work? under a minute
  edgeact train mine.hactrack                     your own actions, by configs/training/own.yaml
  edgeact train configs/training/fusion.yaml
  edgeact train my.yaml --start runs/fusion/checkpoint.pt
  torchrun --nproc-per-node 4 --no-python edgeact train my.yaml

Exit code: 0 fine, 2 something that you can mend: the file, data that leaks or is not there.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``edgeact train``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    add = parser.add_argument
    add(
        "config", type=Path, nargs="?", metavar="CONFIG",
        help="run file, such as configs/training/fusion.yaml; or a folder NAME.hactrack of "
        "labelled clips, by configs/training/own.yaml",
    )  # fmt: skip
    add(
        "--smoke", action="store_true",
        help="a whole run on synthetic windows, in a minute: of a small network, or CONFIG's, cut "
        "short; into runs/smoke",
    )  # fmt: skip
    add("--epochs", type=int, metavar="N", help="instead of the file's")
    add("--threads", type=int, default=2, metavar="N", help="of each process (2)")
    add(
        "--start", type=Path, metavar="FILE",
        help="begin with the weights of a checkpoint or of an exported .onnx file; where that one "
        "tells other actions, only with what it knows of people, things and sound",
    )  # fmt: skip
    add("--out", type=Path, metavar="DIR", help="folder of the run (runs/NAME)")
    add("--fresh", action="store_true", help="begin anew in place of an earlier run in DIR")


def run(args: argparse.Namespace) -> int:
    """Train. Exit code: 0; what can be mended is raised."""
    from settings.errors import ConfigError

    for option, value in (("epochs", args.epochs), ("threads", args.threads)):
        if value is not None and value < 1:
            raise ConfigError([f"--{option}: {value} is out of range; wanted 1 or more"])
    if args.config is None and not args.smoke:
        raise ConfigError(["edgeact train: wanted a run file CONFIG, or --smoke; see --help"])

    # Before torch is loaded: threads that spin while they wait cost all where others compute, too.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import torch

    from training.config import load_config
    from training.processes import joined_processes
    from training.run_folder import RunFolder
    from training.toy import toy_sides
    from training.train import shortened, train

    clips = args.config if args.config is not None and args.config.is_dir() else None
    config = load_config(_OWN if clips else args.config or _SMOKE)
    if clips is not None:
        data = config.data.model_copy(update={"clips": (clips,)})
        config = config.model_copy(update={"name": clips.stem, "data": data})
    if args.epochs:
        fit = config.fit.model_copy(update={"epochs": args.epochs})
        config = config.model_copy(update={"fit": fit})
    if args.smoke and args.config:
        config = shortened(config)
    folder = RunFolder(args.out or Path("runs") / ("smoke" if args.smoke else config.name))
    torch.set_num_threads(args.threads)
    with joined_processes() as processes:
        measures = train(
            config, folder, sides=toy_sides(config.model.features) if args.smoke else None,
            fresh=args.fresh or args.smoke, start=args.start, processes=processes,
            say=_Teller() if processes.first else lambda _: None,
        )  # fmt: skip
    if processes.first:
        sys.stdout.write(json.dumps({"checkpoint": str(folder.checkpoint), **measures}) + "\n")
    return 0


class _Teller:
    """Says how far a run has come; into a log file, besides epochs, a line every ten seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._told = float("-inf")

    def __call__(self, line: str) -> None:
        now = time.monotonic()
        due = now - self._told > _EVERY_S or line.startswith("epoch")
        if due or sys.stderr.isatty():
            sys.stderr.write(f"edgeact train: {now - self._began:6.0f} s  {line}\n")
            sys.stderr.flush()
            self._told = now
