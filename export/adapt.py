"""Rewrites public ONNX graphs so that nvinfer can feed them.

nvinfer feeds float32 NCHW, ``scale * (x - offset[channel])``, any number of pictures up to its
batch-size, and reads outputs whose sizes do not depend on the data. Each step below brings one
kind of graph there without changing what it computes; the tests compare them with the raw files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnx

from export.dequantize import float_arithmetic
from export.graph import GraphEdit
from export.movenet import movenet_batch

BATCH = "batch"


def adapt(model: onnx.ModelProto, steps: Sequence[str]) -> onnx.ModelProto:
    """Apply the named steps to a copy of ``model``, in order, and check the result.

    Raises:
        ValueError: a step is unknown or does not fit this graph, or the result is no valid ONNX.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    edit = GraphEdit(copy)
    for step in steps:
        if step not in STEPS:
            raise ValueError(f"unknown step '{step}'; wanted one of {', '.join(STEPS)}")
        STEPS[step](edit)
    edit.prune()
    try:
        onnx.checker.check_model(edit.model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ValueError(f"the rewritten graph is not valid ONNX: {error}") from None
    return edit.model


def dynamic_batch(edit: GraphEdit) -> None:
    """Free the first axis of inputs, outputs, and of every reshape that had fixed it to 1."""
    for value in [*edit.graph.input, *edit.graph.output]:
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    for node in edit.graph.node:
        if node.op_type != "Reshape":
            continue
        shape = edit.constant(node.input[1])
        if shape is not None and shape.size > 1 and shape[0] == 1:
            # 0 copies the size of the tensor that comes in, whose first axis is the batch.
            node.input[1] = edit.add_constant(np.array([0, *shape[1:]], dtype=np.int64))


def float_nchw_input(edit: GraphEdit) -> None:
    """Take float NCHW as ``input`` instead of NHWC (float, or uint8 that the graph casts)."""
    raw = edit.graph.input[0]
    batch, *sizes = raw.type.tensor_type.shape.dim
    height, width, channels = (size.dim_value for size in sizes)
    if channels != 3:
        raise ValueError(f"wanted an NHWC picture with 3 channels; got {channels}")
    reader = next(node for node in edit.graph.node if raw.name in node.input)
    place = reader.output[0]
    nhwc = edit.insert("Transpose", ["input"], before=place, perm=[0, 2, 3, 1])
    if reader.op_type == "Cast":
        edit.graph.node.remove(reader)
        edit.rename(place, nhwc)
    else:
        reader.input[0] = nhwc
    edit.declare_input("input", [batch.dim_param or batch.dim_value, 3, height, width])


def rtmdet_before_nms(edit: GraphEdit) -> None:
    """Stop before RTMDet's own suppression, whose output size depends on the picture.

    Output ``output`` [B,2100,5]: x1 y1 x2 y2 in pixels of the 320x320 input, score; nvinfer's
    cluster-mode 2 then does what the graph did.
    """
    suppression = next(n for n in edit.graph.node if n.op_type == "NonMaxSuppression")
    boxes = edit.node("y.24").output[0]
    scores = edit.node("y.28").input[1]
    made = edit.insert("Concat", [boxes, scores], before=suppression.output[0], axis=2)
    edit.rename(made, "output")
    edit.declare_input("input", [BATCH, 3, 320, 320])
    edit.declare_outputs({"output": [BATCH, 2100, 5]})


def rtmdet_fold_std(edit: GraphEdit) -> None:
    """Put the division by ImageNet's deviations into the first convolution.

    nvinfer has one factor for all channels, so ``offsets`` carry the means and the weights the
    deviations. The convolution pads with zeros after the normalization, so the fold is exact.
    """
    first = next(node for node in edit.graph.node if node.op_type == "Conv")
    weights = edit.constant(first.input[1])
    if first.input[0] != "input" or weights is None or weights.shape[1] != 3:
        raise ValueError(f"wanted a first convolution of 3 channels; got {first.name}")
    deviations = np.array([57.375, 57.12, 58.395], dtype=np.float32)
    folded = np.asarray(weights, dtype=np.float32) / deviations.reshape(1, 3, 1, 1)
    first.input[1] = edit.add_constant(folded)


def blazepose_outputs(edit: GraphEdit) -> None:
    """Keep the landmarks and the person probability; drop mask, heat maps and world coordinates."""
    edit.rename("Identity", "landmarks")
    edit.rename("Identity_1", "person")
    edit.declare_outputs({"landmarks": [1, 195], "person": [1, 1]})


STEPS: dict[str, Callable[[GraphEdit], None]] = {
    step.__name__: step
    for step in (
        dynamic_batch,
        float_nchw_input,
        rtmdet_before_nms,
        rtmdet_fold_std,
        blazepose_outputs,
        movenet_batch,
        float_arithmetic,
    )
}
