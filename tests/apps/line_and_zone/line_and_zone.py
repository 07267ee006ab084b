#!/usr/bin/env python3
# nvdsanalytics: who is in a zone, how many crossed a line.
import sys

sys.path.append("../")
import gi

gi.require_version("Gst", "1.0")
import pyds
from common.bus_call import bus_call
from gi.repository import GLib, Gst

OBJECT = "NVIDIA.DSANALYTICSOBJ.USER_META"
FRAME = "NVIDIA.DSANALYTICSFRAME.USER_META"


def nvanalytics_src_pad_buffer_probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        l_obj = frame_meta.obj_meta_list
        while l_obj:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            l_user_meta = obj_meta.obj_user_meta_list
            while l_user_meta:
                user_meta = pyds.NvDsUserMeta.cast(l_user_meta.data)
                if user_meta.base_meta.meta_type == pyds.nvds_get_user_meta_type(OBJECT):
                    data = pyds.NvDsAnalyticsObjInfo.cast(user_meta.user_meta_data)
                    if data.lcStatus:
                        print(f"Object {obj_meta.object_id} line crossing status: {data.lcStatus}")
                    if data.roiStatus:
                        print(f"Object {obj_meta.object_id} roi status: {data.roiStatus}")
                l_user_meta = l_user_meta.next
            l_obj = l_obj.next
        l_user = frame_meta.frame_user_meta_list
        while l_user:
            user_meta = pyds.NvDsUserMeta.cast(l_user.data)
            if user_meta.base_meta.meta_type == pyds.nvds_get_user_meta_type(FRAME):
                data = pyds.NvDsAnalyticsFrameMeta.cast(user_meta.user_meta_data)
                print(
                    f"frame {frame_meta.frame_num}: in zone {dict(data.objInROIcnt)} "
                    f"crossed {dict(data.objLCCumCnt)}"
                )
            l_user = l_user.next
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def main(args):
    if len(args) != 5:
        sys.stderr.write(f"usage: {args[0]} <uri> <pgie> <tracker yaml> <analytics>\n")
        sys.exit(1)
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"nvurisrcbin uri={args[1]} ! mux.sink_0 "
        "nvstreammux name=mux batch-size=1 width=640 height=360 ! queue ! "
        f"nvinfer config-file-path={args[2]} ! nvtracker ll-config-file={args[3]} ! queue ! "
        f"nvdsanalytics name=analytics config-file={args[4]} ! queue ! "
        "nvmultistreamtiler width=640 height=360 ! nvvideoconvert ! nvdsosd ! "
        "nveglglessink sync=0"
    )
    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pad = pipeline.get_by_name("analytics").get_static_pad("src")
    pad.add_probe(Gst.PadProbeType.BUFFER, nvanalytics_src_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
