"""The nvtracker twin: who gets an id, when, and what is left in the frame."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import gi
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from engines.registry import STORE, load_registry  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsObjectMeta, NvDsUserMeta  # noqa: E402
from plugins.cpu.nvinfer.nvinfer import NvInfer  # noqa: E402
from plugins.cpu.tracker.config import TrackerConfig, load_tracker_config  # noqa: E402
from plugins.cpu.tracker.nvtracker import PREDICTED_CONFIDENCE, NvTracker  # noqa: E402
from tests.assets import ASSETS, needs_assets  # noqa: E402
from tests.plugins.cpu.batches import batch_with, clip_frames, frame_of, person  # noqa: E402

pytestmark = pytest.mark.gst

CONFIGS = Path(__file__).parents[4] / "configs"
SHIPPED = CONFIGS / "tracker" / "nvtracker_sort.yml"
BLANK = np.zeros((720, 1280, 4), np.uint8)
PROBATION = 2


def tracker(path: Path = SHIPPED, **properties: object) -> NvTracker:
    element = NvTracker()
    element.set_property("ll-config-file", str(path))
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    element.on_start()
    return element


def show(
    element: NvTracker,
    items: Sequence[NvDsObjectMeta],
    *,
    source_id: int = 0,
    detected: bool = True,
) -> NvDsFrameMeta:
    """One frame with these objects through the tracker."""
    frame = frame_of(BLANK, source_id=source_id)
    frame.bInferDone = int(detected)
    frame.object_items = list(items)
    batch = NvDsBatchMeta(1)
    batch.frame_items.append(frame)
    element.on_batch(Gst.Buffer.new(), batch)
    return frame


def ids(frame: NvDsFrameMeta) -> list[int]:
    return [item.object_id for item in frame.object_items]


def walker(step: int, *, y: float = 200.0, class_id: int = 0) -> NvDsObjectMeta:
    """Somebody who goes right, 5 px per frame."""
    return person(100.0 + 5 * step, y, 80.0, 240.0, class_id=class_id)


def settle(element: NvTracker, frames: int = 4, *, source_id: int = 0) -> NvDsFrameMeta:
    for step in range(frames):
        frame = show(element, [walker(step)], source_id=source_id)
    return frame


def test_an_id_is_output_after_the_probation() -> None:
    element = tracker()
    seen = [ids(show(element, [walker(step)])) for step in range(5)]
    assert seen == [[]] * PROBATION + [[0]] * 3


def test_untracked_objects_leave_the_frame() -> None:
    element = tracker()
    settle(element)
    weak = person(600, 100, 80, 200, confidence=0.1)
    assert ids(show(element, [walker(4), weak])) == [0]


def test_a_weak_detection_keeps_a_track_going_but_never_starts_one() -> None:
    element = tracker()
    settle(element)
    for step in range(4, 9):
        doubtful, ghost = walker(step), person(700, 300, 90, 200, confidence=0.3)
        doubtful.confidence = 0.3
        assert ids(show(element, [doubtful, ghost])) == [0]


def test_a_lost_target_is_not_output_and_keeps_its_id_when_it_comes_back() -> None:
    element = tracker()
    settle(element)
    assert [ids(show(element, [])) for _ in range(20)] == [[]] * 20
    assert ids(show(element, [walker(24)])) == [0]


def test_a_target_lost_for_longer_than_its_shadow_age_gets_a_new_id() -> None:
    element = tracker()
    settle(element)
    for _ in range(31):
        show(element, [])
    assert [ids(show(element, [walker(35 + step)])) for step in range(3)] == [[], [], [1]]


def test_sources_are_tracked_apart_with_ids_that_start_at_zero() -> None:
    element = tracker()
    settle(element, source_id=0)
    assert ids(settle(element, source_id=3)) == [0]
    assert ids(show(element, [walker(4)], source_id=0)) == [0]


def test_classes_are_tracked_apart_with_one_count_of_ids() -> None:
    element = tracker()
    for step in range(4):
        frame = show(element, [walker(step), walker(step, class_id=39)])
    assert [(item.class_id, item.object_id) for item in frame.object_items] == [(0, 0), (39, 1)]


def test_boxes_are_the_trackers_clipped_with_the_whole_and_the_original_beside() -> None:
    element = tracker()
    for step in range(6):
        frame = show(element, [person(-30.0, 200.0 + step, 80.0, 600.0)])
    (item,) = frame.object_items
    rect = item.rect_params
    whole, original = (i.org_bbox_coords for i in (item.tracker_bbox_info, item.detector_bbox_info))
    assert (rect.left, rect.top + rect.height) == (0, 720)
    assert whole.left == pytest.approx(-30, abs=1)
    assert whole.height == pytest.approx(600, abs=1)
    assert (original.left, original.top, original.height) == (-30, 205, 600)
    assert item.tracker_confidence == 1
    assert item.text_params.text == "person 0"


def test_frames_that_the_detector_skipped_show_predictions_and_count_as_no_miss() -> None:
    element = tracker()
    settle(element, 10)
    for step in range(10, 13):
        frame = show(element, [], detected=False)
        (item,) = frame.object_items
        original = item.detector_bbox_info.org_bbox_coords
        assert item.object_id == 0
        assert item.confidence == PREDICTED_CONFIDENCE
        assert item.rect_params.left == pytest.approx(100 + 5 * step, abs=3)
        assert (original.left, original.top, original.width, original.height) == (0, 0, 0, 0)
        assert (item.class_id, item.obj_label, item.unique_component_id) == (0, "person", 1)
        assert item.user_items == []
        assert item.rect_params.border_width == walker(0).rect_params.border_width
    for _ in range(50):
        show(element, [], detected=False)
    element_ids = ids(show(element, [walker(62)]))
    assert element_ids == [0]


def test_a_target_lost_before_the_skipped_frames_is_not_predicted() -> None:
    element = tracker()
    settle(element)
    show(element, [])
    assert ids(show(element, [], detected=False)) == []


def test_every_second_frame_detected_keeps_one_id() -> None:
    element = tracker()
    seen = set()
    for step in range(40):
        detected = step % 2 == 0
        items = [walker(step)] if detected else []
        seen.update(ids(show(element, items, detected=detected)))
    assert seen == {0}


def test_what_hangs_on_an_object_stays_on_it() -> None:
    element = tracker()
    settle(element)
    item = walker(4)
    item.user_items.append(NvDsUserMeta())
    (kept,) = show(element, [item]).object_items
    assert kept is item
    assert len(kept.user_items) == 1


def test_only_the_chosen_classes_are_tracked_and_the_others_stay() -> None:
    element = tracker(operate_on_class_ids="0")
    for step in range(4):
        frame = show(element, [walker(step), walker(step, class_id=39)])
    assert ids(frame) == [0, 0xFFFFFFFFFFFFFFFF]


def event(name: str, source_id: int) -> Gst.Event:
    structure = Gst.Structure.new_from_string(f"{name}, source-id=(uint){source_id}")
    return Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure)


@pytest.mark.parametrize(
    ("mode", "name", "next_id"),
    [
        (0, "nv-stream-eos", 1),
        (2, "nv-stream-eos", 0),
        (3, "nv-stream-eos", 0),
        (0, "nv-stream-reset", 0),
        (1, "nv-stream-reset", 1),
        (3, "nv-stream-reset", 1),
    ],
)
def test_the_end_of_a_source_frees_its_tracks_and_the_mode_says_how_ids_go_on(
    mode: int, name: str, next_id: int
) -> None:
    element = tracker(tracking_id_reset_mode=mode)
    settle(element, source_id=0)
    settle(element, source_id=1)
    element.on_event(event(name, 0))
    assert ids(settle(element, source_id=0)) == [next_id]
    assert ids(show(element, [walker(4)], source_id=1)) == [0]


def test_a_source_that_goes_away_and_another_that_takes_its_pad_have_no_ids_in_common() -> None:
    element = tracker()
    settle(element)
    element.on_event(event("nv-pad-deleted", 0))
    assert ids(show(element, [walker(4)])) == []
    assert ids(settle(element, source_id=0)) == [0]


def test_the_defaults_of_the_properties_are_those_of_nvidia() -> None:
    wanted = {
        "tracker-width": 960,
        "tracker-height": 544,
        "display-tracking-id": True,
        "tracking-id-reset-mode": 0,
        "user-meta-pool-size": 32,
        "sub-batch-err-recovery-trial-cnt": 0,
    }
    element = NvTracker()
    assert {name: element.get_property(name) for name in wanted} == wanted


def test_of_several_tracker_files_the_first_is_for_all_sources_with_a_warning() -> None:
    bus, element = Gst.Bus(), NvTracker()
    element.set_bus(bus)
    element.set_property("ll-config-file", f"{SHIPPED};/absent.yml")
    element.on_start()
    message = bus.pop_filtered(Gst.MessageType.WARNING)
    assert "is for all sources" in message.parse_warning().gerror.message


def test_unique_ids_have_upper_bits_of_their_own_in_each_stream(tmp_path: Path) -> None:
    path = tmp_path / "unique.yml"
    path.write_text("%YAML:1.0\nTrajectoryManagement:\n  useUniqueID: 1\n")
    element = tracker(path)
    first, second = ids(settle(element, 5)), ids(settle(element, 5, source_id=1))
    assert (first[0] & 0xFFFFFFFF, second[0] & 0xFFFFFFFF) == (0, 0)
    assert first[0] >> 32 != second[0] >> 32


crowd = st.lists(
    st.tuples(st.integers(0, 1100), st.integers(0, 400), st.sampled_from([0.3, 0.6, 0.9])),
    min_size=2,
    max_size=6,
    unique_by=lambda who: who[:2],
)


@settings(deadline=None, max_examples=30)
@given(people=crowd, data=st.data())
def test_ids_do_not_depend_on_the_order_of_detections(
    people: list[tuple[int, int, float]], data: st.DataObject
) -> None:
    straight, shuffled = tracker(), tracker()
    for step in range(5):
        frames = []
        order = data.draw(st.permutations(people))
        for element, whom in ((straight, people), (shuffled, order)):
            items = [person(x + 3 * step, y, 80, 240, confidence=c) for x, y, c in whom]
            frames.append(show(element, items))
        boxes = [
            sorted(
                (item.object_id, item.rect_params.left, item.rect_params.top)
                for item in frame.object_items
            )
            for frame in frames
        ]
        assert boxes[0] == boxes[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("TargetManagement: {earlyTerminationAge: 4}", "wanted 1"),
        ("TargetManagement: {probationAge: -1}", "wanted 0 or more"),
        ("BaseConfig: {minDetectorConfidence: high}", "minDetectorConfidence: wanted a number"),
        ("- BaseConfig", "wanted maps such as BaseConfig"),
        ("a: [", "not YAML"),
    ],
)
def test_a_tracker_file_that_cannot_be_used_says_why(
    tmp_path: Path, text: str, reason: str
) -> None:
    path = tmp_path / "tracker.yml"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"tracker\.yml: .*{reason}"):
        load_tracker_config(path)


def test_the_shipped_tracker_file_is_read_whole() -> None:
    assert load_tracker_config(SHIPPED) == TrackerConfig(
        min_detector_confidence=0.2,
        tentative_detector_confidence=0.45,
        max_targets_per_stream=100,
        probation_age=PROBATION,
        max_shadow_tracking_age=30,
        early_termination_age=1,
        use_unique_id=False,
        check_class_match=True,
        min_matching_iou=0.1,
    )


@pytest.mark.assets
@pytest.mark.slow
@needs_assets
def test_six_visits_are_six_tracks() -> None:
    if not (STORE / "yolox_nano.onnx").is_file():
        pytest.skip(f"needs {load_registry()['yolox_nano'].file} prepared by export.fetch")
    detector, element = NvInfer(), tracker()
    detector.set_property("config-file-path", str(CONFIGS / "nvinfer" / "detect_yolox_nano.txt"))
    detector.on_start()
    clip = ASSETS / "video" / "intel" / "one-by-one-person-detection.mp4"
    seen: dict[int, list[int]] = {}
    for number, picture in enumerate(clip_frames(clip)):
        buffer, batch = batch_with([picture])
        detector.on_batch(buffer, batch)
        element.on_batch(buffer, batch)
        for item in batch.frame_items[0].object_items:
            if item.class_id == 0:
                seen.setdefault(item.object_id, []).append(number)

    visits = json.loads(clip.with_suffix(".visits.json").read_text())["visits"]
    covered = {number for numbers in seen.values() for number in numbers}
    for visit in visits:
        frames = set(range(visit["first_frame"], visit["last_frame"] + 1))
        assert len(frames & covered) >= 0.8 * len(frames), visit
    assert 6 <= len([numbers for numbers in seen.values() if len(numbers) > 20]) <= 9
