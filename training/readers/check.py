"""Says what is wrong with a list of clips before anything is trained on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from settings.strict_yaml import suggestion
from training.readers.clips import SPLITS, LabelledClip


@dataclass(frozen=True, slots=True)
class Findings:
    """errors: training must not start. notes: worth a look."""

    errors: tuple[str, ...]
    notes: tuple[str, ...]


def check_clips(
    clips: Sequence[LabelledClip], labels: Sequence[str], *, all_wanted: bool = False
) -> Findings:
    """Every mistake of a list.

    labels: that a clip may have. all_wanted: a label without any clip is an error, as where the
    labels are the data set's own; else it is a note.
    """
    errors = [
        *_unknown_labels(clips, labels),
        *_times(clips),
        *_on_two_sides(clips, lambda clip: clip.path, "a clip"),
        *_on_two_sides(clips, lambda clip: clip.group, "a group (a person, a recording)"),
        *_twice(clips),
        *_untrained(clips),
    ]
    notes = list(_untested(clips))
    used = {clip.label for clip in clips}
    if empty := [label for label in labels if label not in used]:
        line = f"no clip of {len(empty)} of {len(labels)} labels: {', '.join(empty)}"
        if all_wanted:
            errors.append(f"{line}; film some, or take them out of the labels")
        else:
            notes.append(line)
    if not clips:
        errors.append("there is no clip at all")
    return Findings(tuple(errors), tuple(notes))


def table(clips: Sequence[LabelledClip]) -> list[str]:
    """How many clips there are of each label on each side, as lines of text."""
    sides = [side for side in (*SPLITS, "") if any(clip.split == side for clip in clips)]
    count = Counter((clip.label, clip.split) for clip in clips)
    labels = sorted({clip.label for clip in clips})
    width = max((len(label) for label in labels), default=5)
    heads = [side or "no split" for side in sides]
    lines = [" ".join(["label".ljust(width), *(f"{head:>10}" for head in heads)])]
    for label in labels:
        cells = [f"{count[label, side]:>10}" for side in sides]
        lines.append(" ".join([label.ljust(width), *cells]))
    return lines


def _unknown_labels(clips: Iterable[LabelledClip], labels: Sequence[str]) -> Iterator[str]:
    known = set(labels)
    strange: dict[str, list[LabelledClip]] = defaultdict(list)
    for clip in clips:
        if clip.label not in known:
            strange[clip.label].append(clip)
    for label, found in strange.items():
        yield (
            f"{found[0].where}: label '{label}' ({_clips(len(found))}) is none of the "
            f"{len(labels)} known; {suggestion(label, labels)}"
        )


def _times(clips: Iterable[LabelledClip]) -> Iterator[str]:
    for clip in clips:
        if clip.start_s < 0 or (clip.end_s is not None and clip.end_s <= clip.start_s):
            yield (
                f"{clip.where}: {clip.path}: from {clip.start_s:g} to {clip.end_s:g} s; "
                "wanted an end after a start that is not before 0"
                if clip.end_s is not None
                else f"{clip.where}: {clip.path}: starts at {clip.start_s:g} s; wanted 0 or later"
            )


def _on_two_sides(
    clips: Iterable[LabelledClip], key: Callable[[LabelledClip], str], what: str
) -> Iterator[str]:
    sides: dict[str, dict[str, LabelledClip]] = defaultdict(dict)
    for clip in clips:
        if clip.split and key(clip):
            sides[key(clip)].setdefault(clip.split, clip)
    for name, places in sides.items():
        if len(places) > 1:
            told = " and ".join(f"{side} ({clip.where})" for side, clip in places.items())
            yield f"{name}: in {told}; {what} belongs to one split, or the test is of no worth"


def _twice(clips: Iterable[LabelledClip]) -> Iterator[str]:
    first: dict[tuple[str, str, float], LabelledClip] = {}
    for clip in clips:
        other = first.setdefault((clip.path, clip.label, clip.start_s), clip)
        if other is not clip and other.split == clip.split:
            yield f"{clip.where}: {clip.path}: the same as at {other.where}; take one out"


def _untrained(clips: Sequence[LabelledClip]) -> Iterator[str]:
    trained = {clip.label for clip in clips if clip.split == "train"}
    if not trained:
        return
    for label in sorted({clip.label for clip in clips if clip.split} - trained):
        yield f"label '{label}': no clip to train on; all its clips are in other splits"


def _untested(clips: Sequence[LabelledClip]) -> Iterator[str]:
    trained = {clip.label for clip in clips if clip.split == "train"}
    for side in SPLITS[1:]:
        there = {clip.label for clip in clips if clip.split == side}
        if there and (missing := sorted(trained - there)):
            yield f"no clip in {side} of: {', '.join(missing)}"


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"
