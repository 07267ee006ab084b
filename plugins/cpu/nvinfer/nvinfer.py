"""CPU twin of gst-nvinfer: boxes, labels, instance masks and raw tensors by ONNX Runtime."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GObject, Gst  # noqa: E402

from engines.errors import EngineError  # noqa: E402
from engines.protocol import Tensor  # noqa: E402
from plugins.cpu.elements import nv_events  # noqa: E402
from plugins.cpu.elements.element import (  # noqa: E402
    BatchTwin,
    boolean,
    integer,
    post_warning,
    sink_and_src,
    string,
    uint,
)
from plugins.cpu.metadata.carrier import Pixels, frame_pixels  # noqa: E402
from plugins.cpu.metadata.meta import NvDsBatchMeta  # noqa: E402
from plugins.cpu.metadata.tensor_meta import write_layers  # noqa: E402
from plugins.cpu.nvinfer.checks import SECONDARY, engine_warning  # noqa: E402
from plugins.cpu.nvinfer.config import InferConfig, load_config  # noqa: E402
from plugins.cpu.nvinfer.history import Histories  # noqa: E402
from plugins.cpu.nvinfer.model import Model, load_model  # noqa: E402
from plugins.cpu.nvinfer.results import attach_results  # noqa: E402
from plugins.cpu.nvinfer.targets import Target, objects_of, whole_frames  # noqa: E402
from plugins.cpu.nvinfer.tensor_input import prepared_for  # noqa: E402

_OVERRIDES = {
    "unique-id": "gie_unique_id",
    "process-mode": "process_mode",
    "batch-size": "batch_size",
    "interval": "interval",
    "infer-on-gie-id": "operate_on_gie_id",
    "infer-on-class-ids": "operate_on_class_ids",
    "filter-out-class-ids": "filter_out_class_ids",
    "gpu-id": "gpu_id",
    "model-engine-file": "model_engine_file",
    "output-tensor-meta": "output_tensor_meta",
    "output-instance-mask": "output_instance_mask",
    "crop-objects-to-roi-boundary": "crop_objects_to_roi_boundary",
    "input-tensor-meta": "input_tensor_from_meta",
}
"""Element properties that win over the file, and the setting each one is."""

_UPDATED, _UPDATE_FAILED = 0, 1
"""First argument of model-updated: NVDSINFER_SUCCESS, NVDSINFER_CONFIG_FAILED."""


class NvInfer(BatchTwin):
    """Runs one network on frames (process-mode 1) or on objects (2) of each batch.

    ``config-file-path`` set while it runs changes the network with the next batch, and
    ``model-updated`` tells how that went.

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
    __gsignals__: ClassVar[dict[str, tuple[Any, ...]]] = {
        "model-updated": (GObject.SignalFlags.RUN_LAST, None, (int, str)),
    }
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
        "output-instance-mask": boolean(False),
        "input-tensor-meta": boolean(False),
        "crop-objects-to-roi-boundary": boolean(False),
        "clip-object-outside-roi": boolean(False),
        "raw-output-file-write": boolean(False),
        "strongly-typed": boolean(False),
        "dynamic-properties": string(),
    }

    _config: InferConfig
    _model: Model

    def __init__(self) -> None:
        super().__init__()
        self.inference_s = 0.0
        self.runs = 0
        self.tap: Callable[[Mapping[str, Tensor]], None] | None = None
        self._batches = 0
        self._file: InferConfig | None = None
        self._next_file = ""
        self._warned: set[str] = set()

    def changed(self, name: str) -> None:
        """A property was set: read the file at once, or change what runs."""
        if name == "config-file-path" and self._is_running:
            self._next_file = self.setting(name)
        elif name == "config-file-path":
            try:
                self._file = load_config(Path(self.setting(name) or "").resolve())
            except ValueError:
                self._file = None  # the start tells of it
        elif self._is_running and name in _OVERRIDES and name != "batch-size":
            self._config = self._with_properties(self._config)

    def do_get_property(self, pspec: GObject.ParamSpec) -> Any:
        """Answer ``get_property``: with what the file says where the property was not set."""
        key = _OVERRIDES.get(pspec.name)
        if key is None or self._file is None or self.was_set(pspec.name):
            return self.setting(pspec.name)
        value = getattr(self._file, key)
        if isinstance(value, frozenset):
            return (":" if key.startswith("operate") else ";").join(map(str, sorted(value)))
        return str(value) if isinstance(value, Path) else value

    def on_start(self) -> None:
        """Read the configuration and load the model; an error goes to the bus in one line."""
        path = self.setting("config-file-path")
        if not path:
            raise ValueError("no config-file-path; wanted the path of an nvinfer configuration")
        self._load(path)
        self._batches = 0
        self._histories = Histories(
            self._config.network_type, self._config.secondary_reinfer_interval
        )

    def on_stop(self) -> None:
        """Let go of the model; the counters stay."""
        self.__dict__.pop("_model", None)

    @property
    def _is_running(self) -> bool:
        return "_model" in self.__dict__

    def on_event(self, event: Gst.Event) -> None:
        """Learn of sources that come, end and go; take a new interval."""
        interval = nv_events.new_interval(event)
        if interval is not None:
            self.set_property("interval", interval)
            self._batches = 0
        about = nv_events.about_source(event)
        if about is None or not self._is_running:
            return
        name, pad_index = about
        if name == nv_events.PAD_ADDED:
            self._histories.add_source(pad_index)
        elif name == nv_events.PAD_DELETED:
            self._histories.remove_source(pad_index)
        elif name == nv_events.STREAM_EOS:
            self._histories.end_source(pad_index)

    def on_batch(self, buffer: Gst.Buffer, batch_meta: NvDsBatchMeta) -> None:
        """Infer on the frames or objects of one batch, batch-size pictures at a time."""
        if self._next_file:
            self._swap_model()
        if self._config.input_tensor_from_meta:
            self._infer_prepared(batch_meta)
            return
        preprocessor = self._model.preprocessor
        targets = list(self._targets(batch_meta))
        size = self._config.batch_size
        with ExitStack() as stack:
            mapped: dict[int, Pixels] = {}
            for start in range(0, len(targets), size):
                chunk = targets[start : start + size]
                for index, target in enumerate(chunk):
                    number = target.frame.batch_id
                    if number not in mapped:
                        mapped[number] = stack.enter_context(frame_pixels(buffer, number))
                    preprocessor.fill(index, mapped[number], target.placement)
                self._attach(chunk, self._infer(self._model, len(chunk)))

    def _infer_prepared(self, batch_meta: NvDsBatchMeta) -> None:
        """Infer on what nvdspreprocess made of the batch; neither interval nor history count."""
        config, model = self._config, self._model
        try:
            for pictures, chunk in prepared_for(
                batch_meta, config.gie_unique_id, model.input_name, config.batch_size
            ):
                model.take(pictures)
                self._attach(chunk, self._infer(model, len(chunk)))
        except LookupError as error:
            self._warn_once(str(error))

    def _targets(self, batch_meta: NvDsBatchMeta) -> Iterator[Target]:
        network, classifier = self._model.network, self._model.classifier
        if self._config.process_mode != SECONDARY:
            # interval counts batches, not frames of a source.
            turn = self._batches % (self._config.interval + 1)
            self._batches += 1
            if turn == 0:
                yield from whole_frames(batch_meta, network)
            return
        for frame in batch_meta.frame_items:
            if self._histories.knows(frame):
                recall = classifier.recall if classifier is not None else None
                yield from objects_of(frame, self._config, network, self._histories, recall)
            else:
                self._tell_unknown(frame.pad_index)
        self._histories.end_batch()

    def _infer(self, model: Model, count: int) -> dict[str, Tensor]:
        """Run the network on the first pictures of the batch; returns its layers, float32."""
        if self.tap is not None:
            self.tap({model.input_name: model.preprocessor.batch(count)})
        before_s = model.engine.inference_s
        layers = model.run(count)
        self.inference_s += model.engine.inference_s - before_s
        if self.setting("raw-output-file-write"):
            write_layers(layers, self._config.gie_unique_id, self.runs, count)
        self.runs += 1
        return layers

    def _attach(self, chunk: list[Target], layers: dict[str, Tensor]) -> None:
        for index, target in enumerate(chunk):
            own = {name: values[index] for name, values in layers.items()}
            attach_results(target, own, self._config, self._model, self._histories)

    def _load(self, path: str) -> None:
        config = self._with_properties(load_config(Path(path).resolve()))
        model = load_model(config, Path(path))
        for warning in (*config.warnings, engine_warning(config, Path(path))):
            if warning:
                post_warning(self, warning)
        self._config, self._model = config, model

    def _swap_model(self) -> None:
        """Change to the configuration that was set meanwhile; keep the old one if that fails."""
        path, self._next_file = self._next_file, ""
        try:
            self._load(path)
        except (ValueError, EngineError) as error:
            post_warning(self, f"keeps the model it has: {error}")
            self.emit("model-updated", _UPDATE_FAILED, path)
            return
        self._file = self._config
        self.emit("model-updated", _UPDATED, path)

    def _with_properties(self, config: InferConfig) -> InferConfig:
        """Let the properties that were set win over the file."""
        changes: dict[str, Any] = {}
        for name, key in _OVERRIDES.items():
            value = self.setting(name) if self.was_set(name) else None
            if value is None:
                continue
            if name.endswith("class-ids"):
                ids = (int(part) for part in re.split("[:;]", value) if part.strip())
                changes[key] = frozenset(ids)
            else:
                changes[key] = Path(value) if name == "model-engine-file" else value
        return replace(config, **changes)

    def _tell_unknown(self, pad_index: int) -> None:
        self._warn_once(
            f"source {pad_index} was never announced (no {nv_events.PAD_ADDED} event came), "
            "so its objects are skipped; batch with nvstreammux, and let its events through"
        )

    def _warn_once(self, text: str) -> None:
        if text not in self._warned:
            self._warned.add(text)
            post_warning(self, text)
