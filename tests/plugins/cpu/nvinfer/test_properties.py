"""Configuration file: properties of the element win over it, and some change what runs."""

from __future__ import annotations

from pathlib import Path

import gi
import numpy as np
import pytest

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu.nvinfer.nvinfer import NvInfer  # noqa: E402
from tests.plugins.cpu.batches import batch_with  # noqa: E402
from tests.plugins.cpu.graphs import Graph  # noqa: E402
from tests.plugins.cpu.networks import channel_means, fixed_boxes  # noqa: E402
from tests.plugins.cpu.nvinfer.inference import grey, started, tensor  # noqa: E402

pytestmark = pytest.mark.gst

TENSORS = """
[property]
gie-unique-id=2
onnx-file=net.onnx
network-type=100
output-tensor-meta=1
batch-size=4
operate-on-class-ids=0;2
filter-out-class-ids=1
"""
DETECTOR = """
[property]
onnx-file=boxes.onnx
num-detected-classes=1
cluster-mode=2
parse-bbox-func-name=NvDsInferParseRtmDet
"""


def written(folder: Path, text: str, name: str = "net.txt") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_property_that_was_not_set_answers_with_the_files_value(tmp_path: Path) -> None:
    element = NvInfer()
    assert (element.get_property("batch-size"), element.get_property("unique-id")) == (1, 15)
    element.set_property("config-file-path", written(tmp_path, TENSORS))
    assert (element.get_property("batch-size"), element.get_property("unique-id")) == (4, 2)
    assert element.get_property("infer-on-class-ids") == "0:2"
    assert element.get_property("filter-out-class-ids") == "1"
    element.set_property("batch-size", 2)
    assert element.get_property("batch-size") == 2


def test_looking_at_a_property_does_not_make_it_win_over_the_file(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    element = NvInfer()
    element.get_property("unique-id")
    element.get_property("output-tensor-meta")
    element.set_property("config-file-path", written(tmp_path, TENSORS))
    element.on_start()
    buffer, batch = batch_with([grey(10)])
    element.on_batch(buffer, batch)
    assert len(tensor(batch.frame_items[0], unique_id=2)) == 1


def test_a_property_set_before_the_file_wins_as_well(tmp_path: Path) -> None:
    element = NvInfer()
    element.set_property("batch-size", 7)
    element.set_property("config-file-path", written(tmp_path, TENSORS))
    assert element.get_property("batch-size") == 7


def detected(element: NvInfer) -> int:
    buffer, batch = batch_with([grey(10)])
    element.on_batch(buffer, batch)
    return batch.frame_items[0].bInferDone


def test_the_interval_can_be_changed_while_it_runs(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "boxes.onnx", [(4, 4, 12, 20, 0.9)])
    element = started(tmp_path, DETECTOR)
    assert [detected(element) for _ in range(2)] == [1, 1]
    element.set_property("interval", 1)
    assert [detected(element) for _ in range(4)] == [1, 0, 1, 0]


def test_an_interval_update_event_begins_to_count_anew(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "boxes.onnx", [(4, 4, 12, 20, 0.9)])
    element = started(tmp_path, DETECTOR, interval=2)
    assert [detected(element) for _ in range(2)] == [1, 0]
    structure = Gst.Structure.new_from_string("nv-infer-interval-update, interval=(uint)1")
    element.on_event(Gst.Event.new_custom(Gst.EventType.CUSTOM_DOWNSTREAM, structure))
    assert [detected(element) for _ in range(4)] == [1, 0, 1, 0]


def test_a_new_file_while_it_runs_swaps_the_model_and_tells(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    fixed_boxes(tmp_path / "boxes.onnx", [(4, 4, 12, 20, 0.9)])
    element = started(tmp_path, TENSORS)
    told: list[tuple[int, str]] = []
    element.connect("model-updated", lambda _element, code, path: told.append((code, path)))
    assert detected(element) == 0
    path = written(tmp_path, DETECTOR, "detect.txt")
    element.set_property("config-file-path", path)
    assert told == []
    assert detected(element) == 1
    assert told == [(0, path)]


def test_a_new_file_that_cannot_be_used_leaves_the_model_in_place(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "boxes.onnx", [(4, 4, 12, 20, 0.9)])
    element, bus = started(tmp_path, DETECTOR), Gst.Bus()
    element.set_bus(bus)
    told: list[int] = []
    element.connect("model-updated", lambda _element, code, _path: told.append(code))
    path = written(tmp_path, DETECTOR.replace("boxes.onnx", "absent.onnx"), "detect.txt")
    element.set_property("config-file-path", path)
    assert detected(element) == 1
    assert told == [1]
    message = bus.pop_filtered(Gst.MessageType.WARNING)
    assert "keeps the model it has: " in message.parse_warning().gerror.message
    assert "absent.onnx: no such model file" in message.parse_warning().gerror.message


def test_raw_outputs_are_written_as_nvidia_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    channel_means(tmp_path / "net.onnx")
    element = started(tmp_path, TENSORS, raw_output_file_write=True)
    buffer, batch = batch_with([grey(10), grey(20)])
    element.on_batch(buffer, batch)
    name = "gstnvdsinfer_uid-02_layer-output_batch-0000000000_batchsize-02.bin"
    written_values = np.fromfile(tmp_path / name, np.float32)
    assert written_values.tolist() == [10, 10, 10, 20, 20, 20]


def test_nvinferserver_takes_its_properties_and_says_why_it_cannot_start() -> None:
    with Graph() as graph:
        source = graph.add("videotestsrc")
        server = graph.add("nvinferserver", config_file_path="triton.txt", batch_size=2)
        graph.chain(source, graph.add("nvvideoconvert"), server, graph.add("fakesink"))
        graph.play()
        assert "there is no Triton server on platform cpu; use nvinfer" in graph.error()
    assert server.get_property("batch-size") == 2
