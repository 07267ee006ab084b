"""``python -m export.quantize MODEL.onnx --inputs RECORDED.npz``: int8 with scales in the graph.

The scales are measured on inputs that the program recorded (``edgeact record --inputs``) and
written as QuantizeLinear/DequantizeLinear pairs, which TensorRT and ONNX Runtime both read. They
are what TensorRT wants: symmetric, weights per channel, no quantized bias.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from engines.protocol import Float
from export.graph import GraphEdit
from export.half_precision import weights_as_floats

OPERATORS = ("Conv", "MatMul", "Gemm")
_OPTIONS = {
    "ActivationSymmetric": True,
    "WeightSymmetric": True,
    "AddQDQPairToWeight": True,
    "QuantizeBias": False,
}


class _Rows(CalibrationDataReader):  # type: ignore[misc]
    """Hands recorded inputs out one by one."""

    def __init__(self, inputs: Mapping[str, Float]) -> None:
        self._inputs, self._next = inputs, 0

    def get_next(self) -> dict[str, Float] | None:
        index = self._next
        self._next += 1
        if index >= len(next(iter(self._inputs.values()))):
            return None
        return {name: values[index : index + 1] for name, values in self._inputs.items()}


def quantize(
    source: Path, inputs: Mapping[str, Float], target: Path, *, keep: Sequence[str] = ()
) -> None:
    """Write the graph with int8 convolutions and products of matrices.

    inputs: (N, ...) float32 by input name. keep: names of nodes that stay float.

    Raises:
        ValueError: the inputs are not those of this graph.
    """
    edit = GraphEdit(onnx.load(source))
    check_inputs(source, edit.model, inputs)
    unknown = set(keep) - {node.name for node in edit.graph.node}
    if unknown:
        raise ValueError(f"{source}: --keep: no node is called {', '.join(sorted(unknown))}")
    weights_as_floats(edit)
    with tempfile.TemporaryDirectory() as folder:
        plain, ready = Path(folder) / "plain.onnx", Path(folder) / "ready.onnx"
        onnx.save(edit.model, plain)
        quant_pre_process(plain, ready, skip_symbolic_shape=True)
        made = Path(folder) / target.name
        quantize_static(
            ready, made, _Rows(inputs),
            quant_format=QuantFormat.QDQ, per_channel=True, op_types_to_quantize=list(OPERATORS),
            nodes_to_exclude=list(keep), activation_type=QuantType.QInt8,
            weight_type=QuantType.QInt8, extra_options=_OPTIONS,
        )  # fmt: skip
        model = onnx.load(made)
    about = {entry.key: entry.value for entry in edit.model.metadata_props}
    onnx.helper.set_model_props(model, about)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, target)


def read_inputs(path: Path) -> dict[str, Float]:
    """Read recorded inputs: arrays (N, ...) by input name.

    Raises:
        ValueError: the file is missing, is no NPZ, or its arrays differ in length.
    """
    try:
        with np.load(path) as content:
            inputs = {name: content[name].astype(np.float32) for name in content.files}
    except (OSError, ValueError, AttributeError):
        raise ValueError(
            f"{path}: wanted an NPZ file with recorded inputs; make it with: "
            "edgeact record SITE.yaml --to recorded.npz --inputs FOLDER"
        ) from None
    lengths = {name: len(values) for name, values in inputs.items()}
    if not lengths or len(set(lengths.values())) != 1 or not min(lengths.values()):
        raise ValueError(f"{path}: wanted as many rows of each input, at least one; got {lengths}")
    return inputs


def check_inputs(source: Path, model: onnx.ModelProto, inputs: Mapping[str, Float]) -> None:
    """Compare recorded inputs with what a graph takes.

    Raises:
        ValueError: other names or other sizes; tells both.
    """
    wanted = {
        value.name: tuple(size.dim_value for size in value.type.tensor_type.shape.dim[1:])
        for value in model.graph.input
    }
    given = {name: values.shape[1:] for name, values in inputs.items()}
    if given != wanted:
        raise ValueError(f"{source}: takes {wanted}; the recorded inputs are {given}")


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.quantize", description=__doc__)
    parser.add_argument("onnx", type=Path, help="float32 ONNX file")
    parser.add_argument("--inputs", type=Path, required=True, help="recorded by edgeact record")
    parser.add_argument("--to", type=Path, help="default: MODEL_int8.onnx beside the model")
    parser.add_argument("--keep", nargs="*", default=[], metavar="NODE", help="stay float")
    options = parser.parse_args(argv)
    target = options.to or options.onnx.with_name(f"{options.onnx.stem}_int8.onnx")
    try:
        if not options.onnx.is_file():
            raise ValueError(f"{options.onnx}: no such model file")
        quantize(options.onnx, read_inputs(options.inputs), target, keep=options.keep)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stderr.write(
        f"{target}: {target.stat().st_size / 1e6:.1f} MB. What it costs: "
        f"python -m export.verify {options.onnx} {target} --inputs {options.inputs}\n"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
