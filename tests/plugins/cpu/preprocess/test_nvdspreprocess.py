"""nvdspreprocess: what is cut out of which frame, and what nvinfer makes of it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import gi
import numpy as np
import pytest

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

from plugins.cpu import pyds  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.metadata.preprocess_meta import GstNvDsPreProcessBatchMeta  # noqa: E402
from plugins.cpu.nvinfer.nvinfer import NvInfer  # noqa: E402
from plugins.cpu.preprocess.config import load_config  # noqa: E402
from plugins.cpu.preprocess.nvdspreprocess import NvDsPreProcess  # noqa: E402
from tests.plugins.cpu.batches import batch_with, person  # noqa: E402
from tests.plugins.cpu.networks import channel_means, fixed_boxes  # noqa: E402
from tests.plugins.cpu.nvinfer.inference import grey, started  # noqa: E402

pytestmark = pytest.mark.gst

PROPERTY = """
[property]
enable=1
target-unique-ids=1
    # 0=NCHW, 1=NHWC, 2=CUSTOM
network-input-order=0
process-on-frame={on_frame}
maintain-aspect-ratio={keep}
symmetric-padding={keep}
processing-width=32
processing-height=32
network-input-shape={batch};3;32;32
network-color-format=0
tensor-data-type=0
tensor-name=input
scaling-filter=0
scaling-pool-memory-type=0
custom-lib-path=/opt/nvidia/deepstream/deepstream/lib/gst-plugins/libcustom2d_preprocess.so
custom-tensor-preparation-function=CustomTensorPreparation

[user-configs]
pixel-normalization-factor=0.5
offsets=1;2;3
"""
REGIONS = """
[group-0]
src-ids=0;1
process-on-roi=1
roi-params-src-0=0;0;32;32;32;0;32;64;
roi-params-src-1=8;8;16;500
"""
DETECTOR = """
[property]
gie-unique-id=1
batch-size=4
onnx-file=boxes.onnx
num-detected-classes=1
cluster-mode=2
parse-bbox-func-name=NvDsInferParseRtmDet
"""


def written(folder: Path, groups: str, *, on_frame: int = 1, keep: int = 0, batch: int = 4) -> Path:
    path = folder / "preprocess.txt"
    path.write_text(PROPERTY.format(on_frame=on_frame, keep=keep, batch=batch) + groups)
    return path


def preprocess(path: Path, **properties: object) -> NvDsPreProcess:
    element = NvDsPreProcess()
    element.set_property("config-file", str(path))
    for name, value in properties.items():
        element.set_property(name.replace("_", "-"), value)
    element.on_start()
    return element


def made(batch: NvDsBatchMeta) -> list[GstNvDsPreProcessBatchMeta]:
    """What hangs on the batch, found the way an application does."""
    found, node = [], batch.batch_user_meta_list
    while node is not None:
        meta = pyds.NvDsUserMeta.cast(node.data)
        assert meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_PREPROCESS_BATCH_META
        found.append(pyds.GstNvDsPreProcessBatchMeta.cast(meta.user_meta_data))
        node = node.next
    return found


def boxes(frame: NvDsFrameMeta) -> list[tuple[float, ...]]:
    rects = (item.rect_params for item in frame.object_items)
    return [(rect.left, rect.top, rect.width, rect.height) for rect in rects]


def test_each_region_of_each_source_is_one_picture_of_the_tensor(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(10), grey(20), grey(30)])
    preprocess(written(tmp_path, REGIONS)).on_batch(buffer, batch)
    (meta,) = made(batch)
    assert meta.target_unique_ids == [1]
    assert meta.tensor_meta is not None
    assert meta.tensor_meta.tensor_shape == [3, 3, 32, 32]  # source 2 is in no group
    assert meta.tensor_meta.buffer_size == 3 * 3 * 32 * 32 * 4
    assert meta.tensor_meta.tensor_name == "input"
    pointer = ctypes.cast(
        pyds.get_ptr(meta.tensor_meta.raw_tensor_buffer), ctypes.POINTER(ctypes.c_float)
    )
    values = np.ctypeslib.as_array(pointer, shape=(3, 3, 32, 32))
    # y = factor * (x - offset of the channel)
    assert values[:, :, 0, 0].tolist() == [[4.5, 4, 3.5], [4.5, 4, 3.5], [9.5, 9, 8.5]]
    rois = [(roi.roi.left, roi.roi.top, roi.roi.width, roi.roi.height) for roi in meta.roi_vector]
    assert rois == [(0, 0, 32, 32), (32, 0, 32, 64), (8, 8, 16, 56)]  # what leaves the frame is cut
    assert [roi.frame_meta for roi in meta.roi_vector] == [batch.frame_items[n] for n in (0, 0, 1)]


def test_a_region_is_scaled_and_centred_as_its_meta_says(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(201)])
    group = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=9;0;16;32\n"
    preprocess(written(tmp_path, group, keep=1)).on_batch(buffer, batch)
    (meta,) = made(batch)
    assert meta.tensor_meta is not None
    (roi,) = meta.roi_vector
    assert (roi.scale_ratio_x, roi.scale_ratio_y) == (1, 1)
    assert (roi.offset_left, roi.offset_top) == (8, 0)
    columns = meta.tensor_meta.array[0, 0, 0]
    assert np.flatnonzero(columns == 100).tolist() == list(range(8, 24))
    assert set(columns.tolist()) == {100, -0.5}  # black before it is normalised


def test_more_regions_than_the_tensor_has_room_for_make_another(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(10), grey(20)])
    preprocess(written(tmp_path, REGIONS, batch=2)).on_batch(buffer, batch)
    shapes = [meta.tensor_meta and meta.tensor_meta.tensor_shape[0] for meta in made(batch)]
    assert shapes == [2, 1]


def test_whole_frames_of_every_source_where_regions_are_off(tmp_path: Path) -> None:
    group = "[group-0]\nsrc-ids=-1\nprocess-on-roi=0\ninterval=1\ndraw-roi=0\n"
    element = preprocess(written(tmp_path, group))
    counts = []
    for _ in range(3):
        buffer, batch = batch_with([grey(10), grey(20)])
        element.on_batch(buffer, batch)
        counts.append([len(meta.roi_vector) for meta in made(batch)])
        assert not batch.frame_items[0].display_items
    assert counts == [[2], [], [2]]  # interval=1 leaves out every other batch


def test_a_group_that_names_a_source_goes_before_the_one_for_all(tmp_path: Path) -> None:
    groups = (
        "[group-0]\nsrc-ids=-1\nprocess-on-roi=1\nroi-params-src-0=0;0;16;16\n"
        "[group-1]\nsrc-ids=1\nprocess-on-roi=1\nroi-params-src-1=0;0;32;32\n"
    )
    buffer, batch = batch_with([grey(10), grey(20)])
    preprocess(written(tmp_path, groups)).on_batch(buffer, batch)
    widths = {
        roi.frame_meta.source_id: roi.roi.width
        for meta in made(batch)
        for roi in meta.roi_vector
        if roi.frame_meta is not None
    }
    assert widths == {0: 16, 1: 32}


def test_regions_are_drawn_in_the_colour_of_their_group(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(10)])
    preprocess(written(tmp_path, REGIONS + "roi-color=0;0;1;1\n")).on_batch(buffer, batch)
    drawings = batch.frame_items[0].display_items
    assert [drawing.rect_params[0].width for drawing in drawings] == [32, 32]
    assert drawings[0].rect_params[0].border_color.blue == 1


def test_objects_that_touch_a_region_are_prepared(tmp_path: Path) -> None:
    buffer, batch = batch_with([grey(10)])
    inside, outside = person(4, 4, 10, 20), person(40, 4, 10, 20)
    small, other = person(4, 4, 2, 2), person(4, 4, 10, 20, class_id=3)
    batch.frame_items[0].object_items += [inside, outside, small, other]
    group = (
        "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nprocess-on-all-objects=0\n"
        "roi-params-src-0=0;0;32;64\noperate-on-class-ids=0\ninput-object-min-width=8\n"
    )
    preprocess(written(tmp_path, group, on_frame=0)).on_batch(buffer, batch)
    (meta,) = made(batch)
    assert [roi.object_meta for roi in meta.roi_vector] == [inside]


def test_a_detector_finds_boxes_in_the_regions_and_tells_them_in_the_frame(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "boxes.onnx", [(8.0, 8.0, 24.0, 24.0, 0.9)])
    config = DETECTOR + "output-tensor-meta=1\n"
    element = started(tmp_path, config, input_tensor_meta=True)
    buffer, batch = batch_with([grey(10), grey(20)])
    preprocess(written(tmp_path, REGIONS)).on_batch(buffer, batch)
    element.on_batch(buffer, batch)
    first, second = batch.frame_items
    assert boxes(first) == [(8, 8, 16, 16), (32 + 8, 16, 16, 32)]
    assert boxes(second) == [pytest.approx((8 + 4, 8 + 14, 8, 28), abs=1e-3)]
    assert first.bInferDone == second.bInferDone == 1
    (meta,) = made(batch)
    for roi in meta.roi_vector:
        node = roi.roi_user_meta_list
        assert node is not None
        tensors = pyds.NvDsInferTensorMeta.cast(node.data.user_meta_data)
        assert pyds.get_nvds_LayerInfo(tensors, 0).layerName == "output"
    # a copy of each region hangs on its frame, without the tensors
    kinds = [user.base_meta.meta_type for user in first.user_items]
    assert kinds == [pyds.NvDsMetaType.NVDS_ROI_META] * 2
    assert pyds.NvDsRoiMeta.cast(first.user_items[0].user_meta_data).roi_user_meta_list is None


def test_a_classifier_labels_the_regions(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    (tmp_path / "labels.txt").write_text("red;green;blue\n")
    text = (
        "[property]\ngie-unique-id=1\nbatch-size=4\nnetwork-type=1\nonnx-file=net.onnx\n"
        "labelfile-path=labels.txt\nclassifier-threshold=0.1\ninput-tensor-from-meta=1\n"
    )
    element = started(tmp_path, text)
    buffer, batch = batch_with([grey(10)])
    preprocess(written(tmp_path, REGIONS)).on_batch(buffer, batch)
    element.on_batch(buffer, batch)
    (meta,) = made(batch)
    node = meta.roi_vector[0].classifier_meta_list
    assert node is not None
    label = node.data.label_info_list
    assert label is not None
    assert label.data.result_label == "red"
    assert not batch.frame_items[0].object_items


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("unique-ids=1", "unique-ids=2", None),
        ("tensor-name=input", "tensor-name=input_1", "set tensor-name=input"),
    ],
)
def test_a_tensor_for_someone_else_is_not_inferred_on(
    tmp_path: Path, old: str, new: str, told: str | None
) -> None:
    fixed_boxes(tmp_path / "boxes.onnx", [(8.0, 8.0, 24.0, 24.0, 0.9)])
    element, bus = started(tmp_path, DETECTOR, input_tensor_meta=True), Gst.Bus()
    element.set_bus(bus)
    path = written(tmp_path, REGIONS)
    path.write_text(path.read_text().replace(old, new))
    for _ in range(2):
        buffer, batch = batch_with([grey(10)])
        preprocess(path).on_batch(buffer, batch)
        element.on_batch(buffer, batch)
        assert boxes(batch.frame_items[0]) == []
    message = bus.pop_filtered(Gst.MessageType.WARNING)
    assert (message is None) == (told is None)
    assert message is None or told in message.parse_warning().gerror.message
    assert bus.pop_filtered(Gst.MessageType.WARNING) is None  # told once


def test_a_tensor_of_another_size_than_the_networks_is_refused(tmp_path: Path) -> None:
    fixed_boxes(tmp_path / "boxes.onnx", [(8.0, 8.0, 24.0, 24.0, 0.9)])
    element: NvInfer = started(tmp_path, DETECTOR, input_tensor_meta=True)
    path = written(tmp_path, REGIONS)
    path.write_text(path.read_text().replace("32;32\nnet", "16;16\nnet").replace("=32\n", "=16\n"))
    buffer, batch = batch_with([grey(10)])
    preprocess(path).on_batch(buffer, batch)
    with pytest.raises(ValueError, match=r"wanted pictures of \(3, 32, 32\)"):
        element.on_batch(buffer, batch)


def test_a_region_outside_the_frame_is_refused(tmp_path: Path) -> None:
    group = "[group-0]\nsrc-ids=0\nprocess-on-roi=1\nroi-params-src-0=64;0;8;8\n"
    buffer, batch = batch_with([grey(10)])
    with pytest.raises(ValueError, match="64;0;8;8 lies outside the frame of 64x64 px"):
        preprocess(written(tmp_path, group)).on_batch(buffer, batch)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("tensor-name=input\n", "", "wanted tensor-name too"),
        ("input-order=0", "input-order=2", "network-input-order=2 is not there on platform cpu"),
        ("data-type=0", "data-type=5", "tensor-data-type=5 is not there on platform cpu"),
        ("=CustomTensorPreparation", "=MySequence", "loads no C++ libraries"),
        ("width=32", "width=48", "wanted N;3;H;W with the size of"),
        ("format=0", "format=2", "wanted 0 (RGB) or 1 (BGR)"),
        ("32;64;", "32;64;1", "roi-params-src-0=.*: wanted four numbers for each region"),
        ("src-ids=0;1", "src-ids=0;7", "wanted roi-params-src-7 for that source, too"),
        ("offsets=1;2;3", "mean-file=mean.ppm", "mean-file is not there"),
        ("offsets=1;2;3", "offsets=1;2", "wanted one for each of 3 channels"),
        ("factor=0.5", "factor=half", "pixel-normalization-factor=half: wanted a number"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_key(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    path = written(tmp_path, REGIONS)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    plain = told.replace("(", r"\(").replace(")", r"\)").replace("+", r"\+")
    with pytest.raises(ValueError, match=plain):
        load_config(path)


def test_the_file_can_be_yaml(tmp_path: Path) -> None:
    text = written(tmp_path, REGIONS).read_text()
    lines = []
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("["):
            lines.append(f"{stripped[1:-1]}:")
        elif "=" in stripped and not stripped.startswith("#"):
            key, _, value = stripped.partition("=")
            lines.append(f"  {key}: {value}")
    yaml = tmp_path / "preprocess.yml"
    yaml.write_text("\n".join(lines))
    assert load_config(yaml) == load_config(tmp_path / "preprocess.txt")
