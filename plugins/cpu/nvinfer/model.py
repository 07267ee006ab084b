"""The network of one nvinfer: its file opened, its input known, its parser found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from engines.errors import EngineError
from engines.ort import OrtEngine
from engines.protocol import Tensor
from engines.registry import prepared
from plugins.cpu.nvinfer.checks import (
    CLASSIFIER,
    DETECTOR,
    INSTANCES,
    SEGMENTATION,
    check_config,
)
from plugins.cpu.nvinfer.classifier import Classifier
from plugins.cpu.nvinfer.config import InferConfig
from plugins.cpu.nvinfer.instance_parsers import instance_parser_named
from plugins.cpu.nvinfer.parsers import Parser, parser_named
from plugins.cpu.nvinfer.preprocess import Preprocessor
from plugins.cpu.nvinfer.segmentation import Segmentation
from plugins.placement import NetworkInput


@dataclass(frozen=True, slots=True)
class Model:
    """A network ready to run.

    parser: of boxes; classifier: of labels; segmentation: of pixels. Raw tensors (network-type
    100) have none of them.
    fixed_batch: how many pictures the graph takes each time, None for any number.
    """

    engine: OrtEngine
    network: NetworkInput
    fixed_batch: int | None
    preprocessor: Preprocessor
    parser: Parser | None
    classifier: Classifier | None = None
    segmentation: Segmentation | None = None

    @property
    def input_name(self) -> str:
        """Name of the network's one input."""
        name: str
        (name,) = self.engine.inputs
        return name

    def run(self, count: int) -> dict[str, Tensor]:
        """Run on the first ``count`` pictures of the preprocessor; returns layers, float32."""
        return self.engine.run(
            {self.input_name: self.preprocessor.batch(self.fixed_batch or count)}
        )

    def take(self, pictures: Tensor) -> None:
        """Put pictures (N, 3, H, W) that someone else prepared in the preprocessor's place.

        Raises:
            ValueError: not of the size of the network's input.
        """
        own = self.preprocessor.batch(len(pictures))
        if pictures.shape != own.shape:
            raise ValueError(
                f"{self.engine.path}: wanted pictures of {own.shape[1:]} in the input tensor, got "
                f"{pictures.shape[1:]}; see network-input-shape of nvdspreprocess"
            )
        own[:] = pictures


def load_model(config: InferConfig, path: Path) -> Model:
    """Open the model of a configuration.

    Raises:
        ValueError: something the twin cannot do, see ``check_config``; or no such parser.
        EngineError: the model file is missing, no model, or does not fit the configuration.
    """
    onnx_file = check_config(config, path)
    parser: Parser | None = None
    if config.network_type == DETECTOR:
        parser = parser_named(config.parse_bbox_func_name)
    elif config.network_type == INSTANCES:
        parser = instance_parser_named(config.parse_bbox_instance_mask_func_name)
    classifier = Classifier(config) if config.network_type == CLASSIFIER else None
    segmentation = Segmentation(config) if config.network_type == SEGMENTATION else None
    engine = OrtEngine(prepared(onnx_file))
    network, fixed_batch = network_input(engine, config)
    room = replace(config, batch_size=fixed_batch or config.batch_size)
    preprocessor = Preprocessor(room, network)
    return Model(engine, network, fixed_batch, preprocessor, parser, classifier, segmentation)


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
