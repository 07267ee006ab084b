"""UCF-101: a folder of clips by class, with its three official splits.

Layout: CLASS/v_CLASS_gNN_cMM.avi, and ucfTrainTestlist/{classInd,trainlist0N,testlist0N}.txt
(crcv.ucf.edu/data/UCF101.php). Clips of one gNN show the same people at the same place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from training.readers.clips import DatasetError, LabelledClip, read_text, shortened

AUDIO_CLASSES = Path(__file__).resolve().parents[2] / "configs" / "labels" / "ucf101_audio.txt"
"""The 51 classes whose clips have sound: those that UCF-101 added to UCF-50."""

_LISTS = "ucfTrainTestlist"
_GROUP = re.compile(r"_(g\d+)_c\d+$")


def find_lists(folder: Path) -> Path | None:
    """Where the official lists lie: in the folder, below it or beside it; None for nowhere."""
    places = (folder, folder / _LISTS, folder.parent / _LISTS)
    return next((place for place in places if (place / "classInd.txt").is_file()), None)


def audio_classes() -> list[str]:
    """The names of the classes with sound."""
    return AUDIO_CLASSES.read_text(encoding="utf-8").split()


def read_ucf101(
    folder: Path, *, split: str = "1", audio: bool = False
) -> tuple[list[LabelledClip], list[str]]:
    """The clips of an official split, and the classes in their official order.

    split: '1', '2' or '3'. audio: only the 51 classes with sound.

    Raises:
        DatasetError: a list is missing, or a line of one does not fit.
    """
    lists = find_lists(folder)
    if lists is None:
        raise DatasetError([f"{folder}: no {_LISTS}/classInd.txt in it or beside it"])
    if split not in {"1", "2", "3"}:
        raise DatasetError([f"{folder}: UCF-101 has the splits 1, 2 and 3; got --split {split}"])
    classes = read_classes(lists / "classInd.txt")
    problems: list[str] = []
    clips: list[LabelledClip] = []
    for side in ("train", "test"):
        path = lists / f"{side}list0{split}.txt"
        for number, line in enumerate(read_text(path).splitlines(), 1):
            if not line.strip():
                continue
            try:
                clips.append(_clip(line, classes, side, f"{path}:{number}"))
            except ValueError as error:
                problems.append(f"{path}:{number}: {error}")
    if problems:
        raise DatasetError(shortened(problems))
    if audio:
        kept = set(audio_classes())
        classes = [name for name in classes if name in kept]
        clips = [clip for clip in clips if clip.label in kept]
    return clips, classes


def read_classes(path: Path) -> list[str]:
    """The names of a classInd.txt, 'NUMBER NAME' per line, by their numbers from 1.

    Raises:
        DatasetError: it cannot be read, or a number is missing.
    """
    pairs = [line.split() for line in read_text(path).splitlines() if line.strip()]
    names = {pair[0]: pair[1] for pair in pairs if len(pair) == 2}
    wanted = [str(number) for number in range(1, len(pairs) + 1)]
    if sorted(names) != sorted(wanted):
        raise DatasetError([f"{path}: wanted lines 'NUMBER NAME' with the numbers 1, 2, 3 ..."])
    return [names[number] for number in wanted]


def _clip(line: str, classes: Sequence[str], side: str, where: str) -> LabelledClip:
    """One line of a list: CLASS/NAME.avi, in a train list with the class's number."""
    path, *rest = line.split()
    label, _, name = path.partition("/")
    group = _GROUP.search(Path(name).stem)
    if group is None:
        raise ValueError(f"wanted CLASS/v_CLASS_gNN_cMM.avi, got '{line}'")
    if label not in classes:
        raise ValueError(f"class '{label}' is not in classInd.txt")
    if rest and rest[0] != str(classes.index(label) + 1):
        raise ValueError(
            f"says class {rest[0]}, but {label} is number {classes.index(label) + 1} in "
            "classInd.txt"
        )
    return LabelledClip(
        path=path, label=label, group=f"{label}_{group[1]}", split=side, where=where
    )
