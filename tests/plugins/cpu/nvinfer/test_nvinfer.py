"""Primary mode, interval, sub-batches: what is inferred on, and how a start fails."""

from __future__ import annotations

from pathlib import Path

import gi
import onnx
import pytest

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from engines.registry import load_registry  # noqa: E402
from export.adapt import adapt  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsObjectMeta  # noqa: E402
from plugins.cpu.nvinfer.nvinfer import NvInfer  # noqa: E402
from tests.acceptance.nvinfer_loop import Twin, difference, write_config  # noqa: E402
from tests.assets import ASSETS, needs_assets  # noqa: E402
from tests.plugins.cpu.batches import batch_with, clip_frames, person  # noqa: E402
from tests.plugins.cpu.networks import channel_means, fixed_boxes, nhwc_means  # noqa: E402
from tests.plugins.cpu.nvinfer.bare_yolox import BareYolox  # noqa: E402
from tests.plugins.cpu.nvinfer.inference import grey, started, tensor  # noqa: E402

pytestmark = pytest.mark.gst

DETECTOR = """
[property]
gie-unique-id=1
onnx-file=net.onnx
num-detected-classes=1
cluster-mode=2
parse-bbox-func-name=NvDsInferParseRtmDet
"""
TENSORS = """
[property]
gie-unique-id=2
onnx-file=net.onnx
network-type=100
output-tensor-meta=1
batch-size=2
"""
ON_PERSONS = TENSORS + "process-mode=2\noperate-on-gie-id=1\noperate-on-class-ids=0\n"


def test_every_frame_gets_the_tensor_of_its_own_pixels_in_several_runs(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    element = started(tmp_path, TENSORS)
    buffer, batch = batch_with([grey(10), grey(20), grey(30)])
    element.on_batch(buffer, batch)
    means = [tensor(frame)[0].tolist() for frame in batch.frame_items]
    assert means == [[10] * 3, [20] * 3, [30] * 3]
    assert element.runs == 2
    assert element.inference_s > 0


def test_the_counters_go_on_when_the_element_is_started_again(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    element = started(tmp_path, TENSORS)
    for _ in range(2):
        buffer, batch = batch_with([grey(10)])
        element.on_batch(buffer, batch)
        element.on_stop()
        element.on_start()
    assert element.runs == 2


def test_raw_tensors_never_say_that_a_detector_ran(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    buffer, batch = batch_with([grey(10)])
    started(tmp_path, TENSORS).on_batch(buffer, batch)
    assert batch.frame_items[0].bInferDone == 0


def test_a_detector_says_that_it_ran_even_where_it_found_nothing(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "net.onnx", [(0, 0, 8, 8, 0.1)])
    buffer, batch = batch_with([grey(10)])
    started(tmp_path, DETECTOR).on_batch(buffer, batch)
    frame = batch.frame_items[0]
    assert (frame.bInferDone, frame.num_obj_meta) == (1, 0)
    assert frame.user_items == []


def test_boxes_are_scaled_to_the_muxed_frame(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "net.onnx", [(4, 4, 12, 20, 0.9)])
    buffer, batch = batch_with([grey(10, 64, 128)])
    started(tmp_path, DETECTOR).on_batch(buffer, batch)
    (item,) = batch.frame_items[0].object_items
    rect = item.rect_params
    assert (rect.left, rect.top, rect.width, rect.height) == (8, 16, 16, 64)


def test_interval_skips_batches_and_leaves_their_frames_undetected(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "net.onnx", [(4, 4, 12, 20, 0.9)])
    element = started(tmp_path, DETECTOR, interval=2)
    done = []
    for _ in range(7):
        buffer, batch = batch_with([grey(10), grey(10)])
        element.on_batch(buffer, batch)
        done.append([frame.bInferDone for frame in batch.frame_items])
    assert done == [[1, 1], [0, 0], [0, 0]] * 2 + [[1, 1]]


def with_people(*items: NvDsObjectMeta) -> tuple[Gst.Buffer, NvDsBatchMeta]:
    pixels = grey(0)
    pixels[:32, :32, :3] = 100
    pixels[32:, 32:, :3] = 200
    buffer, batch = batch_with([pixels])
    batch.frame_items[0].object_items.extend(items)
    return buffer, batch


def test_a_secondary_network_sees_each_objects_own_crop(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    items = person(0, 0, 32, 32), person(32, 32, 32, 32), person(0, 32, 32, 32)
    buffer, batch = with_people(*items)
    element = started(tmp_path, ON_PERSONS)
    element.on_batch(buffer, batch)
    assert [tensor(item)[0][0] for item in items] == [100, 200, 0]
    assert batch.frame_items[0].user_items == []
    assert element.runs == 2


@pytest.mark.parametrize(
    ("line", "item"),
    [
        ("", person(0, 0, 32, 32, class_id=5)),
        ("operate-on-gie-id=9", person(0, 0, 32, 32)),
        ("input-object-min-width=33", person(0, 0, 32, 32)),
        ("input-object-min-height=33", person(0, 0, 32, 32)),
        ("input-object-max-width=31", person(0, 0, 32, 32)),
        ("input-object-max-height=31", person(0, 0, 32, 32)),
        ("", person(10, 10, 1.5, 40)),
    ],
)
def test_objects_of_other_makers_classes_and_sizes_are_left_alone(
    tmp_path: Path, line: str, item: NvDsObjectMeta
) -> None:
    channel_means(tmp_path / "net.onnx")
    buffer, batch = with_people(item)
    element = started(tmp_path, f"{ON_PERSONS}{line}\n")
    element.on_batch(buffer, batch)
    assert item.user_items == []
    assert element.runs == 0


def test_properties_win_over_the_file(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    item = person(0, 0, 32, 32, class_id=5)
    buffer, batch = with_people(item)
    properties = {"infer_on_class_ids": "4:5", "unique_id": 8, "batch_size": 1}
    started(tmp_path, ON_PERSONS, **properties).on_batch(buffer, batch)
    assert len(tensor(item, unique_id=8)) == 1


def test_a_graph_made_for_a_larger_batch_is_run_with_what_there_is(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx", batch=4)
    buffer, batch = batch_with([grey(10), grey(20), grey(30)])
    started(tmp_path, TENSORS).on_batch(buffer, batch)
    assert [tensor(frame)[0][0] for frame in batch.frame_items] == [10, 20, 30]


def bus_text(folder: Path, text: str | None, kind: Gst.MessageType = Gst.MessageType.ERROR) -> str:
    """Start a graph with this configuration and give what the bus says."""
    element, pipeline = NvInfer(), Gst.Pipeline.new()
    element.set_name("detect")
    if text is not None:
        (folder / "net.txt").write_text(text)
        element.set_property("config-file-path", str(folder / "net.txt"))
    sink = Gst.ElementFactory.make("fakesink")
    pipeline.add(element)
    pipeline.add(sink)
    element.link(sink)
    pipeline.set_state(Gst.State.PAUSED)
    message = pipeline.get_bus().timed_pop_filtered(5 * Gst.SECOND, kind)
    pipeline.set_state(Gst.State.NULL)
    assert message is not None
    error, _ = message.parse_error() if kind == Gst.MessageType.ERROR else message.parse_warning()
    return str(error.message)


def test_a_network_with_its_channels_last_runs_where_the_file_says_so(tmp_path: Path) -> None:
    nhwc_means(tmp_path / "net.onnx")
    element = started(tmp_path, TENSORS + "network-input-order=1\n")
    buffer, batch = batch_with([grey(10), grey(30)])
    element.on_batch(buffer, batch)
    assert [tensor(frame)[0].tolist() for frame in batch.frame_items] == [[10] * 3, [30] * 3]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (None, "detect: no config-file-path; wanted the path of an nvinfer configuration"),
        (DETECTOR.replace("net.onnx", "absent.onnx"), "absent.onnx: no such model file"),
        (DETECTOR.replace("net.onnx", "net.txt"), "net.txt: not a model that ONNX Runtime can"),
        (DETECTOR.replace("RtmDet", "Nothing"), "platform cpu has NvDsInferParseYoloX"),
        (DETECTOR.replace("=2\n", "=0\n"), "cluster-mode=0 is group rectangles"),
        (DETECTOR.replace("net.onnx", "single.onnx") + "batch-size=2\n", "takes 1 picture(s) at"),
        (TENSORS.replace("net.onnx", "nhwc.onnx"), "got input (?, 32, 32, 3)"),
    ],
)
def test_a_start_that_fails_is_one_line_on_the_bus(
    tmp_path: Path, text: str | None, wanted: str
) -> None:
    channel_means(tmp_path / "single.onnx", batch=1)
    nhwc_means(tmp_path / "nhwc.onnx")
    said = bus_text(tmp_path, text)
    assert wanted in said
    assert said.startswith("detect: ")
    assert "\n" not in said


def test_an_unprepared_model_says_how_to_prepare_it(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    wanted = f"model 'net' is not prepared: {tmp_path / 'net.onnx'} does not exist. Prepare it: "
    assert wanted + "python -m export.fetch net" in bus_text(tmp_path, DETECTOR)


def test_an_unknown_key_is_a_warning_on_the_bus(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    said = bus_text(tmp_path, TENSORS + "batchsize=3\n", Gst.MessageType.WARNING)
    assert "batchsize is unknown and has no effect; did you mean 'batch-size'?" in said


@pytest.mark.assets
@needs_assets
def test_the_shipped_detector_finds_what_a_bare_loop_finds(tmp_path: Path) -> None:
    entry = load_registry()["yolox_nano"]
    onnx.save(adapt(onnx.load(ASSETS / "models" / entry.file), entry.adapt), tmp_path / "net.onnx")
    bare = BareYolox((tmp_path / "net.onnx").read_bytes())
    clip = ASSETS / "video" / "intel" / "store-aisle-detection.preview.mp4"
    pictures = [picture for number, picture in enumerate(clip_frames(clip)) if number % 15 == 0]
    twin = Twin(write_config(tmp_path), pictures[0])
    found = twin.persons([batch_with([picture])[0] for picture in pictures])
    twin.stop()
    wanted = [bare.persons(picture) for picture in pictures]
    assert max(difference(*pair) for pair in zip(wanted, found, strict=True)) <= 1e-3
    assert sum(len(boxes) for boxes in wanted) >= 10
