"""Secondary mode: when nvinfer looks at a tracked object again, and when it forgets it."""

from __future__ import annotations

import pytest

from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsObjectMeta
from plugins.cpu.nvinfer.config import REINFER_ALWAYS
from plugins.cpu.nvinfer.history import Histories
from tests.plugins.cpu.batches import person

DETECTOR, CLASSIFIER, TENSORS = 0, 1, 100


def tracked(number: int = 7, *, height: float = 40) -> NvDsObjectMeta:
    item = person(0, 0, 50, height)
    item.object_id = number
    return item


def asked(
    histories: Histories, item: NvDsObjectMeta, *, frame_num: int = 0, pad_index: int = 0
) -> bool:
    """Show an object in a frame; tells whether it is inferred on."""
    frame = NvDsFrameMeta()
    frame.frame_num, frame.pad_index = frame_num, pad_index
    assert histories.knows(frame)
    return histories.is_due(frame, item)


@pytest.mark.parametrize(
    ("network_type", "interval", "seen"),
    [
        (DETECTOR, REINFER_ALWAYS, "xxxxxx"),  # a detector without the key looks each time
        (DETECTOR, 2, "x..x.."),  # more than two frames have passed
        (DETECTOR, 0, "xxxxxx"),
        (CLASSIFIER, REINFER_ALWAYS, "x....."),  # a classifier keeps what it said
        (CLASSIFIER, 2, "x..x.."),
        (TENSORS, 2, "xxxxxx"),  # type 100 has no history
    ],
)
def test_a_tracked_object_is_looked_at_again_after_the_interval(
    network_type: int, interval: int, seen: str
) -> None:
    histories = Histories(network_type, interval)
    asks = [asked(histories, tracked(), frame_num=number) for number in range(6)]
    assert "".join("x" if due else "." for due in asks) == seen


def test_an_object_without_an_id_is_always_looked_at() -> None:
    histories = Histories(CLASSIFIER, REINFER_ALWAYS)
    assert all(asked(histories, person(0, 0, 50, 40), frame_num=n) for n in range(3))


def test_a_classifier_looks_again_when_the_box_grew_by_more_than_a_fifth() -> None:
    histories = Histories(CLASSIFIER, REINFER_ALWAYS)
    heights = [40, 48, 48.5, 58, 58.3]  # areas 2000, then exactly 20 % more, more; again
    asks = [asked(histories, tracked(height=h), frame_num=n) for n, h in enumerate(heights)]
    assert asks == [True, False, True, False, True]


def test_a_detector_does_not_care_for_growth() -> None:
    histories = Histories(DETECTOR, 100)
    assert asked(histories, tracked(height=40))
    assert not asked(histories, tracked(height=400), frame_num=1)


def test_sources_have_histories_of_their_own_and_the_end_of_one_clears_its() -> None:
    histories = Histories(CLASSIFIER, REINFER_ALWAYS)
    histories.add_source(1)
    assert asked(histories, tracked())
    assert asked(histories, tracked(), pad_index=1)
    histories.end_source(1)
    assert asked(histories, tracked(), frame_num=1, pad_index=1)
    assert not asked(histories, tracked(), frame_num=1)


def test_only_source_0_is_known_without_being_announced() -> None:
    histories = Histories(DETECTOR, REINFER_ALWAYS)
    frame = NvDsFrameMeta()
    assert histories.knows(frame)
    frame.pad_index = 3
    assert not histories.knows(frame)
    histories.add_source(3)
    assert histories.knows(frame)
    histories.remove_source(3)
    assert not histories.knows(frame)


def test_objects_not_seen_for_150_frames_are_forgotten_every_1800_batches() -> None:
    histories = Histories(CLASSIFIER, REINFER_ALWAYS)
    asked(histories, tracked(1), frame_num=0)
    for number in range(1, 1802):
        asked(histories, tracked(2), frame_num=number)
        histories.end_batch()
    assert asked(histories, tracked(1), frame_num=1802)
    assert not asked(histories, tracked(2), frame_num=1802)
