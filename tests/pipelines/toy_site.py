"""A whole site that needs no download: tiny networks that see the same person in every picture.

The detector finds one box, the pose network gives one standing figure; the graph, the twins, the
probe, the worker and the shipped fusion model are the product's own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.plugins.cpu.networks import SIZE, fixed_boxes
from tests.recognition.people import STANDING

EDGEACT = Path(sys.executable).with_name("edgeact")

_DETECT = """\
[property]
gie-unique-id=1
process-mode=1
network-type=0
onnx-file=detect.onnx
labelfile-path=labels.txt
num-detected-classes=1
parse-bbox-func-name=NvDsInferParseRtmDet
maintain-aspect-ratio=0
cluster-mode=2
crop-objects-to-roi-boundary=1
"""
_POSE = """\
[property]
gie-unique-id=2
process-mode=2
network-type=100
output-tensor-meta=1
onnx-file=pose.onnx
operate-on-gie-id=1
operate-on-class-ids=0
"""


def make_site(folder: Path, sources: dict[str, str], *, extra: str = "") -> Path:
    """Write networks, nvinfer files and ``site.yaml`` of these sources (name to address)."""
    fixed_boxes(folder / "detect.onnx", [(8, 4, 24, 30, 0.9)])
    _fixed_pose(folder / "pose.onnx")
    (folder / "labels.txt").write_text("person\n")
    (folder / "detect.txt").write_text(_DETECT)
    (folder / "pose.txt").write_text(_POSE)
    lines = [f"  - {{name: {name}, uri: '{uri}'}}" for name, uri in sources.items()]
    site = folder / "site.yaml"
    site.write_text(
        "platform: cpu\nsources:\n" + "\n".join(lines) + "\n"
        "mux: {width_px: 320, height_px: 240}\n"
        "detect: {config: detect.txt}\n"
        "pose: {config: pose.txt}\n"
        "events: {default: {enter: 0.3, exit: 0.2}}\n" + extra
    )
    return site


def _fixed_pose(path: Path) -> None:
    """A network whose output is MoveNet's layout of a standing figure, whatever it sees."""
    yxs = np.concatenate([STANDING[:, ::-1], np.full((17, 1), 0.8)], axis=1, dtype=np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "figure"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "pose",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1, 17, 3])],
        [
            numpy_helper.from_array(yxs[None, None], "figure"),
            numpy_helper.from_array(np.zeros(1, np.float32), "zero"),
        ],
    )
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)


def make_clip(path: Path, *, seconds: float = 6, fps: int = 15, sound: bool = False) -> Path:
    """A test picture of 320 x 240 px, with a tone where asked for; the suffix chooses the form."""
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"testsrc=size=320x240:rate={fps}:duration={seconds}"]
    if sound:
        command += ["-f", "lavfi", "-i", f"sine=frequency=600:duration={seconds}"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(path)], check=True)
    return path


def run_edgeact(*arguments: str | Path, timeout_s: float = 120) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does; a hang fails the test."""
    return subprocess.run(
        [EDGEACT, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
