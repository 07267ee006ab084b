"""C++ exceptions beside GStreamer, which brings an unwinder of its own into the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.gst

PROGRAM = """
import numpy  # brings GCC's unwinder, for itself alone
from plugins.gst import Gst
Gst.init(None)
import onnx.checker
try:
    onnx.checker.check_model(b"no model")
except Exception as error:
    print("caught")
"""


def test_an_extension_that_is_loaded_after_gstreamer_may_throw() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM], capture_output=True, text=True, check=False
    )

    assert done.stdout == "caught\n", done.stderr
