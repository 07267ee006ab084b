"""Builds TensorRT for RTX engines of ONNX files, ahead of time: no GPU is needed for it.

The package comes as two wheels, ``tensorrt_rtx_cu13_bindings`` and ``tensorrt_rtx_cu13_libs``, for
Linux on x86_64. TensorRT itself has the same calls under another module's name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engines.errors import EngineError

BATCHES = (1, 16, 128)
"""Least, usual and largest batch of an engine."""


def tensorrt() -> Any:
    """NVIDIA's module.

    Raises:
        EngineError: it is not installed.
    """
    try:
        import tensorrt_rtx_bindings
    except ImportError as error:
        raise EngineError(
            f"TensorRT for RTX cannot be loaded: {error}. On Linux on x86_64 install it: pip "
            "install -r requirements/training.txt; elsewhere export without an engine"
        ) from None
    return tensorrt_rtx_bindings


class Blueprint:
    """An ONNX file as NVIDIA's parser read it; only its first axes may be free.

    Raises:
        EngineError: TensorRT is not installed, or does not take the file; in its own words.
    """

    def __init__(self, model: Path) -> None:
        self._trt = tensorrt()
        self._model = model
        self._complaints: list[str] = []
        self._logger = _logger(self._trt, self._complaints)
        self._builder = self._trt.Builder(self._logger)
        self._network = self._builder.create_network()
        # It holds the weights, so it must live until the engine is built.
        self._parser = self._trt.OnnxParser(self._network, self._logger)
        if not self._parser.parse(model.read_bytes()):
            raise EngineError(f"{model}: TensorRT for RTX cannot read it: {self._said()}")

    def build(self) -> bytes:
        """The engine.

        Raises:
            EngineError: it cannot be built; in TensorRT's own words.
        """
        profile = self._builder.create_optimization_profile()
        for number in range(self._network.num_inputs):
            entry = self._network.get_input(number)
            sizes = tuple(entry.shape)[1:]
            profile.set_shape(entry.name, *((batch, *sizes) for batch in BATCHES))
        config = self._builder.create_builder_config()
        config.add_optimization_profile(profile)
        plan = self._builder.build_serialized_network(self._network, config)
        if plan is None:
            raise EngineError(f"{self._model}: TensorRT for RTX cannot build it: {self._said()}")
        return bytes(plan)

    def _said(self) -> str:
        return "; ".join(self._complaints) or "it does not say why"


def _logger(trt: Any, complaints: list[str]) -> Any:
    """Keeps what is wrong; the rest is not for people."""

    class Logger(trt.ILogger):  # type: ignore[misc]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, text: str) -> None:
            if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                complaints.append(" ".join(text.split()))

    return Logger()


def build_engine(model: Path, target: Path) -> None:
    """Write the engine of an ONNX file for batches of 1 to 128; a failed build leaves nothing.

    Raises:
        EngineError: TensorRT is not installed, or does not take the file.
    """
    plan = Blueprint(model).build()
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    unfinished.write_bytes(plan)
    unfinished.replace(target)
