"""Intervals that people marked in CVAT: its export 'CVAT for video 1.1'.

Format: docs.cvat.ai/docs/manual/advanced/xml_format. A track is one person from its first box to
the box marked ``outside``. What the person does is the track's label or, where boxes have a
changing attribute such as ``action``, that attribute's value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from training.readers.clips import DatasetError, LabelledClip, Rate, side_of


def read_cvat(path: Path, rate_hz: Rate, *, attribute: str = "action") -> list[LabelledClip]:
    """The intervals of an annotations.xml.

    attribute: of the boxes, that says what is done; tracks without it are named by their label.

    Raises:
        DatasetError: the file is no such export.
    """
    try:
        root = ElementTree.parse(path).getroot()
    except OSError as error:
        raise DatasetError([f"{path}: cannot be read: {error.strerror}"]) from None
    except ElementTree.ParseError as error:
        line, _ = error.position
        raise DatasetError([f"{path}:{line}: not XML: {error}"]) from None
    videos = _videos(root)
    if root.tag != "annotations" or not videos or root.find("image") is not None:
        raise DatasetError([f"{path}: wanted CVAT's export 'CVAT for video 1.1' of a task"])
    clips = []
    for track in root.iter("track"):
        video = videos.get(track.get("task_id", ""), next(iter(videos.values())))
        where = f"{path}: track {track.get('id')}"
        try:
            spans = list(_spans(track, attribute))
        except (TypeError, ValueError):
            raise DatasetError([f"{where}: a box without a frame number"]) from None
        for span in spans:
            fps = rate_hz(video.name)
            clips.append(
                LabelledClip(
                    path=video.name,
                    label=span.label,
                    start_s=span.first / fps,
                    end_s=span.end / fps,
                    group=video.name,
                    split=side_of(video.subset),
                    where=where,
                )
            )
    return clips


@dataclass(frozen=True, slots=True)
class _Video:
    """name: of the file. subset: CVAT's word for the split."""

    name: str
    subset: str


@dataclass(frozen=True, slots=True)
class _Span:
    """Frames from first to before end."""

    label: str
    first: int
    end: int


def _videos(root: ElementTree.Element) -> dict[str, _Video]:
    """The video of each task, by the task's id; a project has several tasks."""
    return {
        task.findtext("id", ""): _Video(source, task.findtext("subset") or "")
        for task in root.iterfind("meta//task")
        if (source := task.findtext("source") or root.findtext("meta/source"))
    }


def _spans(track: ElementTree.Element, attribute: str) -> Iterator[_Span]:
    """What one track does: a box holds until the next one, or for one frame."""
    span: _Span | None = None
    for box in sorted(track, key=lambda one: int(str(one.get("frame")))):
        frame = int(str(box.get("frame")))
        if span is not None and frame > span.end:
            span = replace(span, end=frame)
        label = None if box.get("outside") == "1" else _label(track, box, attribute)
        if span is not None and span.label != label:
            yield replace(span, end=frame)
            span = None
        if label is not None:
            span = _Span(label, span.first if span else frame, frame + 1)
    if span is not None:
        yield span


def _label(track: ElementTree.Element, box: ElementTree.Element, attribute: str) -> str:
    values = (
        item.text or "" for item in box.iterfind("attribute") if item.get("name") == attribute
    )
    return next(values, "") or track.get("label", "")
