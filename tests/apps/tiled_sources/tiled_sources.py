#!/usr/bin/env python3
# Any number of sources, tiled into one picture. A source is a bin round a uridecodebin (or an
# nvurisrcbin with --nvurisrcbin) whose pad is only taken if NVIDIA's decoder made it.
import argparse
import math
import sys

sys.path.append("../")
import gi

gi.require_version("Gst", "1.0")
import pyds
from common.bus_call import bus_call
from common.platform_type import is_aarch64
from gi.repository import GLib, Gst

frames_of = {}
objects_of = {}


def pgie_src_pad_buffer_probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        stream = f"stream{frame_meta.pad_index}"
        frames_of[stream] = frames_of.get(stream, 0) + 1
        objects_of[stream] = objects_of.get(stream, 0) + frame_meta.num_obj_meta
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def tiler_src_pad_buffer_probe(pad, info, u_data):
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(info.get_buffer()))
    u_data.append(batch_meta.num_frames_in_batch)
    return Gst.PadProbeReturn.OK


def cb_newpad(decodebin, decoder_src_pad, data):
    caps = decoder_src_pad.get_current_caps()
    if not caps:
        caps = decoder_src_pad.query_caps()
    gstname = caps.get_structure(0).get_name()
    features = caps.get_features(0)
    if gstname.find("video") != -1:
        if features.contains("memory:NVMM"):
            bin_ghost_pad = data.get_static_pad("src")
            if not bin_ghost_pad.set_target(decoder_src_pad):
                sys.stderr.write("Failed to link decoder src pad to source bin ghost pad\n")
        else:
            sys.stderr.write(" Error: Decodebin did not pick nvidia decoder plugin.\n")


def decodebin_child_added(child_proxy, Object, name, user_data):
    if name.find("decodebin") != -1:
        Object.connect("child-added", decodebin_child_added, user_data)
    if name.find("nvv4l2decoder") != -1:
        print("Decodebin child added:", name)
        Object.set_property("gpu_id", 0)
    if "source" in name:
        source_element = child_proxy.get_by_name("source")
        if source_element.find_property("drop-on-latency") is not None:
            Object.set_property("drop-on-latency", True)


def create_source_bin(index, uri, factory):
    nbin = Gst.Bin.new(f"source-bin-{index:02d}")
    uri_decode_bin = Gst.ElementFactory.make(factory, "uri-decode-bin")
    uri_decode_bin.set_property("uri", uri)
    uri_decode_bin.connect("pad-added", cb_newpad, nbin)
    uri_decode_bin.connect("child-added", decodebin_child_added, nbin)
    Gst.Bin.add(nbin, uri_decode_bin)
    if not nbin.add_pad(Gst.GhostPad.new_no_target("src", Gst.PadDirection.SRC)):
        sys.stderr.write(" Failed to add ghost pad in source bin \n")
        return None
    return nbin


def main(args):
    number_sources = len(args.input)
    Gst.init(None)
    pipeline = Gst.Pipeline()
    streammux = Gst.ElementFactory.make("nvstreammux", "Stream-muxer")
    pipeline.add(streammux)
    factory = "nvurisrcbin" if args.nvurisrcbin else "uridecodebin"
    for i, uri in enumerate(args.input):
        source_bin = create_source_bin(i, uri, factory)
        pipeline.add(source_bin)
        sinkpad = streammux.request_pad_simple(f"sink_{i}")
        if not sinkpad:
            sys.stderr.write("Unable to create sink pad bin \n")
        source_bin.get_static_pad("src").link(sinkpad)
    queues = [Gst.ElementFactory.make("queue", f"queue{n}") for n in range(1, 6)]
    pgie = Gst.ElementFactory.make("nvinfer", "primary-inference")
    nvdslogger = Gst.ElementFactory.make("nvdslogger", "nvdslogger")
    tiler = Gst.ElementFactory.make("nvmultistreamtiler", "nvtiler")
    nvvidconv = Gst.ElementFactory.make("nvvideoconvert", "convertor")
    nvosd = Gst.ElementFactory.make("nvdsosd", "onscreendisplay")
    if args.no_display:
        sink = Gst.ElementFactory.make("fakesink", "fakesink")
        sink.set_property("enable-last-sample", 0)
    elif is_aarch64():
        sink = Gst.ElementFactory.make("nv3dsink", "nv3d-sink")
    else:
        sink = Gst.ElementFactory.make("nveglglessink", "nvvideo-renderer")
    sink.set_property("sync", 0)
    sink.set_property("qos", 0)

    streammux.set_property("width", 64)
    streammux.set_property("height", 48)
    streammux.set_property("batch-size", number_sources)
    streammux.set_property("batched-push-timeout", 33000)
    pgie.set_property("config-file-path", args.config)
    pgie_batch_size = pgie.get_property("batch-size")
    if pgie_batch_size != number_sources:
        print("WARNING: Overriding infer-config batch-size", pgie_batch_size, number_sources)
        pgie.set_property("batch-size", number_sources)
    tiler_rows = int(math.sqrt(number_sources))
    tiler.set_property("rows", tiler_rows)
    tiler.set_property("columns", math.ceil(number_sources / tiler_rows))
    tiler.set_property("width", 128)
    tiler.set_property("height", 96)
    nvosd.set_property("process-mode", 0)
    nvosd.set_property("display-text", 1)

    stages = [pgie, nvdslogger, tiler, nvvidconv, nvosd, sink]
    before = streammux
    for number, stage in enumerate(stages):
        pipeline.add(stage)
        if number < len(queues):
            pipeline.add(queues[number])
            before.link(queues[number])
            before = queues[number]
        before.link(stage)
        before = stage

    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    tiled = []
    pgie.get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, pgie_src_pad_buffer_probe, 0)
    tiler.get_static_pad("src").add_probe(
        Gst.PadProbeType.BUFFER, tiler_src_pad_buffer_probe, tiled
    )
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)
    for stream in sorted(frames_of):
        print(stream, "frames:", frames_of[stream], "objects:", objects_of[stream])
    print("tiled pictures:", len(tiled), "frames in each:", sorted(set(tiled)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tiled_sources")
    parser.add_argument("-i", "--input", nargs="+", metavar="URIs", required=True)
    parser.add_argument("-c", "--config", required=True)
    parser.add_argument("--no-display", action="store_true", dest="no_display")
    parser.add_argument("--nvurisrcbin", action="store_true")
    sys.exit(main(parser.parse_args()))
