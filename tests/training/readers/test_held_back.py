"""Whole groups are held back from training, and every label stays with clips to train on."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.readers.clips import SPLITS, DatasetError, LabelledClip
from training.readers.held_back import with_splits


def clips(*rows: tuple[str, str, str]) -> list[LabelledClip]:
    """Clips of (label, group, split)."""
    return [
        LabelledClip(
            path=f"{number}.mp4", label=label, group=group, split=split, where=f"clips.csv:{number}"
        )
        for number, (label, group, split) in enumerate(rows, 2)
    ]


def people(count: int, split: str = "") -> list[LabelledClip]:
    """So many people who jump and sit."""
    return clips(*((label, f"p{n}", split) for n in range(count) for label in ("jump", "sit")))


def test_a_list_that_says_all_stays_as_it_is() -> None:
    said = clips(("a", "1", "train"), ("a", "2", "validation"), ("a", "3", "test"))
    assert with_splits(said) == said


def test_a_fifth_of_the_training_people_becomes_validation_where_there_is_none() -> None:
    made = with_splits([*people(10, "train"), *clips(("jump", "x", "test"))])
    sides = [clip.split for clip in made]
    assert (sides.count("train"), sides.count("validation"), sides.count("test")) == (16, 4, 1)


@given(st.integers(4, 30))
def test_no_person_is_on_two_sides_and_the_same_list_gives_the_same_sides(count: int) -> None:
    made = with_splits(people(count))
    by_group = defaultdict(set)
    for clip in made:
        by_group[clip.group].add(clip.split)
    assert all(len(sides) == 1 for sides in by_group.values())
    assert {clip.split for clip in made} == set(SPLITS)
    assert made == with_splits(people(count))


def test_a_label_of_one_person_alone_stays_with_training() -> None:
    rare = clips(("wave", "only", "train"))
    made = with_splits([*people(8, "train"), *rare])
    assert next(clip.split for clip in made if clip.label == "wave") == "train"


def test_one_person_cannot_be_held_back_and_half_a_split_is_none() -> None:
    with pytest.raises(DatasetError, match=r"clips.csv:2: the 2 clips .* of one group, .*--group"):
        with_splits(people(1))
    with pytest.raises(DatasetError, match=r"clips.csv:3: 3.mp4: no split") as told:
        with_splits(clips(("a", "1", "train"), ("a", "2", "")))
    assert "give every clip a split, or none" in str(told.value)
