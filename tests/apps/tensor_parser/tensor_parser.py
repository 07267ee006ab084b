#!/usr/bin/env python3
# A detector that nvinfer cannot parse (network-type 100): the probe reads its tensor, makes boxes of
# it and adds them to the frame as objects, before the tracker.
import ctypes
import sys

sys.path.append("../")
import gi

gi.require_version("Gst", "1.0")
import numpy as np
import pyds
from common.bus_call import bus_call
from gi.repository import GLib, Gst

UNTRACKED_OBJECT_ID = 0xFFFFFFFFFFFFFFFF
PGIE_UNIQUE_ID = 1
MIN_CONFIDENCE = 0.5


def boxes_of(tensor_meta):
    for i in range(tensor_meta.num_output_layers):
        layer = pyds.get_nvds_LayerInfo(tensor_meta, i)
        if layer.layerName != "output":
            continue
        ptr = ctypes.cast(pyds.get_ptr(layer.buffer), ctypes.POINTER(ctypes.c_float))
        shape = layer.inferDims.d[: layer.inferDims.numDims]
        rows = np.ctypeslib.as_array(ptr, shape=tuple(shape)).copy()
        return rows[rows[:, 4] >= MIN_CONFIDENCE]
    return []


def add_obj_meta_to_frame(row, scale, batch_meta, frame_meta):
    obj_meta = pyds.nvds_acquire_obj_meta_from_pool(batch_meta)
    rect_params = obj_meta.rect_params
    rect_params.left = float(row[0] * scale[0])
    rect_params.top = float(row[1] * scale[1])
    rect_params.width = float((row[2] - row[0]) * scale[0])
    rect_params.height = float((row[3] - row[1]) * scale[1])
    rect_params.has_bg_color = 0
    rect_params.border_width = 3
    rect_params.border_color.set(0, 0, 1, 1)
    obj_meta.confidence = float(row[4])
    obj_meta.class_id = 0
    obj_meta.object_id = UNTRACKED_OBJECT_ID
    obj_meta.unique_component_id = PGIE_UNIQUE_ID
    txt_params = obj_meta.text_params
    if txt_params.display_text:
        pyds.free_buffer(txt_params.display_text)
    txt_params.x_offset = max(0, int(rect_params.left))
    txt_params.y_offset = max(0, int(rect_params.top) - 10)
    txt_params.display_text = f"thing {row[4]:.2f}"
    txt_params.font_params.font_name = "Serif"
    txt_params.font_params.font_size = 10
    pyds.nvds_add_obj_meta_to_frame(frame_meta, obj_meta, None)


def pgie_src_pad_buffer_probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_user = frame_meta.frame_user_meta_list
        while l_user is not None:
            user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            if user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META:
                tensor_meta = pyds.NvDsInferTensorMeta.cast(user_meta.user_meta_data)
                network = tensor_meta.network_info
                scale = u_data[0] / network.width, u_data[1] / network.height
                for row in boxes_of(tensor_meta):
                    add_obj_meta_to_frame(row, scale, batch_meta, frame_meta)
                frame_meta.bInferDone = True
            l_user = l_user.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def osd_sink_pad_buffer_probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        seen = []
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            seen.append((obj_meta.object_id, round(obj_meta.rect_params.left)))
            l_obj = l_obj.next
        print(f"frame {frame_meta.frame_num}: {sorted(seen)}")
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def main(args):
    if len(args) != 4:
        sys.stderr.write(f"usage: {args[0]} <uri> <pgie config> <tracker config>\n")
        sys.exit(1)
    Gst.init(None)
    width, height = 128, 96
    pipeline = Gst.parse_launch(
        f"nvstreammux name=mux batch-size=1 width={width} height={height} "
        "batched-push-timeout=40000 ! queue ! "
        f"nvinfer name=pgie config-file-path={args[2]} ! "
        f"nvtracker ll-config-file={args[3]} "
        "ll-lib-file=/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so ! "
        "queue ! nvvideoconvert ! nvdsosd name=osd ! fakesink sync=0 "
        f"uridecodebin uri={args[1]} ! mux.sink_0"
    )
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pgie_pad = pipeline.get_by_name("pgie").get_static_pad("src")
    pgie_pad.add_probe(Gst.PadProbeType.BUFFER, pgie_src_pad_buffer_probe, (width, height))
    osd_pad = pipeline.get_by_name("osd").get_static_pad("sink")
    osd_pad.add_probe(Gst.PadProbeType.BUFFER, osd_sink_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
