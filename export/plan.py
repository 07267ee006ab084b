"""Parses an ONNX file and builds an engine from it, with ``tensorrt`` or ``tensorrt_rtx``.

The two modules have one interface, so the module is an argument here. Networks are explicit-batch
in every TensorRT from 10.0 on, and the flag that said so is gone from 11.0: none is set.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engines.engine_manifest import Precision
from engines.errors import EngineError

BATCHES = (1, 16, 128)
"""The batches that ``engines.trt`` pads to; each is an optimization profile of its own."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The batch sizes of one optimization profile; the tactics are chosen for ``usual``."""

    smallest: int
    usual: int
    largest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What is to be built.

    profiles: of networks with a free batch; others have none. precision: of a weakly typed network;
    a strongly typed one keeps the types that the graph says. timing_cache: where measured tactics
    are kept for the next build, or none.
    """

    profiles: tuple[Profile, ...]
    precision: Precision = "fp32"
    strongly_typed: bool = False
    timing_cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A built engine. batches: the largest batch of each profile, or the one the graph fixes."""

    content: bytes
    batches: tuple[int, ...]


def build_plan(trt: Any, onnx: Path, request: PlanRequest) -> Plan:
    """Build an engine; shows its progress on a terminal.

    trt: the module ``tensorrt`` or ``tensorrt_rtx_bindings``.

    Raises:
        EngineError: not an ONNX file this parser takes, or the builder gave up; with its words.
    """
    errors: list[str] = []
    logger = _logger(trt, errors)
    builder = trt.Builder(logger)
    network = builder.create_network(_network_flags(trt, request, onnx))
    parser = trt.OnnxParser(network, logger)
    parsed = parser.parse_from_file(str(onnx))
    if not parsed or network.num_inputs == 0:  # the parser takes some files that are no ONNX
        raise EngineError(f"{onnx}: {_parser_words(parser) or 'not an ONNX model'}")
    config = builder.create_builder_config()
    config.progress_monitor = _progress(trt, onnx.name)
    config.max_aux_streams = 0  # an engine's work stays on the stream it is given
    _set_precision(trt, config, request, onnx)
    fixed = _fixed_batch(network, onnx)
    for profile in request.profiles if fixed is None else ():
        config.add_optimization_profile(_shapes(builder, network, profile))
    _load_timings(config, request.timing_cache)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        reason = errors[-1] if errors else "the builder gave no reason"
        raise EngineError(f"{onnx}: no engine could be built: {reason}")
    if request.timing_cache is not None:
        request.timing_cache.parent.mkdir(parents=True, exist_ok=True)
        request.timing_cache.write_bytes(bytes(config.get_timing_cache().serialize()))
    batches = tuple(profile.largest for profile in request.profiles)
    return Plan(bytes(plan), batches if fixed is None else (fixed,))


def fixed_profiles(batches: Sequence[int]) -> tuple[Profile, ...]:
    """One profile per batch size, for exactly that size: what CUDA graphs are captured for."""
    return tuple(Profile(batch, batch, batch) for batch in batches)


def onnx_metadata(path: Path) -> dict[str, str]:
    """Give what an ONNX file says about itself; an engine file has no room for it."""
    import onnx

    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


def _network_flags(trt: Any, request: PlanRequest, onnx: Path) -> int:
    if request.strongly_typed:
        return 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    if request.precision != "fp32" and not hasattr(trt.BuilderFlag, "FP16"):
        raise EngineError(
            f"{onnx}: {trt.__name__} {trt.__version__} builds strongly typed networks only; add "
            "--strongly-typed, which puts the precision into the graph first"
        )
    return 0


def _set_precision(trt: Any, config: Any, request: PlanRequest, onnx: Path) -> None:
    if request.strongly_typed or request.precision == "fp32":
        return
    if request.precision == "int8":
        if not _is_quantized(onnx):
            raise EngineError(
                f"{onnx}: has no QuantizeLinear, so int8 has no scales. Quantize it first: "
                f"python -m export.quantize {onnx} --inputs RECORDED.npz"
            )
        config.set_flag(trt.BuilderFlag.INT8)
    config.set_flag(trt.BuilderFlag.FP16)  # int8 leaves layers that are not quantized to it


def _is_quantized(path: Path) -> bool:
    import onnx

    return any(node.op_type == "QuantizeLinear" for node in onnx.load(path).graph.node)


def _fixed_batch(network: Any, onnx: Path) -> int | None:
    """The batch that the graph fixes, or None where it is free."""
    batches = set()
    for index in range(network.num_inputs):
        value = network.get_input(index)
        batch, *sizes = value.shape
        if -1 in sizes:
            shape = tuple(value.shape)
            raise EngineError(f"{onnx}: input {value.name} {shape}: wanted only the batch free")
        batches.add(int(batch))
    return None if -1 in batches else max(batches)


def _shapes(builder: Any, network: Any, profile: Profile) -> Any:
    made = builder.create_optimization_profile()
    for index in range(network.num_inputs):
        value = network.get_input(index)
        sizes = tuple(value.shape)[1:]
        batches = (profile.smallest, profile.usual, profile.largest)
        made.set_shape(value.name, *((batch, *sizes) for batch in batches))
    return made


def _load_timings(config: Any, path: Path | None) -> None:
    if path is None:
        return
    known = path.read_bytes() if path.is_file() else b""
    cache = config.create_timing_cache(known)
    # A cache of another GPU or version is not taken, and is written anew after the build.
    if not config.set_timing_cache(cache, ignore_mismatch=False):
        config.set_timing_cache(config.create_timing_cache(b""), ignore_mismatch=False)


def _parser_words(parser: Any) -> str:
    return "; ".join(parser.get_error(index).desc() for index in range(parser.num_errors))


def _logger(trt: Any, errors: list[str]) -> Any:
    class Collector(trt.ILogger):  # type: ignore[misc]
        """Keeps what the library calls an error; the rest is of no use to who builds."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, words: str) -> None:
            if severity <= trt.ILogger.ERROR:
                errors.append(words)

    return Collector()


def _progress(trt: Any, name: str) -> Any:
    class Progress(trt.IProgressMonitor):  # type: ignore[misc]
        """One line on a terminal: the outermost phase and how many of its steps are done."""

        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
            if parent is None:
                self._steps[phase] = steps

        def step_complete(self, phase: str, step: int) -> bool:
            if phase in self._steps:
                show(f"\r{name}: {phase}: {step + 1} of {self._steps[phase]}  ")
            return True

        def phase_finish(self, phase: str) -> None:
            if self._steps.pop(phase, None) is not None:
                show("\n")

    def show(words: str) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(words)
            sys.stderr.flush()

    return Progress()
