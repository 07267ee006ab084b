"""Intervals that people marked in Label Studio: its JSON export.

Format: labelstud.io/guide/task_format, and the tags TimelineLabels (frames from 1, both ends
inside), VideoRectangle (a box per key frame) and Labels on sound or video (seconds).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from training.readers.clips import DatasetError, LabelledClip, Rate, read_text

_MEDIA_KEYS = ("video", "video_url", "audio", "url")
_UPLOADED = re.compile(r"^[0-9a-f]{8}-")


def read_label_studio(path: Path, rate_hz: Rate) -> list[LabelledClip]:
    """The intervals of an export; annotations that were cancelled do not count.

    Raises:
        DatasetError: the file is no such export.
    """
    try:
        tasks = json.loads(read_text(path))
    except ValueError as error:
        raise DatasetError([f"{path}: not JSON: {error}"]) from None
    if not isinstance(tasks, list) or not all(
        isinstance(task, dict) and {"data", "annotations"} <= set(task) for task in tasks
    ):
        raise DatasetError([f"{path}: wanted Label Studio's export 'JSON', not JSON-MIN or CSV"])
    clips: list[LabelledClip] = []
    for task in tasks:
        where = f"{path}: task {task.get('id')}"
        try:
            clips += _task(task, rate_hz, where)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError([f"{where}: not as Label Studio writes it: {error!r}"]) from None
    return clips


def _task(task: Mapping[str, Any], rate_hz: Rate, where: str) -> Iterator[LabelledClip]:
    address = next((task["data"][key] for key in _MEDIA_KEYS if key in task["data"]), None)
    if address is None:
        raise ValueError(f"its data has none of {', '.join(_MEDIA_KEYS)}")
    video = media_path(str(address))
    for annotation in task["annotations"]:
        if annotation.get("was_cancelled"):
            continue
        for region in annotation["result"]:
            for labels, start_s, end_s in _stretches(region, rate_hz, video):
                for label in labels:
                    yield LabelledClip(
                        path=video,
                        label=str(label),
                        start_s=start_s,
                        end_s=end_s,
                        group=video,
                        where=where,
                    )


def _stretches(
    region: Mapping[str, Any], rate_hz: Rate, video: str
) -> Iterator[tuple[list[str], float, float]]:
    """Labels, start and end in seconds of one region; none where it is of another kind."""
    value = region.get("value", {})
    match region.get("type"):
        case "timelinelabels":
            fps = rate_hz(video)
            for span in value["ranges"]:
                yield value["timelinelabels"], (span["start"] - 1) / fps, span["end"] / fps
        case "labels":
            if "start" in value and "end" in value:
                yield value["labels"], float(value["start"]), float(value["end"])
        case "videorectangle":
            yield from _boxes(value, value["framesCount"], rate_hz(video))


def _boxes(
    value: Mapping[str, Any], count: int, fps: float
) -> Iterator[tuple[list[str], float, float]]:
    """A box lasts from a key frame that is enabled to the next that is not, or to the end."""
    first: int | None = None
    for key in sorted(value["sequence"], key=lambda one: int(one["frame"])):
        frame = int(key["frame"])
        if first is None:
            first = frame
        if not key.get("enabled", True):
            yield value.get("labels", []), (first - 1) / fps, frame / fps
            first = None
    if first is not None:
        yield value.get("labels", []), (first - 1) / fps, count / fps


def media_path(address: str) -> str:
    """The file that an address of Label Studio means.

    Local storage gives /data/local-files/?d=PATH; an upload /data/upload/PROJECT/HASH-NAME.
    """
    parts = urlsplit(address)
    if parts.path.rstrip("/").endswith("local-files"):
        return parse_qs(parts.query)["d"][0].lstrip("/")
    path = unquote(parts.path)
    if "/upload/" in path:
        return _UPLOADED.sub("", Path(path).name)
    return Path(path).name if parts.scheme else path
