"""The configuration of one site: a strict YAML file whose sections follow the graph."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import numpy as np
from pydantic import AfterValidator, BaseModel, Field, field_validator, model_validator

from pipelines.publish.couriers.config import SinksConfig
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.topics import check_apart, check_name, check_node
from recognition.rules import EventConfig
from recognition.sound_encoders import SoundConfig
from recognition.windows import WindowConfig
from recognition.zones import area
from settings.strict_yaml import suggestion

ROOT = Path(__file__).resolve().parents[1]
"""The folder of the program: shipped configurations and models are looked up below it."""

_LIVE_SCHEMES = ("rtsp", "rtsps", "v4l2", "testbin", "http", "https")


_SMALLEST_AREA = 1e-4
"""A ten-thousandth of the picture: nobody's feet are so small."""


def _check_uri(uri: str) -> str:
    try:
        urlsplit(uri)
    except ValueError as error:
        raise ValueError(f"not an address: {error}; wanted a path or an URL") from None
    if "\0" in uri:
        raise ValueError("not an address: it has a zero byte; wanted a path or an URL")
    return uri


def _check_area(corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if area(np.array(corners)) < _SMALLEST_AREA:
        raise ValueError("its corners lie on a line; wanted an area")
    return corners


ZoneName = Annotated[str, Field(min_length=1, max_length=32), AfterValidator(check_name)]
Corner = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]
Corners = Annotated[
    tuple[Corner, ...], Field(min_length=3, max_length=32), AfterValidator(_check_area)
]


class SourceConfig(BaseModel, extra="forbid", frozen=True):
    """One camera or file."""

    name: Annotated[str, AfterValidator(check_name)] = Field(
        description="for people; topics have it in lower case, with _ for spaces and other signs"
    )
    uri: Annotated[str, AfterValidator(_check_uri)] = Field(
        min_length=1, description="a path, file://, rtsp://, v4l2:// or testbin://"
    )
    audio: bool = Field(True, description="listen to its sound where it has any")
    loop: bool = Field(False, description="start a file again at its end; its sound is not used")
    reconnect_s: int = Field(10, ge=1, description="RTSP: seconds without data before a reset")
    latency_ms: int = Field(100, ge=0, description="RTSP: jitter buffer")
    tcp: bool = Field(False, description="RTSP over TCP only, for Wi-Fi and NAT")
    zones: dict[ZoneName, Corners] = Field(
        default_factory=dict,
        max_length=8,
        description="areas by name; corners as shares of the picture, [[0, 0.5], [1, 0.5], [1, 1]]",
    )

    @field_validator("uri")
    @classmethod
    def _scheme_is_known(cls, value: str) -> str:
        scheme, mark, _ = value.partition("://")
        if mark and scheme not in ("file", *_LIVE_SCHEMES):
            raise ValueError(
                f"unknown kind of address '{scheme}://'; wanted a path, file://, "
                f"{', '.join(f'{known}://' for known in _LIVE_SCHEMES)}"
            )
        return value

    @property
    def is_file(self) -> bool:
        """Whether it is a recording: read without loss, as fast as it can be worked on."""
        return urlsplit(self.uri).scheme not in _LIVE_SCHEMES

    @property
    def path(self) -> Path:
        """Where the file lies; only of a source that is a file."""
        return Path(self.uri.removeprefix("file://"))

    @property
    def gst_uri(self) -> str:
        """The address as GStreamer wants it."""
        return self.path.absolute().as_uri() if self.is_file else self.uri


class MuxConfig(BaseModel, extra="forbid", frozen=True):
    """nvstreammux: every frame is scaled to this size; boxes are in its pixels."""

    width_px: int = Field(1280, ge=16, le=7680)
    height_px: int = Field(720, ge=16, le=4320)
    batch_timeout_ms: int = Field(40, ge=1, description="live: about 1000 / frames per second")


class DetectConfig(BaseModel, extra="forbid", frozen=True):
    """The primary nvinfer. Everything about the model is in NVIDIA's own file."""

    config: Path = Path("configs/nvinfer/detect_yolox_nano.txt")
    interval: int = Field(0, ge=0, le=30, description="batches skipped between two detections")
    person_label: str = "person"


class TrackConfig(BaseModel, extra="forbid", frozen=True):
    """nvtracker, with NVIDIA's tracker file."""

    config: Path = Path("configs/tracker/nvtracker_sort.yml")
    library: Path = Path("/opt/nvidia/deepstream/deepstream/lib/libnvds_nvmultiobjecttracker.so")


class PoseConfig(BaseModel, extra="forbid", frozen=True):
    """The secondary nvinfer (network-type 100), run on each tracked person."""

    config: Path = Path("configs/nvinfer/pose_movenet.txt")
    decoder: Literal["movenet", "blazepose", "simcc"] = Field(
        "movenet", description="how its tensors become keypoints"
    )


class FusionConfig(BaseModel, extra="forbid", frozen=True):
    """The classifier of windows."""

    model: Path = Path("engines/models/fusion.onnx")
    threads: int = Field(1, ge=1, le=16)
    group_head: Path | Literal[False] | None = Field(
        None, description="tells what groups do; None: group_head.onnx beside model; false: none"
    )


class Config(BaseModel, extra="forbid", frozen=True):
    """One site. Relative paths mean the configuration's folder, else the program's."""

    platform: Literal["cpu", "deepstream"] = Field(description="never chosen for you")
    node: Annotated[str, AfterValidator(check_node)] = "edgeact"
    sources: tuple[SourceConfig, ...] = Field(min_length=1, max_length=64)
    mux: MuxConfig = MuxConfig()
    detect: DetectConfig = DetectConfig()
    track: TrackConfig = TrackConfig()
    pose: PoseConfig = PoseConfig()
    window: WindowConfig = WindowConfig()
    sound: SoundConfig = SoundConfig()
    fusion: FusionConfig = FusionConfig()
    events: EventConfig = EventConfig()
    mqtt: MqttConfig | None = None
    sinks: SinksConfig | None = None

    @model_validator(mode="after")
    def _names_differ(self) -> Config:
        names = [source.name for source in self.sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two sources are called {', '.join(twice)}; give each its own name")
        check_apart("sources", names)
        for camera in self.events.cameras:
            if camera not in names:
                raise ValueError(
                    f"events.cameras: no source '{camera}'; {suggestion(camera, names)}"
                )
        return self

    @property
    def is_live(self) -> bool:
        """Whether any source is live: then nothing may wait for the slowest part."""
        return any(not source.is_file for source in self.sources)
