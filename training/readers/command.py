"""``edgeact dataset``: checks labelled data of any known form, and converts one form to another."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from training.readers.sources import Form, Options, Source

SUMMARY = "check labelled clips and recordings, or convert them from one form to another"
REQUIREMENTS = "requirements/training.txt"

_FORMS = """\
forms, found by what is there (--as says it instead):
  clips         CSV with the header path,label[,start_s,end_s,group,split]
  ucf101        folder of CLASS/v_CLASS_gNN_cMM.avi, ucfTrainTestlist in it or beside it
  kinetics      CSV with the header label,youtube_id,time_start,time_end[,split]
  cvat          XML, CVAT's export 'CVAT for video 1.1': tracks, or an attribute of their boxes
  label_studio  JSON, Label Studio's export 'JSON': TimelineLabels, VideoRectangle, Labels
  skeletons     pickle of PYSKL or MMAction2; nothing that is in it is run
  tracks        folder NAME.hactrack: recordings as Parquet, with clips.csv
  recordings    NPZ of edgeact record, or a folder of them
"""
_CHECK = f"""\
Check labelled data before anything is trained on it. Errors: a label that is not known, a clip or
a group (a person, a recording) in two splits, one file under two names in two splits, a label
without clips to train on, times that cannot be, keypoints that are no numbers. A video that cannot
be played is skipped, listed and counted. Exit code 2 when there is an error.

{_FORMS}
examples:
  edgeact dataset check UCF-101 --split 2 --audio
  edgeact dataset check annotations.xml --media videos --group 'subject\\d+'
  edgeact dataset check ntu60_hrnet.pkl --split xsub --labels ntu60.txt
"""
_CONVERT = f"""\
Convert labelled data. What becomes of it is said by the name that it is written to:
  NAME.csv       the list of clips, of any form; videos that cannot be played are left out
  NAME.hactrack  recordings as Parquet, of recordings or skeletons; a folder there is added to
  NAME.pkl       skeletons for PYSKL and MMAction2, of tracks with their clips.csv
  NAME/          a folder of NPZ, one for each source, of tracks

{_FORMS}
examples:
  edgeact dataset convert UCF-101 --audio --to ucf51.csv
  edgeact dataset convert recorded --clips ucf51.csv --to ucf51.hactrack
  edgeact dataset convert ucf51.hactrack --to ucf51.pkl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``edgeact dataset``."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check | convert")
    form = argparse.RawDescriptionHelpFormatter
    check = verbs.add_parser(
        "check", help="say what is wrong with it", description=_CHECK, formatter_class=form
    )
    convert = verbs.add_parser(
        "convert", help="write it in another form", description=_CONVERT, formatter_class=form
    )
    for verb in (check, convert):
        _add_source(verb)
    convert.add_argument("--to", required=True, metavar="NAME", help="what to write")
    convert.add_argument(
        "--clips", type=Path, metavar="CSV", help="list of clips to put beside recordings"
    )


def _add_source(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("source", type=Path, metavar="SOURCE", help="file or folder")
    add("--as", dest="form", metavar="FORM", help="its form, where it is not found right")
    add("--media", type=Path, metavar="DIR", help="folder that the paths of videos are below")
    add("--split", default="", metavar="NAME", help="official split: 1, 2, 3; xsub, xview ...")
    add("--audio", action="store_true", help="UCF-101: only its 51 classes with sound")
    add("--labels", type=Path, metavar="FILE", help="labels that may be, one per line")
    add("--names", type=Path, metavar="YAML", help="our label by theirs; null leaves it out")
    add("--group", default="", metavar="REGEX", help="what in a path names the person or recording")
    add("--fps", type=float, metavar="N", help="of annotated videos or skeletons, if not known")
    add(
        "--attribute", default="action", metavar="NAME", help="CVAT: the boxes' that says the label"
    )
    add("--skipped", type=Path, metavar="CSV", help="where to list what was skipped, and why")


def run(args: argparse.Namespace) -> int:
    """Check or convert. Exit code: 0, or 2 for something in the data to be mended."""
    from training.readers.sources import detect, read_source

    options = _options(args)
    form = _form(args.form) if args.form else detect(args.source)
    source = read_source(args.source, form, options)
    if args.verb == "check":
        return _check(args, source, options)
    return _convert(args, source, options)


def _check(args: argparse.Namespace, source: Source, options: Options) -> int:
    from recognition.taxonomy import load_taxonomy
    from training.readers.check import check_clips, table
    from training.readers.clips import shortened
    from training.readers.material import look_at_material

    material = look_at_material(args.source, source)
    kept = material.kept(source)
    declared = options.labels or (() if options.names else tuple(source.classes))
    labels = declared or tuple(load_taxonomy().actions)
    if source.form == "recordings":
        sys.stdout.write(f"{args.source}: recordings; they carry no labels\n")
        _tell_skipped(args, material.skipped)
        return 0
    findings = check_clips(kept.clips, labels, all_wanted=bool(declared))
    groups = len({clip.group for clip in kept.clips if clip.group})
    _say(f"{args.source}: {source.form}, {len(kept.clips)} clips, {groups} groups", sys.stdout)
    _say("\n".join(table(kept.clips)), sys.stdout)
    if source.left_out:
        _say(f"{source.left_out} clips left out by --names")
    _tell_skipped(args, material.skipped)
    for line in findings.notes:
        _say(f"note: {line}")
    errors = [*material.errors, *findings.errors]
    for line in shortened(errors):
        _say(f"error: {line}")
    _say(f"{len(errors)} errors" if errors else "no errors")
    return 2 if errors else 0


def _convert(args: argparse.Namespace, source: Source, options: Options) -> int:
    from training.readers.clips import read_clips
    from training.readers.convert import convert

    listed = read_clips(args.clips) if args.clips else []
    to = Path(args.to)
    written, material = convert(args.source, source, to, listed=listed, fps=options.fps)
    _tell_skipped(args, material.skipped)
    _say(f"{to}: {written}; check it: edgeact dataset check {to}")
    return 0


def _options(args: argparse.Namespace) -> Options:
    from training.readers.clips import DatasetError, read_text
    from training.readers.sources import Options

    if args.fps is not None and not 0 < args.fps <= 1000:
        raise DatasetError([f"--fps: wanted 1 to 1000, got {args.fps:g}"])
    if args.media is not None and not args.media.is_dir():
        raise DatasetError([f"--media {args.media}: no such folder"])
    lines = read_text(args.labels).splitlines() if args.labels else []
    return Options(
        media=args.media,
        split=args.split,
        audio=args.audio,
        fps=args.fps,
        attribute=args.attribute,
        labels=tuple(line.strip() for line in lines if line.strip()),
        names=_names(args.names) if args.names else None,
        group=args.group,
    )


def _names(path: Path) -> dict[str, str | None]:
    from settings.strict_yaml import read_yaml

    file = read_yaml(path, wanted="wanted a line 'THEIRS: OURS' for each label")
    problems = [
        ((key,), f"wanted a label of ours or null, got {value!r}")
        for key, value in file.data.items()
        if not (value is None or isinstance(value, str))
    ]
    if problems:
        from training.readers.clips import DatasetError

        raise DatasetError(file.tell_all(problems))
    return {str(key): value for key, value in file.data.items()}


def _form(word: str) -> Form:
    from settings.strict_yaml import suggestion
    from training.readers.clips import DatasetError
    from training.readers.sources import FORMS

    for form in FORMS:
        if form == word:
            return form
    raise DatasetError([f"--as {word}: no such form; {suggestion(word, FORMS)}"])


def _tell_skipped(args: argparse.Namespace, skipped: Mapping[str, str]) -> None:
    """List what cannot be used; the rest goes on."""
    from settings.skipped import write_skipped
    from training.readers.clips import DatasetError, shortened

    if args.skipped:
        try:
            write_skipped(args.skipped, skipped)
        except OSError as error:
            line = f"--skipped {args.skipped}: cannot be written: {error.strerror}"
            raise DatasetError([line]) from None
    for line in shortened([f"skipped: {path}: {why}" for path, why in sorted(skipped.items())]):
        _say(line)
    if skipped:
        beside = f", all listed in {args.skipped}" if args.skipped else ""
        _say(f"{len(skipped)} skipped{beside}")


def _say(line: str, to: TextIO | None = None) -> None:
    (to or sys.stderr).write(f"{line}\n")
