"""GStreamer's enumerations are whole before any streaming thread asks for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.gst

RACE = """
import sys, threading
import {module}
from gi.repository import {namespace}
sys.setswitchinterval(1e-6)
problems, start = [], threading.Barrier(8)
def ask():
    start.wait()
    try:
        for name, value in {values}:
            getattr(getattr({namespace}, name), value)
    except AttributeError as error:
        problems.append(str(error))
threads = [threading.Thread(target=ask) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
raise SystemExit(problems[0] if problems else 0)
"""


@pytest.mark.parametrize(
    ("module", "namespace", "values"),
    [
        ("plugins.gst", "Gst", [("MessageType", "DEVICE_CHANGED"), ("EventType", "SEEK")]),
        ("plugins.cpu.streammux.yuv", "GstVideo", [("VideoFormat", "Y444_16LE")]),
    ],
)
def test_threads_that_ask_at_once_get_enumerations_with_all_their_values(
    module: str, namespace: str, values: list[tuple[str, str]]
) -> None:
    program = RACE.format(module=module, namespace=namespace, values=values)
    for _ in range(5):
        run = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr
