"""Clips and cameras that the tests make themselves."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from gi.repository import Gst

VIDEO = "videotestsrc num-buffers={} ! video/x-raw,width={},height={},framerate={}"
AUDIO = "audiotestsrc num-buffers={} samplesperbuffer=1024 ! audio/x-raw,rate=16000,channels=1"
H264 = "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse"

has_rtsp_server = any(Path("/usr/lib").glob("*/girepository-1.0/GstRtspServer-1.0.typelib"))
needs_rtsp_server = pytest.mark.skipif(
    not has_rtsp_server, reason="needs the package gir1.2-gst-rtsp-server-1.0"
)


def run(description: str) -> None:
    """Run a pipeline to its end."""
    pipeline = Gst.parse_launch(description)
    pipeline.set_state(Gst.State.PLAYING)
    kinds = Gst.MessageType.EOS | Gst.MessageType.ERROR
    message = pipeline.get_bus().timed_pop_filtered(60 * Gst.SECOND, kinds)
    pipeline.set_state(Gst.State.NULL)
    assert message is not None, f"no end: {description}"
    assert message.type == Gst.MessageType.EOS, message.parse_error()


def video(frames: int = 25, size: tuple[int, int] = (64, 48), rate: str = "25/1") -> str:
    return VIDEO.format(frames, *size, rate)


def clip(
    path: Path, frames: int = 25, *, pictures: bool = True, sound: bool = False, muxer: str = "mp4"
) -> str:
    """Write a clip of 25 frames a second; give its address."""
    parts = [f'{muxer}mux name=mux ! filesink location="{path}"']
    if pictures:
        parts.append(f"{video(frames)} ! {H264} ! mux.")
    if sound:
        blocks = max(1, frames * 16000 // 25 // 1024)
        parts.append(f"{AUDIO.format(blocks)} ! avenc_aac ! mux.")
    run("  ".join(parts))
    return path.as_uri()


SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(sys.argv[2]); factory.set_shared(True)
server.get_mount_points().add_factory("/camera", factory)
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
"""


class Camera:
    """An RTSP camera in a process of its own, which can be switched off and on."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"rtsp://viewer:secret@127.0.0.1:{self.port}/camera"
        self._process: subprocess.Popen[str] | None = None

    def on(self) -> None:
        launch = (
            "( videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=25/1 !"
            " x264enc tune=zerolatency speed-preset=ultrafast key-int-max=5 !"
            " rtph264pay name=pay0 pt=96 )"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(self.port), launch],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def off(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None
