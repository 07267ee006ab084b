"""``edgeact export``: a trained fusion network as one checked ONNX file, and as an engine."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

SUMMARY = "write a trained fusion network as one checked ONNX file, and as a TensorRT engine"
REQUIREMENTS = "requirements/training.txt"

_EPILOG = """\
The file is run by ONNX Runtime beside the network in torch; where they differ, nothing is written.

  edgeact export runs/fusion/checkpoint.pt --to fusion.onnx
  edgeact export runs/fusion/checkpoint.pt --to fusion.onnx --engine fusion.engine

The engine is TensorRT for RTX's and is built without a GPU.

Exit code: 0 fine, 1 the two differ, 2 something that you can mend.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``edgeact export``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    add = parser.add_argument
    add("checkpoint", type=Path, metavar="CHECKPOINT", help="checkpoint.pt of edgeact train")
    add(
        "--to", type=Path, required=True, metavar="FILE.onnx",
        help="file to write; a manifest.yaml beside it gets its line",
    )  # fmt: skip
    add(
        "--engine", type=Path, metavar="FILE", help="engine to build of it, for batches of 1 to 128"
    )


def run(args: argparse.Namespace) -> int:
    """Export and check. Exit code: 0, or 1 where ONNX Runtime answers differently."""
    from settings.errors import ConfigError

    if args.to.suffix != ".onnx":
        raise ConfigError([f"--to {args.to}: wanted a name that ends in .onnx"])
    if args.engine is not None and args.engine.suffix == ".onnx":
        raise ConfigError(
            [f"--engine {args.engine}: an engine is no .onnx; wanted such as .engine"]
        )

    from export import to_onnx
    from export.rtx_engine import build_rtx_engine, rtx_library

    if args.engine is not None:
        rtx_library()  # its absence is told before the work begins
    try:
        table = to_onnx.convert(args.checkpoint, args.to)
    except OSError as error:
        raise ConfigError([f"--to {args.to}: cannot be written: {error.strerror}"]) from None
    sys.stderr.write(_table(table, to_onnx.TOLERANCE))
    if not to_onnx.agrees(table):
        sys.stderr.write(
            f"edgeact export: {args.checkpoint}: ONNX Runtime differs from torch; wanted less than "
            f"{to_onnx.TOLERANCE:g} in every logit. Nothing was written\n"
        )
        return 1
    content = args.to.read_bytes()
    line: dict[str, object] = {
        "model": str(args.to), "bytes": len(content), "sha256": sha256(content).hexdigest(),
        "largest_difference": table,
    }  # fmt: skip
    if args.engine is not None:
        build_rtx_engine(args.to, args.engine)
        line |= {"engine": str(args.engine), "engine_bytes": args.engine.stat().st_size}
    sys.stdout.write(json.dumps(line) + "\n")
    return 0


def _table(differences: Mapping[int, float], tolerance: float) -> str:
    """How far ONNX Runtime is from torch, a line for each batch."""
    rows = [
        f"{batch:>7}  {difference:>12.1e}  {'yes' if difference < tolerance else 'NO'}"
        for batch, difference in differences.items()
    ]
    head = f"{'batch':>7}  {'max |dlogit|':>12}  < {tolerance:g}"
    return "\n".join(["torch beside ONNX Runtime", head, *rows, ""])
