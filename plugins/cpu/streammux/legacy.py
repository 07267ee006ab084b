"""nvstreammux, the legacy kind: frames of many sources become batches of one size."""

from __future__ import annotations

from typing import ClassVar

from plugins.cpu.elements.element import boolean, integer, uint
from plugins.cpu.streammux.batch import LegacyBatching
from plugins.cpu.streammux.input import INTERPOLATIONS, MuxInput, Scaling
from plugins.cpu.streammux.mux import MuxElement

PROPERTIES = {
    "width": uint(0),
    "height": uint(0),
    "batch-size": uint(0),
    "batched-push-timeout": integer(-1),
    "live-source": boolean(False),
    "enable-padding": boolean(False),
    "attach-sys-ts": boolean(True),
    "interpolation-method": uint(1),
    "buffer-pool-size": uint(4),
    "nvbuf-memory-type": uint(0),
    "gpu-id": uint(0),
    "compute-hw": uint(0),
    "num-surfaces-per-frame": uint(1),
    "sync-inputs": boolean(False),
    "max-latency": uint(0),
    "drop-pipeline-eos": boolean(False),
    "frame-num-reset-on-eos": boolean(False),
    "frame-num-reset-on-stream-reset": boolean(False),
    "frame-duration": integer(-1),
    "async-process": boolean(True),
    "sort-batch": boolean(True),
    "cache-buffer": boolean(False),
    "extract-sei-type5-data": boolean(False),
}
"""What can be set."""


class LegacyStreamMux(MuxElement):
    """Batches of frames scaled to width x height; see NVIDIA's legacy nvstreammux.

    live-source=0: one frame of every pad that has not ended; without a timeout it waits for all
    of them, so the batches of a file run are always the same. live-source=1: what has come, when
    batch-size frames have come. In both, what has come batched-push-timeout microseconds after the
    first of them.
    """

    __gstmetadata__ = ("nvstreammux", "Generic/Muxer", "CPU twin", "edgeact")
    __gsttemplates__ = MuxElement.__gsttemplates__
    __gproperties__: ClassVar = PROPERTIES

    def problem(self) -> str | None:
        """The size of the batch must be set."""
        if self.setting("width") and self.setting("height"):
            return None
        return "width and height of the batch must be set"

    def depth(self) -> int:
        """As many as the pool has buffers."""
        return int(max(1, self.setting("buffer-pool-size")))

    def scaling(self, entry: MuxInput) -> Scaling:
        """Every frame gets the size of the batch."""
        return Scaling(
            width=self.setting("width"),
            height=self.setting("height"),
            padding=self.setting("enable-padding"),
            interpolation=INTERPOLATIONS.get(self.setting("interpolation-method"), 1),
        )

    def batching(self) -> LegacyBatching:
        """The rules above."""
        timeout_us = self.setting("batched-push-timeout")
        return LegacyBatching(
            live=self.setting("live-source"),
            batch_size=self.setting("batch-size"),
            timeout_s=timeout_us / 1e6 if timeout_us >= 0 else None,
        )
