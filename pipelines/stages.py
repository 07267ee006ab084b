"""What the nvinfer files of the two stages say, and whether their models can be used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engines.registry import prepared
from pipelines.config import Config
from plugins.cpu.nvinfer.checks import built_engine
from plugins.cpu.nvinfer.config import InferConfig, load_config
from plugins.pose_decoding import PoseSettings
from settings.errors import ConfigError


def read_stage(path: Path) -> InferConfig:
    """Read one nvinfer file.

    Raises:
        ConfigError: it is not there or says something that nvinfer cannot do.
    """
    try:
        return load_config(path)
    except (OSError, ValueError) as error:
        raise ConfigError([str(error)]) from None


def engine_for(stage: InferConfig, batch: int) -> Path | None:
    """The engine file of a stage that runs with batches of another size than its file says.

    An engine under nvinfer's own name is that of one size; with any other, nvinfer would build one
    at every start and never find it. None where the file names no engine.
    """
    if stage.model_engine_file is None or stage.model_engine_file != built_engine(stage):
        return stage.model_engine_file
    return built_engine(replace(stage, batch_size=batch))


def read_stages(config: Config) -> tuple[InferConfig, InferConfig]:
    """The detector's and the pose stage's settings, after checking that both models are there.

    Raises:
        ConfigError: a file cannot be used, or the two do not fit each other.
        EngineError: a model is missing or changed.
    """
    detect, pose = read_stage(config.detect.config), read_stage(config.pose.config)
    for path, stage in ((config.detect.config, detect), (config.pose.config, pose)):
        if stage.onnx_file is None:
            raise ConfigError([f"{path}: [property] onnx-file: missing; the stage has no model"])
        prepared(stage.onnx_file)
    if config.detect.person_label not in detect.labels:
        raise ConfigError(
            [
                f"{config.detect.config}: its labels have no '{config.detect.person_label}'; "
                f"set detect.person_label to one of: {', '.join(detect.labels[:10]) or 'none'}"
            ]
        )
    if pose.network_type != 100 or not pose.output_tensor_meta:
        raise ConfigError(
            [
                f"{config.pose.config}: the pose stage hands over raw tensors; "
                "set network-type=100 and output-tensor-meta=1"
            ]
        )
    return detect, pose


def pose_settings(config: Config, stage: InferConfig) -> PoseSettings:
    """How the pose stage's tensors are to be read."""
    return PoseSettings(
        decoder=config.pose.decoder,
        keep_aspect=stage.maintain_aspect_ratio,
        symmetric=stage.symmetric_padding,
    )
