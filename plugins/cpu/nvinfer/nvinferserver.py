"""nvinferserver: takes its properties, and says at the start why it cannot run."""

from __future__ import annotations

from typing import Any, ClassVar

from plugins.cpu.elements.element import BatchTwin, boolean, integer, sink_and_src, string, uint


class NvInferServer(BatchTwin):
    """A stand-in without inference: applications meet a message on the bus, not None."""

    __gstmetadata__ = ("nvinferserver", "Filter/Video", "Refuses to start on the CPU", "edgeact")
    __gsttemplates__ = sink_and_src()
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "config-file-path": string(),
        "unique-id": uint(0),
        "process-mode": uint(0),
        "batch-size": uint(0),
        "interval": uint(0),
        "infer-on-gie-id": integer(-1),
        "infer-on-class-ids": string(),
        "input-tensor-meta": boolean(False),
    }

    def on_start(self) -> None:
        """Refuse."""
        raise ValueError(
            "there is no Triton server on platform cpu; use nvinfer with a configuration file that "
            "names the model's ONNX file (onnx-file)"
        )
