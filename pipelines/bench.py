"""``edgeact bench``: speed as fast as files go, then latency at the camera's own pace.

Method: files are decoded and worked on without a display. The first pass runs as fast as it can:
frames per second, share of time inside ONNX Runtime, time in the probe. The second pass plays
the files at their own speed, as cameras would, and measures each frame from its arrival at the mux
to the end of the work on it; as fast as files go that time would mostly be waiting in queues.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from engines.load import load_engine
from pipelines.clips import missing_file
from pipelines.config import Config
from pipelines.report import tell
from pipelines.run import add_site_arguments, load_site
from settings.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.runner import Runner
    from plugins.metadata import RawFrame

_WARM_UP_S = 2.0  # of the paced pass: the first frames meet cold caches and a filling pipeline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact bench``."""
    add_site_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="length of the paced pass (default 20)"
    )


def run(args: argparse.Namespace) -> int:
    """Measure a site made of files."""
    config = load_site(args)
    problems = [line for source in config.sources if (line := missing_file(source))]
    if problems:
        raise ConfigError(problems)
    if config.is_live:
        raise ConfigError(["bench measures recordings; give files: --source NAME=FILE"])
    result = measure(config, paced_s=args.seconds)
    if args.json:
        print(json.dumps(result))  # noqa: T201
    else:
        for key, value in result.items():
            print(f"{key:<28} {value}")  # noqa: T201
    return 0


def measure(config: Config, *, paced_s: float) -> dict[str, Any]:
    """Both passes; keys end in their unit: ``_ms``, ``_us``, ``_s``, ``_fps``."""
    tell("bench: as fast as the files go")
    fast = _Pass(config, paced=False)
    fast.run()
    tell(f"bench: at the files' own pace, {paced_s:.0f} s")
    paced = _Pass(config, paced=True)
    paced.run(seconds=paced_s)
    latency_ms = np.array(paced.latencies_s[paced.warm :] or paced.latencies_s) * 1000
    probe_us = np.array([s / n for s, n in fast.runner.assembly.probe.timings]) * 1e6
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "sources": len(config.sources),
        "frames": fast.frames,
        "throughput_fps": round(fast.frames / fast.runner.elapsed_s, 1),
        "frame_ms_p50": _percentile(latency_ms, 50),
        "frame_ms_p95": _percentile(latency_ms, 95),
        "paced_frames": len(latency_ms),
        "probe_us_per_person_p50": _percentile(probe_us, 50),
        "probe_us_per_person_p95": _percentile(probe_us, 95),
        "onnxruntime_share": round(fast.inference_s() / fast.runner.elapsed_s, 3),
        "windows_per_s": round(
            fast.runner.assembly.recognizer.windows_run / fast.runner.elapsed_s, 1
        ),
        "people": sum(
            fast.runner.assembly.count_of(index).people for index in range(len(config.sources))
        ),
    }


def _percentile(values: Any, share: float) -> float | None:
    return round(float(np.percentile(values, share)), 2) if len(values) else None


class _Pass:
    """One run of the site with ears along the way."""

    def __init__(self, config: Config, *, paced: bool) -> None:
        from pipelines.assembly import Hooks
        from pipelines.runner import Output, Runner

        self._arrivals: dict[tuple[int, int], float] = {}
        self._lock = threading.Lock()
        self.frames = 0
        self.latencies_s: list[float] = []
        self.warm = 0
        self._began = time.monotonic()
        self._fusion = load_engine(config.fusion.model, threads=config.fusion.threads)
        output = Output(emit=lambda _events: None, tell=tell)
        hooks = Hooks(arrived=self._arrived, done=self._done)
        self.runner: Runner = Runner(config, self._fusion, output, paced=paced, hooks=hooks)

    def run(self, *, seconds: float | None = None) -> None:
        from plugins.gst import GLib

        def stop() -> bool:
            self.runner.interrupt()
            return False

        self._began = time.monotonic()
        timer = GLib.timeout_add(int(seconds * 1000), stop) if seconds else 0
        self.runner.run()
        if timer and GLib.MainContext.default().find_source_by_id(timer):
            GLib.source_remove(timer)

    def inference_s(self) -> float:
        """Seconds inside ONNX Runtime: both stages and the fusion model."""
        stages = [self.runner.assembly.element(name) for name in ("detect", "pose")]
        parts = (*stages, self._fusion)
        return sum(float(getattr(part, "inference_s", 0.0)) for part in parts)

    def _arrived(self, index: int, pts_ns: int) -> None:
        with self._lock:
            self._arrivals[index, pts_ns] = time.perf_counter()

    def _done(self, frames: Sequence[RawFrame]) -> None:
        now = time.perf_counter()
        with self._lock:
            for frame in frames:
                arrived = self._arrivals.pop((frame.source_id, frame.pts_ns), None)
                if arrived is not None:
                    self.latencies_s.append(now - arrived)
        self.frames += len(frames)
        if time.monotonic() - self._began < _WARM_UP_S:
            self.warm = len(self.latencies_s)
