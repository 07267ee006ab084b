"""Nobody whom the model is tested on has taught it anything."""

import pytest

from tests.assets import needs_assets
from training.mocap import (
    TEST_SUBJECTS,
    VALIDATION_SUBJECTS,
    by_split,
    check_split,
    load_clips,
    people_of,
    split_of,
)


def test_an_inferred_subject_stands_for_everybody_it_may_be() -> None:
    assert people_of("cmu_09or16") == {"cmu_09", "cmu_16"}
    assert people_of("cmu_28to32") == {"cmu_28", "cmu_29", "cmu_30", "cmu_31", "cmu_32"}
    assert people_of("mhad_s05") == {"mhad_s05"}


def test_a_person_on_two_sides_is_refused_even_behind_an_inferred_number() -> None:
    with pytest.raises(ValueError, match="cmu_16 is on the sides train and test"):
        check_split({"train": ["cmu_09or16"], "test": ["cmu_16"]})


def test_share_alike_recordings_may_only_be_tested_on() -> None:
    check_split({"train": ["mhad_s01"], "test": ["hdm05_bd"]})
    with pytest.raises(ValueError, match="share-alike"):
        check_split({"train": ["hdm05_bd"], "test": ["mhad_s01"]})


def test_at_least_six_people_are_held_out_and_no_list_overlaps() -> None:
    assert len(TEST_SUBJECTS) >= 6
    check_split({"validation": VALIDATION_SUBJECTS, "test": TEST_SUBJECTS})


@pytest.mark.assets
@needs_assets
def test_the_recordings_split_without_a_leak_and_every_class_can_be_tested() -> None:
    sides = by_split(load_clips())
    labels = {segment.label for clip in sides["test"] for segment in clip.segments}
    assert len(labels) == 14
    assert all(split_of(clip.subject) == side for side, part in sides.items() for clip in part)
