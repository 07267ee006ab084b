"""nvstreammux, the new kind: frames keep their size, batches are filled round robin."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from plugins.cpu.elements.element import boolean, integer, string, uint
from plugins.cpu.streammux.batch import NewBatching
from plugins.cpu.streammux.config import MuxConfig, load_mux_config
from plugins.cpu.streammux.input import MuxFrame, MuxInput, Scaling
from plugins.cpu.streammux.mux import MuxElement
from plugins.gst import Gst


class NewStreamMux(MuxElement):
    """Batches of frames of any sizes; see NVIDIA's new nvstreammux (USE_NEW_NVSTREAMMUX=yes).

    A batch is full with one frame of every source that has not ended (adaptive-batching), and is
    pushed partly filled batched-push-timeout microseconds after its first frame. Its time is the
    mux's running clock, not any source's; ``buf_pts`` keeps that.
    """

    __gstmetadata__ = ("nvstreammux", "Generic/Muxer", "CPU twin", "edgeact")
    __gsttemplates__ = MuxElement.__gsttemplates__
    __gproperties__: ClassVar = {
        "batch-size": uint(0),
        "batched-push-timeout": integer(33000),
        "config-file-path": string(),
        "attach-sys-ts": boolean(True),
        "num-surfaces-per-frame": uint(1),
        "sync-inputs": boolean(False),
        "max-latency": uint(0),
        "drop-pipeline-eos": boolean(False),
        "frame-num-reset-on-eos": boolean(False),
        "frame-num-reset-on-stream-reset": boolean(False),
        "frame-duration": integer(-1),
    }
    CHECKED_AT = Gst.StateChange.NULL_TO_READY

    def problem(self) -> str | None:
        """batch-size must be set."""
        return None if self.setting("batch-size") else "batch-size must be set, to 1 or more"

    def depth(self) -> int:
        """A batch of them."""
        return int(max(1, self.setting("batch-size")))

    def scaling(self, entry: MuxInput) -> Scaling:
        """Every frame keeps the size of its source."""
        return Scaling(width=entry.size[0], height=entry.size[1])

    def batching(self) -> NewBatching:
        """The rules above, with those of the configuration file."""
        path = self.setting("config-file-path")
        config = load_mux_config(Path(path)) if path else MuxConfig()
        timeout_us = self.setting("batched-push-timeout")
        timeout_s = timeout_us / 1e6 if timeout_us >= 0 else None
        return NewBatching(
            batch_size=config.batch_size or self.setting("batch-size"),
            adaptive=config.adaptive_batching,
            timeout_s=config.longest_s if config.longest_s is not None else timeout_s,
            pause_s=config.shortest_s if config.max_fps_control else 0.0,
            same_source=config.max_same_source_frames,
            most=config.frames_per_batch,
            priorities=config.priorities,
        )

    def batch_pts_ns(self, frames: Sequence[MuxFrame]) -> int:
        """The running clock of the mux; it stands at 0 until the pipeline plays."""
        return self._running_ns()
