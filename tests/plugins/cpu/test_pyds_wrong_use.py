"""The pyds twin refuses what crashes, leaks or corrupts memory on the device."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from plugins.cpu import pyds
from plugins.cpu.conformance import coverage
from plugins.cpu.pyds_api import NOT_HERE
from tests.plugins.cpu.batches import batch_with, person

pytestmark = pytest.mark.gst


def picture(value: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((24, 32, 4), value, np.uint8)


def test_each_name_of_pyds_is_there_or_has_a_reason() -> None:
    for group in coverage():
        known = group.group in NOT_HERE
        missing = [name for name in group.absent if not known and name not in NOT_HERE]
        assert not missing, f"{group.group}: {missing}"


def test_a_name_that_is_left_out_says_why() -> None:
    with pytest.raises(AttributeError, match="use get_nvds_buf_surface"):
        pyds.NvBufSurfaceMap  # noqa: B018


@pytest.mark.parametrize("value", [10.5, -1, 2**32, "10", None])
def test_an_offset_takes_what_an_unsigned_int_takes(value: object) -> None:
    text = pyds.NvOSD_TextParams()
    with pytest.raises(TypeError, match="x_offset"):
        text.x_offset = value
    text.x_offset = np.int64(7)
    assert text.x_offset == 7


def test_a_field_that_a_struct_does_not_have_is_refused() -> None:
    with pytest.raises(AttributeError, match="objID"):
        pyds.NvDsEventMsgMeta().objID = 3
    with pytest.raises(AttributeError):
        pyds.NvOSD_RectParams().colour = 3  # type: ignore[attr-defined]


def test_text_fields_are_read_by_their_address() -> None:
    message = pyds.alloc_nvds_event_msg_meta(pyds.NvDsUserMeta())
    assert message.sensorStr == 0
    message.sensorStr = "lobby"
    assert pyds.get_string(message.sensorStr) == "lobby"
    copied = pyds.strdup(message.sensorStr)
    assert pyds.get_string(copied) == "lobby"
    pyds.free_buffer(copied)
    with pytest.raises(TypeError, match="get_string"):
        message.otherAttrs = message.sensorStr


def test_a_buffer_is_freed_once_and_read_only_before() -> None:
    address = pyds.alloc_buffer(32)
    pyds.generate_ts_rfc3339(address, 32)
    assert (pyds.get_string(address) or "").endswith("Z")
    pyds.free_buffer(address)
    with pytest.raises(ValueError, match="freed"):
        pyds.free_buffer(address)
    with pytest.raises(ValueError, match="no address that pyds gave"):
        pyds.get_string(address)


def test_the_text_of_a_field_can_be_freed_once_as_old_release_functions_do() -> None:
    message = pyds.alloc_nvds_event_msg_meta()  # pyds 1.1 took no user meta
    message.sensorStr = "lobby"
    pyds.free_buffer(message.sensorStr)
    with pytest.raises(ValueError, match="no address that pyds gave"):
        pyds.get_string(message.sensorStr)
    with pytest.raises(ValueError, match="freed"):
        pyds.free_buffer(message.sensorStr)


def test_a_meta_hangs_in_one_place_and_is_taken_from_there() -> None:
    batch, frame = pyds.NvDsBatchMeta(), pyds.NvDsFrameMeta()
    item = pyds.nvds_acquire_obj_meta_from_pool(batch)
    assert item.base_meta.batch_meta is batch
    pyds.nvds_add_obj_meta_to_frame(frame, item, None)
    with pytest.raises(ValueError, match="hangs there already"):
        pyds.nvds_add_obj_meta_to_frame(frame, item, None)
    pyds.nvds_remove_obj_meta_from_frame(frame, item)
    with pytest.raises(ValueError, match="does not hang there"):
        pyds.nvds_remove_obj_meta_from_frame(frame, item)
    with pytest.raises(TypeError, match="NvDsFrameMeta"):
        pyds.nvds_add_obj_meta_to_frame(batch, item, None)


def test_a_lock_is_released_by_who_took_it() -> None:
    batch = pyds.NvDsBatchMeta()
    pyds.nvds_acquire_meta_lock(batch)
    pyds.nvds_release_meta_lock(batch)
    with pytest.raises(RuntimeError):
        pyds.nvds_release_meta_lock(batch)


def test_what_is_written_into_a_surface_is_in_the_buffer() -> None:
    buffer, _ = batch_with([picture(1), picture(2)])
    surface = pyds.get_nvds_buf_surface(hash(buffer), 1)
    surface[3, 4] = 9, 8, 7, 6
    again = pyds.get_nvds_buf_surface(hash(buffer), 1)
    assert again[3, 4].tolist() == [9, 8, 7, 6]
    assert (pyds.get_nvds_buf_surface(hash(buffer), 0) == 1).all()


def test_a_surface_that_outlives_its_buffer_stays_readable() -> None:
    buffer, _ = batch_with([picture(5)])
    surface = pyds.get_nvds_buf_surface(hash(buffer), 0)
    del buffer
    assert (surface == 5).all()


def test_the_release_function_is_called_when_the_meta_goes() -> None:
    released = []
    meta = pyds.nvds_acquire_user_meta_from_pool(pyds.NvDsBatchMeta())
    meta.user_meta_data = pyds.alloc_custom_struct(meta)
    meta.user_meta_data.structId = 3
    pyds.set_user_releasefunc(meta, lambda data, _: released.append(data.user_meta_data.structId))
    del meta
    assert released == [3]


def test_an_object_is_cut_out_as_jpeg() -> None:
    buffer, batch = batch_with([picture(200)])
    (frame,) = batch.frame_items
    item = person(4, 4, 12, 8)
    context, wanted = pyds.nvds_obj_enc_create_context(0), pyds.NvDsObjEncUsrArgs()
    wanted.attachUsrMeta, wanted.quality = True, 90
    pyds.nvds_obj_enc_process(context, wanted, hash(buffer), item, frame)
    pyds.nvds_obj_enc_finish(context)
    (meta,) = item.user_items
    assert meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_CROP_IMAGE_META
    jpeg = pyds.NvDsObjEncOutParams.cast(meta.user_meta_data)
    assert jpeg.outBuffer()[:2].tolist() == [0xFF, 0xD8]
    assert jpeg.outLen == len(jpeg.outBuffer())


def test_members_of_enums_are_names_of_the_module_too() -> None:
    assert int(vars(pyds)["NVBUF_MEM_CUDA_UNIFIED"]) == 3
    assert vars(pyds)["NVDS_CROP_IMAGE_META"] == pyds.NvDsMetaType.NVDS_CROP_IMAGE_META
