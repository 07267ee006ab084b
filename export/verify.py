"""``python -m export.verify MODEL.onnx OTHER...``: how far other files answer from the model.

OTHER is an ONNX file (half precision, int8 with Q/DQ), run by ONNX Runtime on the CPU, or an engine
file, run on the GPU. The reference is the float32 model on ONNX Runtime. A table per output:
largest and mean difference, and in how many rows the largest value is at the same place.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Engine, Float, Tensor
from export.quantize import check_inputs, read_inputs

TIMED_BATCHES = (1, 16, 128)
_WARM_UP, _TIMED = 3, 20


@dataclass(frozen=True, slots=True)
class Parity:
    """One output of one file against the model's.

    largest, mean: of the absolute differences. scale: the largest absolute value of the model's
    own output. same_best: share of rows (all axes but the last) whose maximum is at the same place.
    """

    file: str
    output: str
    largest: float
    mean: float
    scale: float
    same_best: float


@dataclass(frozen=True, slots=True)
class Timing:
    """Median time of one call, ms."""

    file: str
    batch: int
    median_ms: float


def compare(
    reference: Engine, other: Engine, inputs: Mapping[str, Float], name: str
) -> list[Parity]:
    """Run both on the same rows, 16 at a time; one entry per output.

    Raises:
        EngineError: the other has not the outputs of the model.
    """
    if set(other.outputs) != set(reference.outputs):
        names = [", ".join(engine.outputs) for engine in (reference, other)]
        raise EngineError(f"{name}: wanted the model's outputs {names[0]}; got {names[1]}")
    all_wanted, all_got = (list(_answers(e, inputs)) for e in (reference, other))
    found = []
    for output in reference.outputs:
        wanted = np.concatenate([part[output] for part in all_wanted]).astype(np.float64)
        got = np.concatenate([part[output] for part in all_got]).astype(np.float64)
        apart = np.abs(wanted - got)
        same = wanted.argmax(axis=-1) == got.argmax(axis=-1)
        found.append(
            Parity(
                name, output, float(apart.max()), float(apart.mean()),
                float(np.abs(wanted).max()), float(same.mean()),
            )
        )  # fmt: skip
    return found


def timings(engine: Engine, inputs: Mapping[str, Float], name: str) -> list[Timing]:
    """Measure calls at batches of 1, 16 and 128 rows, recorded rows repeated as needed."""
    found = []
    for batch in TIMED_BATCHES:
        rows = {
            key: np.resize(values, (batch, *values.shape[1:])) for key, values in inputs.items()
        }
        seconds = []
        for turn in range(_WARM_UP + _TIMED):
            started = time.perf_counter()
            engine.run(rows)
            if turn >= _WARM_UP:
                seconds.append(time.perf_counter() - started)
        found.append(Timing(name, batch, 1000 * statistics.median(seconds)))
    return found


def random_inputs(path: Path, rows: int = 16) -> dict[str, Float]:
    """Rows of uniform noise in the shapes of a model: enough to compare, not to judge accuracy.

    Raises:
        ValueError: a size other than the batch is free.
    """
    rng = np.random.default_rng(0)
    inputs = {}
    for value in onnx.load(path).graph.input:
        sizes = [size.dim_value for size in value.type.tensor_type.shape.dim[1:]]
        if 0 in sizes:
            raise ValueError(f"{path}: input {value.name} {sizes}: wanted only the batch free")
        inputs[value.name] = rng.random((rows, *sizes)).astype(np.float32)
    return inputs


def _answers(engine: Engine, inputs: Mapping[str, Float]) -> Iterator[dict[str, Tensor]]:
    count = len(next(iter(inputs.values())))
    for start in range(0, count, 16):
        yield engine.run({key: values[start : start + 16] for key, values in inputs.items()})


def table(parities: Sequence[Parity], times: Sequence[Timing]) -> str:
    """Both as Markdown."""
    lines = [
        "| file | output | largest difference | mean | largest value | same best |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {p.file} | {p.output} | {p.largest:.2e} | {p.mean:.2e} | {p.scale:.3g} "
        f"| {100 * p.same_best:.1f} % |"
        for p in parities
    ]
    if times:
        batches = " | ".join(f"batch {batch}, ms" for batch in TIMED_BATCHES)
        lines += ["", f"| file | {batches} |", "| --- |" + " --- |" * len(TIMED_BATCHES)]
    for file in dict.fromkeys(timing.file for timing in times):
        own = [f"{timing.median_ms:.2f}" for timing in times if timing.file == file]
        lines.append(f"| {file} | {' | '.join(own)} |")
    return "\n".join(lines) + "\n"


def verify(options: argparse.Namespace) -> tuple[list[Parity], list[Timing]]:
    """Compare and, where asked, time all files."""
    reference = load_engine(options.model)
    if options.inputs:
        inputs = read_inputs(options.inputs)
        check_inputs(options.model, onnx.load(options.model), inputs)
    else:
        inputs = random_inputs(options.model)
    parities: list[Parity] = []
    times = timings(reference, inputs, options.model.name) if options.time else []
    for path in options.others:
        engine = load_engine(path, cuda_graphs=not options.no_cuda_graphs)
        parities += compare(reference, engine, inputs, path.name)
        times += timings(engine, inputs, path.name) if options.time else []
    return parities, times


def main(argv: list[str] | None = None) -> int:
    """Command line; 1 where a difference is larger than ``--tolerance``, 2 where one cannot run."""
    parser = argparse.ArgumentParser(prog="python -m export.verify", description=__doc__)
    parser.add_argument("model", type=Path, help="float32 ONNX file: the reference")
    parser.add_argument("others", type=Path, nargs="*", help="ONNX or engine files")
    parser.add_argument("--inputs", type=Path, help="recorded by edgeact record; else noise")
    parser.add_argument("--tolerance", type=float, help="largest difference, share of the scale")
    parser.add_argument("--time", action="store_true", help="batches of 1, 16 and 128 as well")
    parser.add_argument("--no-cuda-graphs", action="store_true", help="engines launch each kernel")
    parser.add_argument("--json", action="store_true", help="lines of JSON instead of a table")
    options = parser.parse_args(argv)
    try:
        parities, times = verify(options)
    except (EngineError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json:
        entries: list[Parity | Timing] = [*parities, *times]
        lines = [json.dumps(asdict(entry)) for entry in entries]
        sys.stdout.write("\n".join(lines) + "\n")
    else:
        sys.stdout.write(table(parities, times))
    if options.tolerance is None:
        return 0
    return int(any(p.largest > options.tolerance * p.scale for p in parities))


if __name__ == "__main__":
    raise SystemExit(main())
