#!/usr/bin/env python3
# An H.264 file through a detector, a tracker and a secondary classifier; a probe on the sink pad of
# the on-screen display counts what is there, reads the labels and writes a line into the picture.
import configparser
import sys

sys.path.append("../")
import gi

gi.require_version("Gst", "1.0")
import pyds
from common.bus_call import bus_call
from common.platform_type import has_integrated_gpu, is_aarch64
from gi.repository import GLib, Gst

PGIE_CLASS_ID_PERSON = 0
SGIE_UNIQUE_ID = 4


def labels_of(obj_meta):
    labels = []
    l_class = obj_meta.classifier_meta_list
    while l_class is not None:
        try:
            class_meta = pyds.NvDsClassifierMeta.cast(l_class.data)
        except StopIteration:
            break
        if class_meta.unique_component_id == SGIE_UNIQUE_ID:
            l_label = class_meta.label_info_list
            while l_label is not None:
                label_info = pyds.NvDsLabelInfo.cast(l_label.data)
                labels.append(label_info.result_label)
                l_label = l_label.next
        try:
            l_class = l_class.next
        except StopIteration:
            break
    return labels


def print_past_frames(batch_meta):
    l_user = batch_meta.batch_user_meta_list
    while l_user is not None:
        user_meta = pyds.NvDsUserMeta.cast(l_user.data)
        if user_meta.base_meta.meta_type == pyds.NvDsMetaType.NVDS_TRACKER_PAST_FRAME_META:
            batch = pyds.NvDsTargetMiscDataBatch.cast(user_meta.user_meta_data)
            for stream in pyds.NvDsTargetMiscDataBatch.list(batch):
                for target in pyds.NvDsTargetMiscDataStream.list(stream):
                    frames = [past.frameNum for past in pyds.NvDsTargetMiscDataObject.list(target)]
                    print(f"past stream={stream.streamID} id={target.uniqueId} frames={frames}")
        l_user = l_user.next


def osd_sink_pad_buffer_probe(pad, info, u_data):
    gst_buffer = info.get_buffer()
    if not gst_buffer:
        print("Unable to get GstBuffer ")
        return Gst.PadProbeReturn.OK
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        try:
            frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        except StopIteration:
            break
        persons, ids, labels = 0, [], []
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            try:
                obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            except StopIteration:
                break
            if obj_meta.class_id == PGIE_CLASS_ID_PERSON:
                persons += 1
                ids.append(obj_meta.object_id)
                labels += labels_of(obj_meta)
                obj_meta.rect_params.border_color.set(0.0, 0.0, 1.0, 0.8)
            try:
                l_obj = l_obj.next
            except StopIteration:
                break
        display_meta = pyds.nvds_acquire_display_meta_from_pool(batch_meta)
        display_meta.num_labels = 1
        text = display_meta.text_params[0]
        text.display_text = f"Frame={frame_meta.frame_num} Persons={persons}"
        text.x_offset = 10
        text.y_offset = 12
        text.font_params.font_name = "Serif"
        text.font_params.font_size = 10
        text.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
        text.set_bg_clr = 1
        text.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
        print(pyds.get_string(text.display_text), f"ids={sorted(ids)} labels={labels}")
        pyds.nvds_add_display_meta_to_frame(frame_meta, display_meta)
        try:
            l_frame = l_frame.next
        except StopIteration:
            break
    print_past_frames(batch_meta)
    return Gst.PadProbeReturn.OK


def make(factory, name):
    element = Gst.ElementFactory.make(factory, name)
    if not element:
        sys.stderr.write(f" Unable to create {name} \n")
        sys.exit(1)
    return element


def main(args):
    if len(args) != 5:
        sys.stderr.write(f"usage: {args[0]} <h264 file> <pgie> <tracker> <sgie>\n")
        sys.exit(1)
    Gst.init(None)
    pipeline = Gst.Pipeline()
    source = make("filesrc", "file-source")
    h264parser = make("h264parse", "h264-parser")
    decoder = make("nvv4l2decoder", "nvv4l2-decoder")
    streammux = make("nvstreammux", "Stream-muxer")
    pgie = make("nvinfer", "primary-inference")
    tracker = make("nvtracker", "tracker")
    sgie = make("nvinfer", "secondary1-nvinference-engine")
    nvvidconv = make("nvvideoconvert", "convertor")
    nvosd = make("nvdsosd", "onscreendisplay")
    if has_integrated_gpu() or is_aarch64():
        sink = make("nv3dsink", "nv3d-sink")
    else:
        sink = make("nveglglessink", "nvvideo-renderer")

    source.set_property("location", args[1])
    streammux.set_property("width", 960)
    streammux.set_property("height", 540)
    streammux.set_property("batch-size", 1)
    streammux.set_property("batched-push-timeout", 4000000)
    pgie.set_property("config-file-path", args[2])
    sgie.set_property("config-file-path", args[4])
    sink.set_property("sync", 0)

    config = configparser.ConfigParser()
    config.read(args[3])
    for key in config["tracker"]:
        if key in ("tracker-width", "tracker-height", "gpu-id"):
            tracker.set_property(key.replace("-", "_"), config.getint("tracker", key))
        else:
            tracker.set_property(key, config.get("tracker", key))

    chain = [streammux, pgie, tracker, sgie, nvvidconv, nvosd, sink]
    for element in [source, h264parser, decoder, *chain]:
        pipeline.add(element)
    source.link(h264parser)
    h264parser.link(decoder)
    sinkpad = streammux.request_pad_simple("sink_0")
    srcpad = decoder.get_static_pad("src")
    srcpad.link(sinkpad)
    for before, after in zip(chain, chain[1:]):
        before.link(after)

    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    osdsinkpad = nvosd.get_static_pad("sink")
    osdsinkpad.add_probe(Gst.PadProbeType.BUFFER, osd_sink_pad_buffer_probe, 0)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
