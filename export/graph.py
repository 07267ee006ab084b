"""Small edits of ONNX graphs: find a node, change a constant, put an operator in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import NodeProto, helper, numpy_helper

Array = npt.NDArray[np.generic]


class GraphEdit:
    """A model that is being rewritten in place.

    Tensors are addressed by name; a node by the name of its first output.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.graph = model.graph
        self._fresh = 0

    def node(self, output: str) -> NodeProto:
        """Return the node that makes tensor ``output``; ValueError where there is none."""
        node: NodeProto
        for node in self.graph.node:
            if output in node.output:
                return node
        raise ValueError(f"wanted a node that makes '{output}'; the graph has none")

    def constant(self, name: str) -> Array | None:
        """Return the value of an initializer, or None."""
        for initializer in self.graph.initializer:
            if initializer.name == name:
                return numpy_helper.to_array(initializer)
        return None

    def add_constant(self, value: Array) -> str:
        """Add an initializer and return its name."""
        name = self._name("const")
        self.graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def set_input(self, output: str, index: int, value: Array | str) -> None:
        """Feed input ``index`` of a node from a tensor (by name) or a new constant."""
        name = value if isinstance(value, str) else self.add_constant(value)
        self.node(output).input[index] = name

    def set_attribute(self, output: str, name: str, value: int | Sequence[int]) -> None:
        """Set an attribute of a node, whether it had it or not."""
        node = self.node(output)
        kept = [attribute for attribute in node.attribute if attribute.name != name]
        del node.attribute[:]
        node.attribute.extend([*kept, helper.make_attribute(name, value)])

    def insert(self, op: str, inputs: Sequence[str], before: str, **attributes: Any) -> str:
        """Add a node ahead of the one that makes ``before``; returns the new tensor's name."""
        made = self._name(op.lower())
        place = next(i for i, node in enumerate(self.graph.node) if before in node.output)
        node = helper.make_node(op, list(inputs), [made], name=made, **attributes)
        self.graph.node.insert(place, node)
        return made

    def prune(self) -> None:
        """Drop nodes and weights that no output needs, and the shapes noted for inner tensors."""
        needed = {output.name for output in self.graph.output}
        kept = []
        for node in reversed(self.graph.node):
            if needed.intersection(node.output):
                needed.update(node.input)
                kept.append(node)
        weights = [weight for weight in self.graph.initializer if weight.name in needed]
        del self.graph.node[:], self.graph.initializer[:], self.graph.value_info[:]
        self.graph.node.extend(reversed(kept))
        self.graph.initializer.extend(weights)

    def declare_input(self, name: str, sizes: Sequence[int | str]) -> None:
        """Make ``name`` (float32) the only input; a text size is a free one."""
        del self.graph.input[:]
        self.graph.input.append(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(sizes))
        )

    def declare_outputs(self, outputs: dict[str, Sequence[int | str]]) -> None:
        """Make these (float32) the only outputs."""
        del self.graph.output[:]
        self.graph.output.extend(
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, list(sizes))
            for name, sizes in outputs.items()
        )

    def rename(self, old: str, new: str) -> None:
        """Rename a tensor wherever it appears."""
        self.rename_made(old, new)
        for value in [*self.graph.input, *self.graph.output]:
            if value.name == old:
                value.name = new

    def rename_made(self, old: str, new: str) -> None:
        """Rename a tensor where a node makes and others read it; inputs and outputs stay."""
        for node in self.graph.node:
            node.input[:] = [new if name == old else name for name in node.input]
            node.output[:] = [new if name == old else name for name in node.output]

    def _name(self, stem: str) -> str:
        self._fresh += 1
        return f"edgeact_{stem}_{self._fresh}"
