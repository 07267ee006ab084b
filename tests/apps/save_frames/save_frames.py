#!/usr/bin/env python3
# Frames as arrays: a box is drawn round every object with OpenCV, in the frame itself, and every
# tenth frame of each source is saved as a picture.
import os
import sys

sys.path.append("../")
import gi

gi.require_version("Gst", "1.0")
import cv2
import numpy as np
import pyds
from common.bus_call import bus_call
from common.platform_type import has_integrated_gpu, is_aarch64
from gi.repository import GLib, Gst

saved = 0


def draw_bounding_boxes(image, obj_meta, confidence):
    rect = obj_meta.rect_params
    top, left = int(rect.top), int(rect.left)
    bottom, right = top + int(rect.height), left + int(rect.width)
    image = cv2.rectangle(image, (left, top), (right, bottom), (0, 255, 0, 0), 2)
    middle = (left + right) // 2, (top + bottom) // 2
    image = cv2.circle(image, middle, 4, (0, 255, 0, 0), cv2.FILLED)
    cv2.putText(
        image,
        f"C={confidence:.2f}",
        (left, top + 10),
        cv2.FONT_HERSHEY_SIMPLEX,
        0.4,
        (0, 0, 255, 0),
    )
    return image


def tiler_sink_pad_buffer_probe(pad, info, folder):
    global saved
    gst_buffer = info.get_buffer()
    batch_meta = pyds.gst_buffer_get_nvds_batch_meta(hash(gst_buffer))
    l_frame = batch_meta.frame_meta_list
    while l_frame is not None:
        frame_meta = pyds.NvDsFrameMeta.cast(l_frame.data)
        save_image = frame_meta.frame_num % 10 == 0
        n_frame = pyds.get_nvds_buf_surface(hash(gst_buffer), frame_meta.batch_id)
        l_obj = frame_meta.obj_meta_list
        while l_obj is not None:
            obj_meta = pyds.NvDsObjectMeta.cast(l_obj.data)
            n_frame = draw_bounding_boxes(n_frame, obj_meta, obj_meta.confidence)
            l_obj = l_obj.next
        if save_image:
            frame_copy = np.array(n_frame, copy=True, order="C")
            frame_copy = cv2.cvtColor(frame_copy, cv2.COLOR_RGBA2BGRA)
            name = f"{folder}/stream_{frame_meta.pad_index}_frame_{frame_meta.frame_num}.png"
            cv2.imwrite(name, frame_copy)
            saved += 1
        if has_integrated_gpu():
            pyds.unmap_nvds_buf_surface(hash(gst_buffer), frame_meta.batch_id)
        l_frame = l_frame.next
    return Gst.PadProbeReturn.OK


def link_source(source, pad, mux_pad):
    caps = pad.get_current_caps() or pad.query_caps()
    if caps.get_structure(0).get_name().startswith("video"):
        pad.link(mux_pad)


def main(args):
    if len(args) < 4:
        sys.stderr.write(f"usage: {args[0]} <uri1> [uri2] ... <pgie config> <folder>\n")
        sys.exit(1)
    uris, config, folder = args[1:-2], args[-2], args[-1]
    os.makedirs(folder, exist_ok=True)
    Gst.init(None)
    pipeline = Gst.Pipeline()
    mem_type = int(pyds.NVBUF_MEM_CUDA_UNIFIED)

    def make(factory, **properties):
        element = Gst.ElementFactory.make(factory, None)
        if not element:
            sys.stderr.write(f" Unable to create {factory} \n")
            sys.exit(1)
        for name, value in properties.items():
            element.set_property(name, value)
        pipeline.add(element)
        return element

    streammux = make("nvstreammux", width=96, height=64)
    streammux.set_property("batch-size", len(uris))
    streammux.set_property("batched-push-timeout", 4000000)
    for i, uri in enumerate(uris):
        source = make("nvurisrcbin", uri=uri)
        source.connect("pad-added", link_source, streammux.request_pad_simple(f"sink_{i}"))
    pgie = make("nvinfer")
    pgie.set_property("config-file-path", config)
    nvvidconv1 = make("nvvideoconvert")
    filter1 = make("capsfilter")
    filter1.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=RGBA"))
    tiler = make("nvmultistreamtiler", rows=1, columns=len(uris), width=96 * len(uris), height=64)
    nvvidconv = make("nvvideoconvert")
    nvosd = make("nvdsosd")
    nvvidconv2 = make("nvvideoconvert")
    encoder_caps = make("capsfilter")
    encoder_caps.set_property("caps", Gst.Caps.from_string("video/x-raw(memory:NVMM), format=I420"))
    encoder = make("nvv4l2h264enc", bitrate=4000000)
    parser, muxer = make("h264parse"), make("qtmux")
    sink = make("filesink", location=f"{folder}/tiled.mp4")
    if not is_aarch64():
        for element in (streammux, nvvidconv, nvvidconv1, tiler):
            element.set_property("nvbuf-memory-type", mem_type)
    before = streammux
    for element in (pgie, nvvidconv1, filter1, tiler, nvvidconv, nvosd, nvvidconv2, encoder_caps):
        before.link(element)
        before = element
    for element in (encoder, parser, muxer, sink):
        before.link(element)
        before = element

    loop = GLib.MainLoop()
    bus = pipeline.get_bus()
    bus.add_signal_watch()
    bus.connect("message", bus_call, loop)
    tiler_sink_pad = tiler.get_static_pad("sink")
    tiler_sink_pad.add_probe(Gst.PadProbeType.BUFFER, tiler_sink_pad_buffer_probe, folder)
    pipeline.set_state(Gst.State.PLAYING)
    try:
        loop.run()
    except BaseException:
        pass
    pipeline.set_state(Gst.State.NULL)
    print("pictures saved:", saved)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
