"""The pyds twin as an application uses it: walk, read tensors, add metas, read pixels."""

from __future__ import annotations

import ctypes
import gc
import resource
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from gi.repository import Gst

from plugins.cpu import pyds
from plugins.cpu.metadata.carrier import attach, batch_of, frame_pixels, new_frame

pytestmark = pytest.mark.gst


def batch_buffer(values: list[int], width: int = 6, height: int = 4) -> Gst.Buffer:
    """Make a batch whose n-th frame is filled with the n-th value."""
    batch, buffer = pyds.NvDsBatchMeta(len(values)), Gst.Buffer.new()
    for batch_id, value in enumerate(values):
        with new_frame(width, height) as (frame_buffer, pixels):
            pixels[:] = value
        buffer.append_memory(frame_buffer.get_all_memory())
        frame = pyds.nvds_acquire_frame_meta_from_pool(batch)
        frame.batch_id = batch_id
        frame.pipeline_width, frame.pipeline_height = width, height
        pyds.nvds_add_frame_meta_to_batch(batch, frame)
    attach(buffer, batch)
    return buffer


def objects_of(frame: pyds.NvDsFrameMeta) -> list[pyds.NvDsObjectMeta]:
    found, node = [], frame.obj_meta_list
    while node is not None:
        found.append(pyds.NvDsObjectMeta.cast(node.data))
        node = node.next
    return found


def frame_with_objects(count: int) -> pyds.NvDsFrameMeta:
    batch, frame = pyds.NvDsBatchMeta(), pyds.NvDsFrameMeta()
    for class_id in range(count):
        person = pyds.nvds_acquire_obj_meta_from_pool(batch)
        person.class_id = class_id
        pyds.nvds_add_obj_meta_to_frame(frame, person, None)
    return frame


def test_the_metadata_is_found_by_the_hash_of_the_buffer() -> None:
    buffer = batch_buffer([1, 2])
    batch = pyds.gst_buffer_get_nvds_batch_meta(hash(buffer))
    assert batch is batch_of(buffer)
    assert batch is not None
    assert batch.num_frames_in_batch == 2


def test_a_buffer_from_before_the_mux_has_no_metadata() -> None:
    assert pyds.gst_buffer_get_nvds_batch_meta(hash(Gst.Buffer.new())) is None


def test_passing_the_buffer_instead_of_its_hash_is_refused() -> None:
    with pytest.raises(TypeError, match="hash"):
        pyds.gst_buffer_get_nvds_batch_meta(Gst.Buffer.new())


def test_a_copy_of_a_buffer_shares_the_metadata() -> None:
    buffer = batch_buffer([1])
    assert batch_of(buffer.copy()) is batch_of(buffer)


def test_forty_thousand_buffers_leave_no_memory_behind() -> None:
    def churn(count: int) -> None:
        for _ in range(count):
            buffer = batch_buffer([7], width=64, height=64)
            assert batch_of(buffer.copy()) is not None

    churn(5_000)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    churn(40_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 4_000  # kB


def test_an_empty_list_is_none_and_a_walk_ends_with_none() -> None:
    assert frame_with_objects(0).obj_meta_list is None
    assert [person.class_id for person in objects_of(frame_with_objects(3))] == [0, 1, 2]


def test_a_walk_goes_back_by_prev() -> None:
    first = frame_with_objects(2).obj_meta_list
    assert first is not None
    assert first.prev is None
    assert first.next is not None
    assert first.next.prev is not None
    assert first.next.prev.data is first.data


def test_objects_can_be_removed_during_a_walk_when_next_was_read_before() -> None:
    frame = frame_with_objects(5)
    node = frame.obj_meta_list
    while node is not None:
        following = node.next
        if node.data.class_id % 2:
            pyds.nvds_remove_obj_meta_from_frame(frame, node.data)
        node = following
    assert [person.class_id for person in objects_of(frame)] == [0, 2, 4]
    assert frame.num_obj_meta == 3


def test_a_new_object_is_untracked() -> None:
    assert frame_with_objects(1).object_items[0].object_id == 0xFFFFFFFFFFFFFFFF


def test_a_cast_to_the_wrong_class_is_refused() -> None:
    with pytest.raises(TypeError, match="NvDsFrameMeta"):
        pyds.NvDsFrameMeta.cast(pyds.NvDsObjectMeta())


@pytest.mark.parametrize(
    ("dtype", "kind", "c_type"),
    [
        (np.float32, pyds.FLOAT, ctypes.c_float),
        (np.float16, pyds.HALF, ctypes.c_uint16),
        (np.int8, pyds.INT8, ctypes.c_int8),
        (np.int32, pyds.INT32, ctypes.c_int32),
    ],
)
def test_a_tensor_is_read_by_the_ctypes_idiom(dtype: type, kind: int, c_type: type) -> None:
    values: npt.NDArray[Any] = np.arange(24, dtype=dtype).reshape(2, 3, 4)[:, ::2]  # not contiguous
    layer = pyds.NvDsInferLayerInfo("simcc_x", values)
    meta = pyds.NvDsInferTensorMeta(2, [layer], pyds.NvDsInferNetworkInfo(192, 256, 3))
    user = pyds.NvDsUserMeta(pyds.NVDSINFER_TENSOR_OUTPUT_META, meta)

    assert user.base_meta.meta_type == pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META
    tensor = pyds.NvDsInferTensorMeta.cast(user.user_meta_data)
    assert (tensor.unique_id, tensor.num_output_layers) == (2, 1)
    layer = pyds.get_nvds_LayerInfo(tensor, 0)
    assert (layer.layerName, layer.dataType) == ("simcc_x", kind)
    shape = tuple(layer.inferDims.d[: layer.inferDims.numDims])
    pointer: Any = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(c_type))
    read = np.ctypeslib.as_array(pointer, shape=shape).copy()
    if kind == pyds.HALF:
        read = read.view(np.float16)
    np.testing.assert_array_equal(read, values)
    assert layer.buffer is not None
    assert pyds.get_detections(layer.buffer, 1) == values.flat[1]


def test_a_tensor_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match="float64"):
        pyds.NvDsInferLayerInfo("boxes", np.zeros(3))


def test_display_text_is_written_as_text_and_read_as_an_address() -> None:
    text = pyds.NvOSD_TextParams()
    assert pyds.get_string(int(text.display_text)) is None
    text.display_text = "waves äöü"
    address = text.display_text
    assert pyds.get_string(int(address)) == "waves äöü"
    with pytest.raises(TypeError, match="get_string"):
        pyds.NvOSD_TextParams().display_text = address


def test_a_label_ends_at_the_first_nul_and_at_127_bytes() -> None:
    person = pyds.NvDsObjectMeta()
    person.obj_label = "person\0rest"
    assert person.obj_label == "person"
    person.obj_label = "ä" * 100
    assert person.obj_label == "ä" * 63


def test_an_action_label_hangs_on_an_object() -> None:
    batch, person = pyds.NvDsBatchMeta(), pyds.NvDsObjectMeta()
    classifier = pyds.nvds_acquire_classifier_meta_from_pool(batch)
    label = pyds.nvds_acquire_label_info_meta_from_pool(batch)
    label.result_label, label.result_prob = "wave", 0.75
    pyds.nvds_add_label_info_meta_to_classifier(classifier, label)
    pyds.nvds_add_classifier_meta_to_object(person, classifier)
    node = person.classifier_meta_list
    assert node is not None
    assert node.data.label_info_list is not None
    assert node.data.label_info_list.data.result_label == "wave"
    assert node.data.num_labels == 1


def test_user_metas_hang_on_batches_frames_and_objects() -> None:
    batch, frame, person = pyds.NvDsBatchMeta(), pyds.NvDsFrameMeta(), pyds.NvDsObjectMeta()
    kind = pyds.nvds_get_user_meta_type("EDGEACT.TEST")
    user = pyds.nvds_acquire_user_meta_from_pool(batch)
    user.base_meta.meta_type = kind
    pyds.nvds_add_user_meta_to_batch(batch, user)
    pyds.nvds_add_user_meta_to_frame(frame, user)
    pyds.nvds_add_user_meta_to_obj(person, user)
    heads = batch.batch_user_meta_list, frame.frame_user_meta_list, person.obj_user_meta_list
    assert all(node is not None and node.data is user for node in heads)
    assert pyds.nvds_get_user_meta_type("EDGEACT.TEST") == kind
    assert pyds.nvds_get_user_meta_type("EDGEACT.OTHER") != kind


def test_a_display_meta_has_room_for_sixteen_of_each() -> None:
    frame = pyds.NvDsFrameMeta()
    display = pyds.nvds_acquire_display_meta_from_pool(pyds.NvDsBatchMeta())
    display.num_circles = 1
    display.circle_params[15].circle_color.set(1.0, 0.5, 0.0, 1.0)
    with pytest.raises(IndexError):
        display.circle_params[16].radius = 1
    pyds.nvds_add_display_meta_to_frame(frame, display)
    assert frame.display_meta_list is not None
    assert frame.display_meta_list.data.circle_params[15].circle_color.green == 0.5


def test_the_pixels_of_each_frame_are_found_by_batch_id() -> None:
    buffer = batch_buffer([10, 20, 30])
    for batch_id, value in enumerate([10, 20, 30]):
        with frame_pixels(buffer, batch_id) as pixels:
            assert pixels.shape == (4, 6, 4)
            assert (pixels == value).all()
            assert not pixels.flags.writeable
        surface = pyds.get_nvds_buf_surface(hash(buffer), batch_id)
        assert (surface == value).all()
        pyds.unmap_nvds_buf_surface(hash(buffer), batch_id)


def test_batches_of_more_than_sixteen_frames_keep_their_pixels() -> None:
    buffer = batch_buffer(list(range(40)))  # GStreamer merges memories beyond sixteen
    for batch_id in range(40):
        with frame_pixels(buffer, batch_id) as pixels:
            assert (pixels == batch_id).all()


def test_asking_for_a_frame_that_is_not_there_says_which_are() -> None:
    buffer = batch_buffer([1, 2])
    with pytest.raises(ValueError, match=r"batch_id 5, got a batch of \[0, 1\]"):
        pyds.get_nvds_buf_surface(hash(buffer), 5)


def test_latency_is_measured_where_the_environment_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    buffer = batch_buffer([1, 2])
    monkeypatch.delenv("NVDS_ENABLE_LATENCY_MEASUREMENT", raising=False)
    assert pyds.nvds_measure_buffer_latency(hash(buffer)) == 0
    assert not capsys.readouterr().out
    monkeypatch.setenv("NVDS_ENABLE_LATENCY_MEASUREMENT", "1")
    assert pyds.nvds_measure_buffer_latency(hash(buffer)) == 2
    first, *frames = capsys.readouterr().out.splitlines()
    assert first.startswith("************BATCH-NUM = ")
    assert len(frames) == 2
    assert all("Frame latency = " in line and line.endswith(" (ms)") for line in frames)
    assert pyds.nvds_measure_buffer_latency(hash(Gst.Buffer.new())) == 0
    with pytest.raises(TypeError, match="hash"):
        pyds.nvds_measure_buffer_latency(buffer)


def test_every_meta_knows_the_batch_that_it_is_reached_from() -> None:
    batch, frame, item = pyds.NvDsBatchMeta(), pyds.NvDsFrameMeta(), pyds.NvDsObjectMeta()
    classifier = pyds.NvDsClassifierMeta()
    # As elements do, which know nothing of pools.
    batch.frame_items.append(frame)
    frame.object_items.append(item)
    frame.user_items.append(pyds.NvDsUserMeta())
    item.classifier_items.append(classifier)
    classifier.label_items.append(pyds.NvDsLabelInfo())
    assert batch.frame_meta_list is not None
    found = pyds.NvDsFrameMeta.cast(batch.frame_meta_list.data)
    assert found.base_meta.batch_meta is batch
    for node in (
        found.obj_meta_list,
        found.frame_user_meta_list,
        item.classifier_meta_list,
        classifier.label_info_list,
    ):
        assert node is not None
        assert node.data.base_meta.batch_meta is batch
    drawing = pyds.nvds_acquire_display_meta_from_pool(found.base_meta.batch_meta)
    assert drawing.base_meta.batch_meta is batch


def test_lists_of_metas_are_copied_deeply_and_user_data_by_the_applications_function() -> None:
    batch, frame = pyds.NvDsBatchMeta(), frame_with_objects(2)
    pyds.nvds_add_frame_meta_to_batch(batch, frame)
    first, second = objects_of(frame)
    second.parent = first
    drawing = pyds.nvds_acquire_display_meta_from_pool(batch)
    pyds.nvds_add_display_meta_to_frame(frame, drawing)
    user_meta = pyds.nvds_acquire_user_meta_from_pool(batch)
    user_meta.user_meta_data = [1]
    pyds.set_user_copyfunc(user_meta, lambda meta, _: [*meta.user_meta_data, 2])
    pyds.nvds_add_user_meta_to_frame(frame, user_meta)
    pyds.nvds_add_user_meta_to_batch(batch, user_meta)

    other = pyds.nvds_create_batch_meta(4)
    pyds.nvds_copy_frame_meta_list(batch.frame_meta_list, other)
    pyds.nvds_copy_batch_user_meta_list(batch.batch_user_meta_list, other)
    (own,) = other.frame_items
    moved, part = objects_of(own)
    moved.rect_params.left = 99
    own.display_items[0].num_rects = 3
    assert first.rect_params.left == 0
    assert part.parent is moved
    assert drawing.num_rects == 0
    assert own.user_items[0].user_meta_data == other.user_items[0].user_meta_data == [1, 2]

    blank = pyds.NvDsFrameMeta()
    pyds.nvds_copy_obj_meta_list(frame.obj_meta_list, blank)
    pyds.nvds_copy_display_meta_list(frame.display_meta_list, blank)
    pyds.nvds_copy_frame_user_meta_list(None, blank)
    assert (blank.num_obj_meta, len(blank.display_items), blank.user_items) == (2, 1, [])
    with pytest.raises(TypeError, match="wanted a list such as frame_meta_list, got NvDsFrame"):
        pyds.nvds_copy_obj_meta_list(frame, blank)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="wanted NvDsDisplayMeta, got NvDsObjectMeta"):
        pyds.nvds_copy_display_meta_list(frame.obj_meta_list, blank)  # type: ignore[arg-type]
