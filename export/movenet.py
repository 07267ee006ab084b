"""Lets MoveNet's decoder work on several pictures at once.

The network in front is convolutions and takes any batch. The decoder that follows (centre of the
person, a coarse guess of each joint, the best heat map cell near the guess, its offset) was
converted for one picture: it gathers with a constant batch index 0 and drops the first axis on the
way. Here that axis stays, and the gathers take it as their own (``batch_dims``). Values are copied
and quantized as before, so the results are the same bits.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from export.graph import GraphEdit

JOINTS = 17
OUTPUT = "keypoints"


def movenet_batch(edit: GraphEdit) -> None:
    """Free the first axis of MoveNet (tf2onnx, opset 13); output ``keypoints`` [B,1,17,3]."""
    raw_output = edit.graph.output[0].name
    edit.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    _centre(edit)
    _coarse_joints(edit)
    _refined_joints(edit)
    edit.rename(raw_output, OUTPUT)
    edit.declare_outputs({OUTPUT: ["batch", 1, JOINTS, 3]})


def _centre(edit: GraphEdit) -> None:
    """[B,1,48,48] centre scores to the cell of the person, and the joints guessed there."""
    edit.set_input(_made_by(edit, "__1166:0"), 1, _sizes(0, 48, 48, 1))
    edit.set_input("Reshape_2_prequant", 1, _sizes(0, -1, 1))
    del edit.node("stack_Concat__1197:0").input[0]
    edit.set_attribute("GatherNd_prequant", "batch_dims", 1)


def _coarse_joints(edit: GraphEdit) -> None:
    """[B,34] guesses to the distance of every heat map cell from every joint, [B,48,48,17]."""
    edit.set_input("Reshape_6_prequant", 1, _sizes(-1, JOINTS, 2))
    edit.set_attribute("unstack;unstack1_prequant", "axis", 2)
    for squeezed in ("unstack;unstack1_prequant__1210:0", "unstack;unstack1_prequant__1208:0"):
        edit.set_input(squeezed, 1, _sizes(2))
    for difference in ("sub_5_prequant", "sub_6_prequant"):
        guess = edit.node(difference).input[1]
        axes = edit.add_constant(_sizes(1, 2))
        cells = edit.insert("Unsqueeze", [guess, axes], before=difference)
        edit.set_input(difference, 1, cells)
    edit.set_input("Reshape_7_prequant", 1, _sizes(0, -1, JOINTS))


def _refined_joints(edit: GraphEdit) -> None:
    """[B,17] best cells to score and offset of each joint."""
    row, column = "stack_1_Unsqueeze__1279:0", "stack_1_Unsqueeze__1281:0"
    edit.set_input(row, 0, "floordiv_1")
    edit.set_input(column, 0, "sub_7")
    edit.set_input(row, 1, _sizes(2))
    edit.set_input(column, 1, _sizes(2))

    # (row, column, joint) [B,17,3]; the joint numbers get their batch axis from zeros of the rows.
    joints = np.arange(JOINTS, dtype=np.int32).reshape(1, JOINTS, 1)
    nothing = edit.insert(
        "Mul", [row, edit.add_constant(np.zeros(1, dtype=np.int32))], before="concat"
    )
    numbers = edit.insert("Add", [nothing, edit.add_constant(joints)], before="concat")
    cell = edit.node("concat")
    cell.input[:] = [row, column, numbers]
    edit.set_attribute("concat", "axis", 2)
    where = edit.node("GatherNd_3_prequant").input[1]
    edit.set_attribute("GatherNd_3_prequant", "batch_dims", 1)
    edit.set_input("ExpandDims_81_prequant", 1, _sizes(-1, 1, JOINTS, 1))

    # The graph gathered all 34 offsets at each joint's cell, then picked the joint's own two.
    offsets = edit.node("GatherNd_1_prequant").input[0]
    pairs = edit.insert(
        "Reshape",
        [offsets, edit.add_constant(_sizes(0, 48, 48, JOINTS, 2))],
        before="GatherNd_2_prequant",
    )
    edit.node("GatherNd_2_prequant").input[:] = [pairs, where]
    edit.set_attribute("GatherNd_2_prequant", "batch_dims", 1)
    edit.set_attribute("unstack_1;unstack_11_prequant", "axis", 2)
    for squeezed in (
        "unstack_1;unstack_11_prequant__1310:0",
        "unstack_1;unstack_11_prequant__1308:0",
    ):
        edit.set_input(squeezed, 1, _sizes(2))
    for reshaped in ("ExpandDims_31_prequant", "ExpandDims_2_prequant"):
        edit.set_input(reshaped, 1, _sizes(-1, JOINTS))
    edit.set_input("ExpandDims_41_prequant", 1, _sizes(-1, 1, JOINTS, 2))


def _made_by(edit: GraphEdit, ending: str) -> str:
    for node in edit.graph.node:
        if node.output[0].endswith(ending):
            return str(node.output[0])
    raise ValueError(f"wanted MoveNet's decoder with a tensor '...{ending}'; the graph has none")


def _sizes(*values: int) -> npt.NDArray[np.int64]:
    return np.array(values, dtype=np.int64)
