"""What ``platform: cpu`` needs of a machine."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.doctor.findings import Finding
from pipelines.doctor.machine import Machine, numbers

ELEMENTS = (
    "uridecodebin", "rtspsrc", "qtdemux", "matroskademux", "h264parse", "avdec_h264",
    "avdec_h265", "aacparse", "avdec_aac", "audioconvert", "audioresample", "appsink",
)  # fmt: skip
ENCODER = ("x264enc", "mp4mux")
PACKAGES = ("numpy", "onnxruntime", "opencv-python", "trackers")
_OLDEST, _NEWEST = (3, 10), (3, 12)
_GSTREAMER = (1, 20)

_SYSTEM = "requirements/install-system.sh requirements/system.txt"


def judge_cpu(machine: Machine) -> Iterator[Finding]:
    """Every part, in the order in which to mend them."""
    python = ".".join(map(str, machine.python))
    if _OLDEST <= machine.python <= _NEWEST:
        yield Finding("python", "ok", python)
    else:
        mend = "/usr/bin/python3 -m venv --system-site-packages .venv"
        yield Finding("python", "problem", f"{python}; wanted 3.10 to 3.12", mend)
    yield from _gstreamer(machine)
    for name in PACKAGES:
        if found := machine.packages.get(name):
            yield Finding(name, "ok", found)
        else:
            mend = "pip install -r requirements/cpu.txt"
            yield Finding(name, "problem", "not installed", mend)


def _gstreamer(machine: Machine) -> Iterator[Finding]:
    if machine.gstreamer is None:
        yield Finding("gstreamer", "problem", "no PyGObject, or no GStreamer", _SYSTEM)
        return
    if numbers(machine.gstreamer) < _GSTREAMER:
        yield Finding("gstreamer", "problem", f"{machine.gstreamer}; wanted 1.20 or newer", _SYSTEM)
    else:
        yield Finding("gstreamer", "ok", machine.gstreamer)
    lacks = [name for name in ELEMENTS if name in machine.lacks]
    if lacks:
        yield Finding("codecs", "problem", "missing: " + ", ".join(lacks), _SYSTEM)
    else:
        yield Finding("codecs", "ok", "H.264, H.265, AAC; MP4, Matroska, RTSP")
    lacks = [name for name in ENCODER if name in machine.lacks]
    if lacks:
        found = f"missing: {', '.join(lacks)}: --video cannot be written"
        yield Finding("encoder", "note", found, _SYSTEM)
