"""Finds out what a path holds, and reads it by the reader that knows its form."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Literal, get_args

from training.readers.clips import DatasetError, LabelledClip, read_clips, read_text, relabelled

Form = Literal[
    "clips", "ucf101", "kinetics", "cvat", "label_studio", "skeletons", "tracks", "recordings"
]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a form may need besides its path.

    media: folder of the videos. split: which of several official ones. audio: only UCF-101's
    classes with sound. fps: of annotated videos or skeletons, None for their own. attribute: of
    CVAT's boxes. labels: names, one per line. names: our label by theirs, None to leave it out.
    group: a pattern whose match in a path is the clip's group.
    """

    media: Path | None = None
    split: str = ""
    audio: bool = False
    fps: float | None = None
    attribute: str = "action"
    labels: tuple[str, ...] = ()
    names: dict[str, str | None] | None = None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What was read.

    clips: the list. classes: the labels that the source itself declares, empty for none. media:
    where its videos lie; None where it has none. left_out: clips that ``names`` leaves out.
    """

    form: Form
    clips: list[LabelledClip]
    classes: list[str]
    media: Path | None
    left_out: int = 0


def detect(path: Path) -> Form:
    """The form of what lies at a path.

    Raises:
        DatasetError: there is nothing, or nothing known.
    """
    if not path.exists():
        raise DatasetError([f"{path}: does not exist"])
    if path.is_dir():
        return _form_of_folder(path)
    match path.suffix.lower():
        case ".csv":
            header = read_text(path).partition("\n")[0]
            return "kinetics" if "youtube_id" in header else "clips"
        case ".pkl" | ".pickle":
            return "skeletons"
        case ".xml":
            return "cvat"
        case ".json":
            return "label_studio"
        case ".npz":
            return "recordings"
        case other:
            raise DatasetError([f"{path}: no reader for '{other}'; {_known()}"])


def read_source(path: Path, form: Form, options: Options) -> Source:
    """Read the list of clips of any form.

    Raises:
        DatasetError: it cannot be read.
    """
    source = _read(path, form, options)
    clips, left_out = relabelled(source.clips, options.names or {})
    if options.group:
        clips = list(_grouped(clips, options.group))
    return replace(source, clips=clips, left_out=left_out)


def _form_of_folder(path: Path) -> Form:
    from training.readers.ucf101 import find_lists

    if (path / "manifest.json").is_file():
        return "tracks"
    if next(path.rglob("*.npz"), None):
        return "recordings"
    if find_lists(path) is not None:
        return "ucf101"
    raise DatasetError([f"{path}: a folder of no known form; {_known()}"])


def _known() -> str:
    return "see edgeact dataset check --help, or say which it is by --as"


def _read(path: Path, form: Form, options: Options) -> Source:
    classes: list[str] = []
    media = options.media
    match form:
        case "clips":
            clips, media = read_clips(path), media or path.absolute().parent
        case "ucf101":
            from training.readers.ucf101 import read_ucf101

            clips, classes = read_ucf101(path, split=options.split or "1", audio=options.audio)
            media = media or path
        case "kinetics":
            from training.readers.kinetics import read_kinetics

            clips = read_kinetics(path, media)
            classes = sorted({clip.label for clip in clips})
        case "cvat" | "label_studio":
            clips = _read_annotations(path, form, options)
        case "skeletons":
            from training.readers.skeletons import clips_of, read_skeletons

            skeletons = read_skeletons(path)
            classes = list(options.labels or skeletons.classes)
            clips = clips_of(path, skeletons, split=options.split, classes=classes)
            media = None
        case "tracks":
            listed = path / "clips.csv"
            clips, media = read_clips(listed) if listed.is_file() else [], None
        case "recordings":
            clips, media = [], None
    return Source(form=form, clips=clips, classes=classes, media=media)


def _read_annotations(path: Path, form: Form, options: Options) -> list[LabelledClip]:
    from training.readers.cvat import read_cvat
    from training.readers.label_studio import read_label_studio
    from training.readers.videos import rate_of

    rate_hz = cache(partial(rate_of, options.media, options.fps))
    if form == "cvat":
        return read_cvat(path, rate_hz, attribute=options.attribute)
    return read_label_studio(path, rate_hz)


def _grouped(clips: Iterable[LabelledClip], pattern: str) -> Iterable[LabelledClip]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise DatasetError([f"--group '{pattern}': not a regular expression: {error}"]) from None
    for clip in clips:
        found = compiled.search(clip.path)
        if found is None:
            raise DatasetError(
                [f"{clip.where}: --group '{pattern}' does not match the path '{clip.path}'"]
            )
        yield replace(clip, group=found[1] if compiled.groups else found[0])
