#!/usr/bin/env python3
# Sources are added while the graph plays, and taken out when their stream has ended. The first one
# loops; it is taken out last, while it plays.
import sys

sys.path.append("../")
import gi

gi.require_version("Gst", "1.0")
import pyds
from gi.repository import GLib, Gst

MAX_NUM_SOURCES = 3

uri = ""
loop = pipeline = streammux = None
source_bins = [None] * MAX_NUM_SOURCES
frames = [0] * MAX_NUM_SOURCES
enabled = [False] * MAX_NUM_SOURCES
started = 0


def cb_newpad(decodebin, pad, source_id):
    gststruct = (pad.get_current_caps() or pad.query_caps()).get_structure(0)
    if gststruct.get_name().find("video") != -1:
        sinkpad = streammux.request_pad_simple(f"sink_{source_id}")
        if pad.link(sinkpad) == Gst.PadLinkReturn.OK:
            print(f"source {source_id} linked to pipeline")


def decodebin_child_added(child_proxy, Object, name, user_data):
    if name.find("decodebin") != -1:
        Object.connect("child-added", decodebin_child_added, user_data)
    if name.find("nvv4l2decoder") != -1:
        Object.set_property("enable-max-performance", True)
        Object.set_property("drop-frame-interval", 0)
        Object.set_property("num-extra-surfaces", 0)
        Object.set_property("gpu_id", 0)


def add_source(source_id):
    global started
    factory = "uridecodebin" if source_id else "nvurisrcbin"
    source_bin = Gst.ElementFactory.make(factory, f"source-bin-{source_id:02d}")
    source_bin.set_property("uri", uri)
    if source_id == 0:
        source_bin.set_property("file-loop", True)
    source_bin.connect("pad-added", cb_newpad, source_id)
    source_bin.connect("child-added", decodebin_child_added, source_id)
    source_bins[source_id] = source_bin
    enabled[source_id] = True
    started += 1
    pipeline.add(source_bin)
    return source_bin


def add_sources(data):
    source_id = enabled.index(False)
    state_return = add_source(source_id).set_state(Gst.State.PLAYING)
    if state_return == Gst.StateChangeReturn.FAILURE:
        print("STATE CHANGE FAILURE")
    elif state_return == Gst.StateChangeReturn.ASYNC:
        source_bins[source_id].get_state(Gst.CLOCK_TIME_NONE)
    return started < MAX_NUM_SOURCES


def stop_release_source(source_id):
    state_return = source_bins[source_id].set_state(Gst.State.NULL)
    if state_return == Gst.StateChangeReturn.ASYNC:
        source_bins[source_id].get_state(Gst.CLOCK_TIME_NONE)
    sinkpad = streammux.get_static_pad(f"sink_{source_id}")
    sinkpad.send_event(Gst.Event.new_flush_stop(False))
    streammux.release_request_pad(sinkpad)
    pipeline.remove(source_bins[source_id])
    source_bins[source_id] = None
    print(f"source {source_id} released after {frames[source_id]} frames")
    if started == MAX_NUM_SOURCES and not any(source_bins[1:]):
        if source_bins[0]:
            return stop_release_source(0)
        print("All sources stopped quitting")
        loop.quit()
    return False


def count_probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        frames[frame_meta.pad_index] += 1
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def bus_call(bus, message, loop):
    t = message.type
    if t == Gst.MessageType.ERROR:
        err, debug = message.parse_error()
        sys.stderr.write(f"Error: {err}: {debug}\n")
        loop.quit()
    elif t == Gst.MessageType.ELEMENT:
        struct = message.get_structure()
        if struct is not None and struct.has_name("stream-eos"):
            parsed, stream_id = struct.get_uint("stream-id")
            if parsed:
                print(f"Got EOS from stream {stream_id}")
                GLib.idle_add(stop_release_source, stream_id)
    return True


def main(args):
    global uri, loop, pipeline, streammux
    if len(args) != 3:
        sys.stderr.write(f"usage: {args[0]} <uri> <pgie config>\n")
        sys.exit(1)
    uri = args[1]
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    streammux.set_property("batched-push-timeout", 25000)
    streammux.set_property("batch-size", 30)
    streammux.set_property("gpu_id", 0)
    streammux.set_property("live-source", 1)
    streammux.set_property("width", 64)
    streammux.set_property("height", 48)
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    pgie.set_property("config-file-path", args[2])
    pgie.set_property("batch-size", MAX_NUM_SOURCES)
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    tiler.set_property("rows", 1)
    tiler.set_property("columns", MAX_NUM_SOURCES)
    tiler.set_property("width", 192)
    tiler.set_property("height", 48)
    sink = Gst.ElementFactory.make("nveglglessink", "nvvideo-renderer")
    sink.set_property("sync", 0)
    sink.set_property("async", 0)
    before = None
    for element in (streammux, pgie, tiler, sink):
        pipeline.add(element)
        if before:
            before.link(element)
        before = element
    pgie.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, count_probe, 0)
    add_source(0)

    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    pipeline.set_state(Gst.State.PLAYING)
    GLib.timeout_add(300, add_sources, None)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
