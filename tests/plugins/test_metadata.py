"""The reader of pyds metadata copies everything and keeps nothing of DeepStream's."""

from __future__ import annotations

import gc

import numpy as np

from plugins.cpu import pyds
from plugins.cpu.metadata.meta import NvDsBatchMeta
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsObjectMeta, NvDsUserMeta
from plugins.cpu.metadata.tensor_meta import (
    NvDsInferLayerInfo,
    NvDsInferNetworkInfo,
    NvDsInferTensorMeta,
)
from plugins.gst import Gst
from plugins.metadata import UNTRACKED, MetadataReader
from recognition.frames import Float
from tests.plugins.cpu.batches import batch_with, person

POSE_ID = 2


def with_tensor(made: NvDsObjectMeta, *layers: tuple[str, Float], gie: int = POSE_ID) -> None:
    """Hang a raw output on an object, as a secondary nvinfer does."""
    infos = [NvDsInferLayerInfo(name, values, index) for index, (name, values) in enumerate(layers)]
    tensor = NvDsInferTensorMeta(gie, infos, NvDsInferNetworkInfo(192, 256, 3))
    made.user_items.append(NvDsUserMeta(NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META, tensor))


def tracked(track_id: int, left: float = 10, **kinds: int) -> NvDsObjectMeta:
    made = person(left, 20, 30, 60, **kinds)
    made.object_id = track_id
    return made


def batch(*objects: NvDsObjectMeta) -> tuple[Gst.Buffer, NvDsBatchMeta]:
    buffer, meta = batch_with([np.zeros((4, 4, 4), np.uint8)] * 2)
    meta.frame_items[1].buf_pts = 7_000_000_000
    meta.frame_items[1].object_items.extend(objects)
    return buffer, meta


def reader() -> MetadataReader:
    return MetadataReader(pyds, person_label="person", pose_id=POSE_ID)


def test_persons_and_objects_of_each_frame_are_told_apart() -> None:
    bottle = tracked(5, class_id=39)
    buffer, _ = batch(tracked(1), bottle, tracked(2, left=100))
    empty, full = reader().read(hash(buffer))
    assert (empty.source_id, empty.track_ids) == (0, [])
    assert (full.source_id, full.pts_ns, full.ntp_ns) == (1, 7_000_000_000, None)
    assert full.track_ids == [1, 2]
    np.testing.assert_allclose(full.boxes[1], (100, 20, 130, 80))
    np.testing.assert_allclose(full.crops[1], (100, 20, 30, 60))
    assert [(item.label, item.track_id) for item in full.objects] == [("class 39", 5)]


def test_what_has_no_track_is_left_out() -> None:
    buffer, _ = batch(tracked(UNTRACKED))
    assert reader().read(hash(buffer))[1].track_ids == []


def test_layers_are_read_by_name_and_other_stages_are_not_read() -> None:
    one, two, three = tracked(1), tracked(2), tracked(3)
    with_tensor(one, ("x", np.arange(4, dtype=np.float32)), ("y", np.ones((2, 2), np.float32)))
    with_tensor(two, ("x", np.full(4, 9, np.float32)), gie=7)
    with_tensor(three, ("x", np.full(4, 3, np.float32)), ("y", np.zeros((2, 2), np.float32)))
    buffer, _ = batch(one, two, three)
    frame = reader().read(hash(buffer))[1]
    assert frame.has_tensors.tolist() == [True, False, True]
    assert frame.network == (192, 256)
    np.testing.assert_allclose(frame.tensors["x"][0], [0, 1, 2, 3])
    np.testing.assert_allclose(frame.tensors["x"][2], 3)
    assert frame.tensors["y"].shape == (3, 2, 2)


def test_what_people_look_like_is_copied_where_it_is_wanted() -> None:
    one = tracked(1)
    with_tensor(one, ("features", np.arange(96, dtype=np.float32)), ("x", np.ones(4, np.float32)))
    buffer, _ = batch(one)
    assert set(reader().read(hash(buffer))[1].tensors) == {"x"}
    curious = MetadataReader(pyds, person_label="person", pose_id=POSE_ID, appearance=True)
    frame = curious.read(hash(buffer))[1]
    np.testing.assert_array_equal(frame.tensors["features"], [np.arange(96)])
    np.testing.assert_array_equal(frame.tensors["x"], [np.ones(4)])


def test_half_precision_is_read_as_it_is() -> None:
    one = tracked(1)
    with_tensor(one, ("x", np.array([0.5, 2], np.float16)))
    buffer, _ = batch(one)
    np.testing.assert_allclose(reader().read(hash(buffer))[1].tensors["x"], [[0.5, 2]])


def test_what_was_read_outlives_the_buffer() -> None:
    one = tracked(1)
    values = np.arange(4, dtype=np.float32)
    with_tensor(one, ("x", values))
    buffer, meta = batch(one)
    frame = reader().read(hash(buffer))[1]
    values[:] = -1
    meta.frame_items.clear()
    del buffer, meta, one
    gc.collect()
    np.testing.assert_allclose(frame.tensors["x"], [[0, 1, 2, 3]])


def test_a_buffer_without_metadata_is_no_frame() -> None:
    assert reader().read(hash(Gst.Buffer.new())) == []
