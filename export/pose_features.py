"""``python -m export.pose_features MODEL.onnx``: gives a pose network what it saw as an output.

The network has the mean of its last feature map anyway, as it reads the scores of the joints off
it; here it becomes the output ``features``, and what was there before stays as it was. A fusion
model of feature layout 4 takes it for what each person looks like. ``export.pose_to_onnx`` does
the same with each network that it writes.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import onnx

from export.listing import list_model, listed_data
from recognition.appearance import APPEARANCE_LAYER

_READER = "score_whole.weight"
"""Weight of the layer that reads the mean; see ``training.pose.network``."""


def add_features(model: onnx.ModelProto) -> None:
    """Make the mean of the last feature map the output ``features``, in place.

    Raises:
        ValueError: no layer of the graph reads such a mean, or it has the output already.
    """
    graph = model.graph
    if any(output.name == APPEARANCE_LAYER for output in graph.output):
        raise ValueError(f"has an output {APPEARANCE_LAYER} already")
    mean = next((node.input[0] for node in graph.node if _READER in node.input), None)
    if mean is None:
        raise ValueError(f"no layer with the weight {_READER}; wanted a network as nano_pose is")
    for node in graph.node:
        for names in (node.input, node.output):
            names[:] = [APPEARANCE_LAYER if name == mean else name for name in names]
    value = next(value for value in graph.value_info if value.name == mean)
    value.name = APPEARANCE_LAYER
    graph.output.append(value)
    graph.value_info.remove(value)
    onnx.checker.check_model(model, full_check=True)


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m export.pose_features", description=__doc__)
    parser.add_argument("model", type=Path, help="file of export.pose_to_onnx; is written anew")
    path = parser.parse_args(argv).model
    try:
        model = onnx.load(str(path))
        add_features(model)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{path}: {error}\n")
        return 2
    path.write_bytes(model.SerializeToString())
    if (data := listed_data(path)) is not None:
        sys.stdout.write(json.dumps(list_model(path, data=data)) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
