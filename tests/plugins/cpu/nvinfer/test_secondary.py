"""Secondary mode of the nvinfer twin: objects of other networks, with and without a memory."""

from __future__ import annotations

from pathlib import Path

import gi
import pytest

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.elements.nv_events import PAD_ADDED, STREAM_EOS, source_event  # noqa: E402
from plugins.cpu.metadata.carrier import batch_of  # noqa: E402
from plugins.cpu.metadata.meta import NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.object_meta import NvDsObjectMeta  # noqa: E402
from plugins.cpu.nvinfer.nvinfer import NvInfer  # noqa: E402
from tests.plugins.cpu.batches import batch_with, person  # noqa: E402
from tests.plugins.cpu.graphs import Feed, Graph, pull  # noqa: E402
from tests.plugins.cpu.networks import channel_means, fixed_boxes  # noqa: E402
from tests.plugins.cpu.nvinfer.inference import grey, started, tensor  # noqa: E402

pytestmark = pytest.mark.gst

FACES = """
[property]
gie-unique-id=2
process-mode=2
operate-on-gie-id=1
onnx-file=net.onnx
num-detected-classes=1
cluster-mode=2
parse-bbox-func-name=NvDsInferParseRtmDet
"""
TENSORS = """
[property]
gie-unique-id=2
process-mode=2
operate-on-gie-id=1
onnx-file=net.onnx
network-type=100
output-tensor-meta=1
secondary-reinfer-interval=5
"""


def shown(
    element: NvInfer, frame_num: int, *, pad_index: int = 0, object_id: int = 3
) -> NvDsFrameMeta:
    """One frame with one tracked person of 32 x 32 px through the element."""
    buffer, batch = batch_with([grey(10)])
    (frame,) = batch.frame_items
    frame.frame_num, frame.pad_index = frame_num, pad_index
    item = person(8, 8, 32, 32)
    item.object_id = object_id
    frame.object_items.append(item)
    element.on_batch(buffer, batch)
    return frame


def found(frame: NvDsFrameMeta) -> list[NvDsObjectMeta]:
    return [item for item in frame.object_items if item.unique_component_id == 2]


def test_a_secondary_detector_adds_objects_with_a_parent_and_says_that_it_ran(
    tmp_path: Path,
) -> None:
    fixed_boxes(tmp_path / "net.onnx", [(4, 8, 20, 24, 0.9)])
    frame = shown(started(tmp_path, FACES), 0)
    (face,) = found(frame)
    rect = face.rect_params
    assert (rect.left, rect.top, rect.width, rect.height) == (12, 16, 16, 16)
    assert face.parent is frame.object_items[0]
    assert frame.bInferDone == 1


def test_frames_between_two_looks_of_a_detector_get_no_cached_objects(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "net.onnx", [(4, 8, 20, 24, 0.9)])
    element = started(tmp_path, FACES + "secondary-reinfer-interval=2\n")
    frames = [shown(element, number) for number in range(5)]
    assert [len(found(frame)) for frame in frames] == [1, 0, 0, 1, 0]
    assert [frame.bInferDone for frame in frames] == [1, 0, 0, 1, 0]


def test_the_end_of_a_source_clears_what_is_known_of_its_objects(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "net.onnx", [(4, 8, 20, 24, 0.9)])
    element = started(tmp_path, FACES + "secondary-reinfer-interval=100\n")
    assert len(found(shown(element, 0))) == 1
    assert len(found(shown(element, 1))) == 0
    element.on_event(source_event(STREAM_EOS, 0))
    assert len(found(shown(element, 2))) == 1


def test_raw_tensors_are_made_for_every_object_whatever_the_reinfer_interval(
    tmp_path: Path,
) -> None:
    channel_means(tmp_path / "net.onnx")
    element = started(tmp_path, TENSORS)
    for number in range(3):
        (item,) = shown(element, number).object_items
        assert len(tensor(item)) == 1


def test_objects_of_a_source_that_was_never_announced_are_skipped_with_a_warning(
    tmp_path: Path,
) -> None:
    channel_means(tmp_path / "net.onnx")
    element = started(tmp_path, TENSORS)
    bus = Gst.Bus()
    element.set_bus(bus)
    for number in range(2):
        assert shown(element, number, pad_index=4).object_items[0].user_items == []
    message = bus.pop_filtered(Gst.MessageType.WARNING)
    assert message is not None
    assert "source 4 was never announced" in message.parse_warning().gerror.message
    assert bus.pop_filtered(Gst.MessageType.WARNING) is None
    element.on_event(source_event(PAD_ADDED, 4))
    assert len(tensor(shown(element, 2, pad_index=4).object_items[0])) == 1


def test_jetsons_compositor_takes_no_object_below_16_pixels(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    for line, runs in (("", 2), ("scaling-compute-hw=2\n", 1)):
        element = started(tmp_path, TENSORS + line)
        buffer, batch = batch_with([grey(10)])
        batch.frame_items[0].object_items += [person(0, 0, 15, 40), person(0, 0, 16, 16)]
        element.on_batch(buffer, batch)
        assert element.runs == runs


def test_the_mux_announces_its_sources_so_objects_of_all_of_them_are_inferred_on(
    tmp_path: Path,
) -> None:
    channel_means(tmp_path / "net.onnx")
    (tmp_path / "net.txt").write_text(TENSORS)

    def detect(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
        batch = batch_of(info.get_buffer())
        assert batch is not None
        for frame in batch.frame_items:
            frame.object_items.append(person(0, 0, 32, 32))
        return Gst.PadProbeReturn.OK

    with Graph() as graph:
        mux = graph.add("nvstreammux", width=64, height=64)
        pose = graph.add("nvinfer", config_file_path=str(tmp_path / "net.txt"))
        feeds = [Feed(graph, mux) for _ in range(3)]
        graph.chain(mux, graph.add("queue"), pose)
        sink = graph.sink(pose)
        mux.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, detect)
        graph.play()
        for value, feed in enumerate(feeds):
            feed.frame(10 * value)
        buffer = pull(sink)
        assert buffer is not None
        batch = batch_of(buffer)
        assert batch is not None
        means = [tensor(frame.object_items[0])[0][0] for frame in batch.frame_items]
    assert means == [0, 10, 20]
