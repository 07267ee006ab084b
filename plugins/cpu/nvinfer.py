"""CPU twin of gst-nvinfer: detectors (network-type 0) and raw tensors (100) by ONNX Runtime."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

from engines.errors import EngineError  # noqa: E402
from engines.ort import OrtEngine  # noqa: E402
from engines.protocol import Tensor  # noqa: E402
from engines.registry import prepared  # noqa: E402
from plugins.cpu.carrier import Pixels, frame_pixels  # noqa: E402
from plugins.cpu.element import (  # noqa: E402
    BatchTwin,
    boolean,
    integer,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.meta import NvDsBatchMeta, NvDsFrameMeta  # noqa: E402
from plugins.cpu.nvinfer_config import InferConfig, check_config, load_config  # noqa: E402
from plugins.cpu.nvinfer_postprocess import attach_objects, cluster  # noqa: E402
from plugins.cpu.nvinfer_preprocess import Preprocessor  # noqa: E402
from plugins.cpu.object_meta import NvDsMetaType, NvDsObjectMeta, NvDsUserMeta  # noqa: E402
from plugins.cpu.parsers import ParseInput, Parser, parser_named  # noqa: E402
from plugins.cpu.tensor_meta import (  # noqa: E402
    NvDsInferLayerInfo,
    NvDsInferNetworkInfo,
    NvDsInferTensorMeta,
)
from plugins.placement import NetworkInput, Placement, place  # noqa: E402

DETECTOR, SECONDARY = 0, 2

_OVERRIDES = {
    "unique-id": "gie_unique_id",
    "process-mode": "process_mode",
    "batch-size": "batch_size",
    "interval": "interval",
    "infer-on-gie-id": "operate_on_gie_id",
    "infer-on-class-ids": "operate_on_class_ids",
    "filter-out-class-ids": "filter_out_class_ids",
    "output-tensor-meta": "output_tensor_meta",
    "crop-objects-to-roi-boundary": "crop_objects_to_roi_boundary",
}
"""Element properties that win over the file, and the setting each one is."""


@dataclass(frozen=True, slots=True)
class Target:
    """One picture to infer on: a whole frame, or an object of it."""

    frame: NvDsFrameMeta
    object: NvDsObjectMeta | None
    placement: Placement


class NvInfer(BatchTwin):
    """Runs one network on frames (process-mode 1) or on objects (2) of each batch.

    Attributes:
        inference_s: seconds spent inside ONNX Runtime since the element was made.
        runs: how often it was called.
        tap: is shown the inputs of each run, arrays by input name that the next run overwrites;
            none where nobody records them.
    """

    __gstmetadata__ = (
        "NvInfer CPU twin",
        "Filter/Video",
        "Infers with an ONNX network on batched frames or their objects",
        "edgeact",
    )
    __gsttemplates__ = sink_and_src()
    __gproperties__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "config-file-path": string(),
        "unique-id": uint(15),
        "process-mode": uint(1),
        "batch-size": uint(1),
        "interval": uint(0),
        "infer-on-gie-id": integer(-1),
        "infer-on-class-ids": string(),
        "filter-out-class-ids": string(),
        "model-engine-file": string(),
        "gpu-id": uint(0),
        "output-tensor-meta": boolean(False),
        "crop-objects-to-roi-boundary": boolean(False),
    }

    def __init__(self) -> None:
        super().__init__()
        self.inference_s = 0.0
        self.runs = 0
        self.tap: Callable[[Mapping[str, Tensor]], None] | None = None
        self._batches = 0

    def on_start(self) -> None:
        """Read the configuration and load the model; an error goes to the bus in one line."""
        path = self.setting("config-file-path")
        if not path:
            raise ValueError("no config-file-path; wanted the path of an nvinfer configuration")
        config = self._with_properties(load_config(Path(path).resolve()))
        onnx_file = check_config(config, Path(path))
        for warning in config.warnings:
            self._warn(warning)
        self._parser: Parser | None = None
        if config.network_type == DETECTOR:
            self._parser = parser_named(config.parse_bbox_func_name)
        self._engine = OrtEngine(prepared(onnx_file))
        self._config = config
        self._network, self._fixed_batch = network_input(self._engine, config)
        room = replace(config, batch_size=self._fixed_batch or config.batch_size)
        self._preprocessor = Preprocessor(room, self._network)
        self._batches = 0

    def on_stop(self) -> None:
        """Let go of the model; the counters stay."""
        self.__dict__.pop("_engine", None)

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Infer on the frames or objects of one batch, batch-size pictures at a time."""
        if self._config.process_mode == SECONDARY:
            targets = list(self._objects(batch_meta))
        else:
            # interval counts batches, not frames of a source.
            turn = self._batches % (self._config.interval + 1)
            self._batches += 1
            targets = [] if turn else list(self._frames(batch_meta))
        size = self._config.batch_size
        with ExitStack() as stack:
            mapped: dict[int, Pixels] = {}
            for start in range(0, len(targets), size):
                chunk = targets[start : start + size]
                for index, target in enumerate(chunk):
                    number = target.frame.batch_id
                    if number not in mapped:
                        mapped[number] = stack.enter_context(frame_pixels(buffer, number))
                    self._preprocessor.fill(index, mapped[number], target.placement)
                self._attach(chunk, self._infer(len(chunk)))

    def _infer(self, count: int) -> dict[str, Tensor]:
        """Run the network on the first pictures of the batch; returns its layers, float32."""
        (name,) = self._engine.inputs
        pictures = self._preprocessor.batch(self._fixed_batch or count)
        if self.tap is not None:
            self.tap({name: pictures[:count]})
        before_s = self._engine.inference_s
        layers = self._engine.run({name: pictures})
        self.inference_s += self._engine.inference_s - before_s
        self.runs += 1
        return layers

    def _attach(self, chunk: list[Target], layers: dict[str, Tensor]) -> None:
        config, network = self._config, self._network
        for index, target in enumerate(chunk):
            own = {name: values[index] for name, values in layers.items()}
            if self._parser is not None:
                found = cluster(self._parser(own, told(target, config, network)), config)
                attach_objects(target.frame, found, target.placement, config, target.object)
                target.frame.bInferDone = 1
            if config.output_tensor_meta:
                tensors = NvDsInferTensorMeta(
                    config.gie_unique_id,
                    [NvDsInferLayerInfo(name, own[name], i) for i, name in enumerate(own)],
                    NvDsInferNetworkInfo(network.width, network.height, 3),
                )
                meta = NvDsUserMeta(NvDsMetaType.NVDSINFER_TENSOR_OUTPUT_META, tensors)
                (target.object or target.frame).user_items.append(meta)

    def _frames(self, batch_meta: NvDsBatchMeta) -> Iterator[Target]:
        for frame in batch_meta.frame_items:
            size = (frame.pipeline_width, frame.pipeline_height)
            placement = place((0, 0, *size), size, self._network)
            if placement is not None:
                yield Target(frame, None, placement)

    def _objects(self, batch_meta: NvDsBatchMeta) -> Iterator[Target]:
        """Objects that should_infer_object of gstnvinfer.cpp lets through, without its history."""
        for frame in batch_meta.frame_items:
            size = (frame.pipeline_width, frame.pipeline_height)
            for item in list(frame.object_items):
                if not wanted(item, self._config):
                    continue
                rect = item.rect_params
                box = (rect.left, rect.top, rect.width, rect.height)
                placement = place(box, size, self._network)
                if placement is not None:
                    yield Target(frame, item, placement)

    def _with_properties(self, config: InferConfig) -> InferConfig:
        """Let the properties that were set win over the file."""
        changes: dict[str, Any] = {}
        for name, key in _OVERRIDES.items():
            value = self.__dict__.get("_settings", {}).get(name)
            if value is None:
                continue
            if name.endswith("class-ids"):
                value = frozenset(int(part) for part in re.split("[:;]", value) if part.strip())
            changes[key] = value
        return replace(config, **changes)

    def _warn(self, text: str) -> None:
        domain, code = Gst.LibraryError.quark(), int(Gst.LibraryError.SETTINGS)
        warning = GLib.Error.new_literal(domain, text, code)
        self.post_message(Gst.Message.new_warning(self, warning, ""))


def wanted(item: NvDsObjectMeta, config: InferConfig) -> bool:
    """Tell whether a secondary nvinfer takes an object: its maker, its size in px, its class."""
    rect = item.rect_params
    return (
        config.operate_on_gie_id in (-1, item.unique_component_id)
        and rect.width >= config.input_object_min_width
        and rect.height >= config.input_object_min_height
        and not 0 < config.input_object_max_width < rect.width
        and not 0 < config.input_object_max_height < rect.height
        and (not config.operate_on_class_ids or item.class_id in config.operate_on_class_ids)
    )


def told(target: Target, config: InferConfig, network: NetworkInput) -> ParseInput:
    """What a parser needs to know besides the layers of one picture."""
    p = target.placement
    right, bottom = p.offset_left + p.filled_width, p.offset_top + p.filled_height
    return ParseInput(
        width=network.width,
        height=network.height,
        image=(p.offset_left, p.offset_top, right, bottom),
        lowest=min(attrs.pre_cluster_threshold for attrs in config.class_attrs),
    )


def network_input(engine: OrtEngine, config: InferConfig) -> tuple[NetworkInput, int | None]:
    """Find the size of a model's input, px, and its batch size where the graph fixes it.

    Raises:
        EngineError: not one float NCHW picture, no size, or made for fewer than batch-size.
    """
    got = ", ".join(f"{name} {_text(shape)}" for name, shape in engine.inputs.items())
    shapes = list(engine.inputs.values())
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][1] not in (3, None):
        raise EngineError(f"{engine.path}: wanted one input (batch, 3, height, width); got {got}")
    batch, _, height, width = shapes[0]
    if config.infer_dims:
        _, height, width = config.infer_dims
    if height is None or width is None:
        raise EngineError(
            f"{engine.path}: the input {got} has no size of its own; set infer-dims=3;H;W"
        )
    if batch is not None and batch < config.batch_size:
        raise EngineError(
            f"{engine.path}: takes {batch} picture(s) at a time, batch-size is "
            f"{config.batch_size}; set batch-size={batch} or export the model with a free batch"
        )
    size = NetworkInput(
        width=width,
        height=height,
        keep_aspect=config.maintain_aspect_ratio,
        symmetric=config.symmetric_padding,
    )
    return size, batch


def _text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("?" if size is None else str(size) for size in shape) + ")"
