"""Clips that the tests make themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from gi.repository import Gst

VIDEO = "videotestsrc num-buffers={} ! video/x-raw,width={},height={},framerate={}"
AUDIO = "audiotestsrc num-buffers={} samplesperbuffer=1024 ! audio/x-raw,rate=16000,channels=1"
H264 = "x264enc speed-preset=ultrafast key-int-max=25 ! h264parse"


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


def moving_bar(path: Path, frames: int = 25, size: tuple[int, int] = (128, 96)) -> str:
    """Write a clip of a white bar that goes from the left edge to the right; give its address."""
    width, height = size
    pictures = np.zeros((frames, height, width), np.uint8)
    for number in range(frames):
        left = (width - width // 8) * number // max(1, frames - 1)
        pictures[number, :, left : left + width // 8] = 255
    raw = path.with_suffix(".raw")
    raw.write_bytes(pictures.tobytes())
    run(
        f'filesrc location="{raw}" ! rawvideoparse format=gray8 width={width} height={height} '
        f'framerate=25/1 ! videoconvert ! {H264} ! mp4mux ! filesink location="{path}"'
    )
    return path.as_uri()


def elementary(source: Path, path: Path, frames: int) -> Path:
    """Copy the first pictures of an mp4 file as a bare H.264 stream."""
    run(
        f'filesrc location="{source}" ! qtdemux ! h264parse ! '
        "video/x-h264, stream-format=byte-stream, alignment=au ! "
        f"identity eos-after={frames + 1} ! "
        f'filesink location="{path}"'
    )
    return path
