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
    GREY,
    INSTANCES,
    SEGMENTATION,
    check_config,
)
from plugins.cpu.nvinfer.classifier import Classifier
from plugins.cpu.nvinfer.config import InferConfig
from plugins.cpu.nvinfer.parser_names import instance_parser_named, parser_named
from plugins.cpu.nvinfer.parsers import Parser
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
        EngineError: not one picture of the format that the configuration says, no size, or made
            for fewer than batch-size.
    """
    channels = 1 if config.model_color_format == GREY else 3
    last = config.network_input_order == 1
    batch, *sizes = _picture_shape(engine, channels, channels_last=last)
    height, width = (config.infer_dims or sizes)[slice(0, 2) if last else slice(1, 3)]
    if height is None or width is None:
        dims = f"H;W;{channels}" if last else f"{channels};H;W"
        raise EngineError(
            f"{engine.path}: the input {_inputs(engine)} has no size of its own; "
            f"set infer-dims={dims}"
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
        channels=channels,
        channels_last=last,
    )
    return size, batch


def _picture_shape(
    engine: OrtEngine, channels: int, *, channels_last: bool
) -> tuple[int | None, ...]:
    """The shape of the one input, which has to be a batch of pictures."""
    shapes = list(engine.inputs.values())
    place = -1 if channels_last else 1
    if len(shapes) == 1 and len(shapes[0]) == 4 and shapes[0][place] in (channels, None):
        return shapes[0]
    wanted = f"height, width, {channels}" if channels_last else f"{channels}, height, width"
    raise EngineError(
        f"{engine.path}: wanted one input (batch, {wanted}); got {_inputs(engine)}; see "
        "model-color-format and network-input-order"
    )


def _inputs(engine: OrtEngine) -> str:
    return ", ".join(f"{name} {_text(shape)}" for name, shape in engine.inputs.items())


def _text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("?" if size is None else str(size) for size in shape) + ")"
