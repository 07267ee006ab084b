"""One run in a process is over when it is over."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

import tests.plugins.conftest  # noqa: F401  # loads GStreamer before warnings become errors
from pipelines.config_file import load_config
from pipelines.record import SilentFusion
from pipelines.runner import Output, Runner
from tests.pipelines.toy_site import make_clip, make_site

pytestmark = pytest.mark.gst


def test_one_run_after_another_leaves_nothing_open(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, sound=True)
    config = load_config(make_site(tmp_path, {"door": str(clip)}))
    open_files = []
    for _ in range(3):
        output = Output(emit=lambda _events: None, tell=lambda _line: None)
        runner = Runner(config, SilentFusion(config.window), output)
        runner.run()
        assert runner.assembly.count_of(0).frames == 15
        del runner
        gc.collect()
        open_files.append(sum(1 for _ in Path("/proc/self/fd").iterdir()))
    assert open_files[2] == open_files[1]
