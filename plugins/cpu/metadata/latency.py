"""How long the frames of a batch have been under way, as ``NVDS_ENABLE_LATENCY_MEASUREMENT`` asks.

It is the CPU's latency, from the mux on; on the device it counts from the decoder.
"""

from __future__ import annotations

import itertools
import os
import sys
import time

from plugins.cpu.metadata.carrier import batch_at

SWITCH = "NVDS_ENABLE_LATENCY_MEASUREMENT"

_batches = itertools.count()


def nvds_measure_buffer_latency(gst_buffer: int) -> int:
    """Print the latency of each frame of ``hash(gst_buffer)``; gives how many frames there are.

    0 where the environment does not ask for it or the buffer carries no batch.
    """
    if not isinstance(gst_buffer, int):
        raise TypeError(f"wanted hash(gst_buffer), an int; got {type(gst_buffer).__name__}")
    batch = batch_at(gst_buffer)
    if batch is None or os.environ.get(SWITCH, "0") in ("", "0"):
        return 0
    now_s = time.monotonic()
    lines = [f"************BATCH-NUM = {next(_batches)}**************"]
    for frame in batch.frame_items:
        latency_ms = (now_s - frame.arrived_s) * 1e3
        lines.append(
            f"Source id = {frame.source_id} Frame_num = {frame.frame_num} "
            f"Frame latency = {latency_ms:f} (ms)"
        )
    sys.stdout.write("\n".join(lines) + "\n")
    return len(batch.frame_items)
