"""Writes a torch network as one ONNX file that holds its weights and says what it is."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from export.halves import weights_as_halves

OPSET = 18

# torch's exporter warns that torchvision, which nothing here needs, is not installed.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)


def write_onnx(
    network: nn.Module,
    example: Mapping[str, Tensor],
    path: Path,
    *,
    outputs: Sequence[str],
    metadata: Mapping[str, str],
    halves: bool = False,
) -> None:
    """Export ``network``, called with ``example`` by name, into ``path``; only the batch is free.

    example: the first axis of each is the batch, at least 2. halves: store weights as 16-bit
    floats. Nothing of the machine that exported (paths, stack traces) is left in the file.
    """
    batch = torch.export.Dim("batch", min=1)
    with warnings.catch_warnings():
        # torch's exporter warns of its own future, and that one name serves all batch axes.
        warnings.simplefilter("ignore", FutureWarning)
        warnings.filterwarnings("ignore", message=".*The axis name: batch will not be used")
        program = torch.onnx.export(
            network.eval(),
            kwargs=dict(example),
            dynamo=True,
            external_data=False,
            opset_version=OPSET,
            input_names=list(example),
            output_names=list(outputs),
            dynamic_shapes={name: {0: batch} for name in example},
            optimize=True,
            verbose=False,
        )
    assert program is not None
    proto = program.model_proto
    del proto.metadata_props[:]
    for node in [*proto.graph.node, *proto.graph.value_info, proto.graph]:
        del node.metadata_props[:]
        node.doc_string = ""
    if halves:
        weights_as_halves(proto)
    for key, value in metadata.items():
        proto.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString())
