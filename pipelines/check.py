"""``edgeact check``: says of every part of a site whether it is there and fits."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Callable, Iterator

import yaml

from engines.errors import EngineError
from engines.load import load_engine
from pipelines.clips import missing_file, truncated_file
from pipelines.config import Config
from pipelines.publish.couriers.config import SinksConfig
from pipelines.run import add_site_arguments, load_site
from plugins.errors import GraphError
from plugins.redact import redact
from settings.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact check``."""
    add_site_arguments(parser)
    parser.add_argument(
        "--show", action="store_true", help="print the configuration with every default, as YAML"
    )


def run(args: argparse.Namespace) -> int:
    """Check a site; 2 when anything has to be mended."""
    config = load_site(args)
    if args.show:
        shown = config.model_dump(mode="json")
        sys.stdout.write(redact(yaml.safe_dump(shown, sort_keys=False, allow_unicode=True)))
        return 0
    bad = 0
    for name, problem in check(config):
        bad += bool(problem)
        state = f"PROBLEM {problem}" if problem else "ok"
        print(f"{name:<12} {state}")  # noqa: T201
    return 2 if bad else 0


def check(config: Config) -> Iterator[tuple[str, str]]:
    """Each part's name and what is wrong with it; empty when nothing is."""
    for source in config.sources:
        yield f"source {source.name}", missing_file(source) or truncated_file(source)
    yield "stages", _problem(lambda: _stages(config))
    yield "fusion", _problem(lambda: _fusion(config))
    if _takes_appearance(config):
        yield "appearance", _problem(lambda: _appearance(config))
    if config.sound.tokens != "bands":
        yield "sound", _problem(lambda: _sound(config))
    yield "elements", _problem(lambda: _elements(config))
    if config.mqtt is not None:
        for broker in config.mqtt.brokers:
            yield "mqtt", _reach(broker.host, broker.port_number)
    if config.sinks is not None:
        yield from _sinks(config.sinks)


def _problem(attempt: Callable[[], None]) -> str:
    try:
        attempt()
    except (ConfigError, EngineError, GraphError, ValueError) as error:
        return redact(str(error))
    return ""


def _stages(config: Config) -> None:
    from pipelines.stages import read_stages

    warnings = [line for stage in read_stages(config) for line in stage.warnings]
    if warnings:
        raise ConfigError(warnings)


def _fusion(config: Config) -> None:
    from pipelines.groups import known_labels
    from recognition.events import EventLogic

    EventLogic(config.events, known_labels(config, load_engine(config.fusion.model)))


def _takes_appearance(config: Config) -> bool:
    """Whether the fusion model, if it can be loaded, is told what people look like."""
    from recognition.layouts import LAYOUTS

    try:
        version = load_engine(config.fusion.model).metadata.get("layout_version")
    except EngineError:
        return False
    return version in LAYOUTS and LAYOUTS[version].visual


def _appearance(config: Config) -> None:
    """A site without it runs: the model does without what it is not told."""
    from pipelines.stages import read_stages
    from recognition.appearance import APPEARANCE_LAYER
    from recognition.frames import APPEARANCE_SIZE

    model = read_stages(config)[1].onnx_file
    assert model is not None  # read_stages saw to it
    if load_engine(model).outputs.get(APPEARANCE_LAYER, ())[1:] != (APPEARANCE_SIZE,):
        raise ConfigError(
            [
                f"{config.pose.config}: its network has no output {APPEARANCE_LAYER} of "
                f"{APPEARANCE_SIZE} numbers, so {config.fusion.model} is not told what people look "
                "like. Use the pose network that it was trained with, or a model of layout 3"
            ]
        )


def _sound(config: Config) -> None:
    from pipelines.sound import sound_encoder

    sound_encoder(config.sound, load_engine(config.fusion.model))


def _elements(config: Config) -> None:
    from pipelines.graph import action_graph
    from pipelines.realise import Realised, element_maker, load_pyds

    load_pyds(config.platform)
    make = element_maker(config.platform)
    Realised(action_graph(config), make, on_sound=lambda _index, _sink: None)


def _sinks(config: SinksConfig) -> Iterator[tuple[str, str]]:
    from pipelines.publish.couriers.courier import UnreachableError
    from pipelines.publish.couriers.sinks import couriers

    try:
        for key, courier, _ in couriers(config):
            try:
                courier.check()
            except UnreachableError as error:
                yield key, f"{courier.name}: {error}"
            else:
                yield key, ""
    except ValueError as error:
        yield "sinks", str(error)


def _reach(host: str, port: int) -> str:
    """Whether somebody listens there; nothing is sent."""
    try:
        socket.create_connection((host, port), timeout=3).close()
    except OSError as error:
        return f"{host}:{port} cannot be reached: {error}; is the broker running?"
    return ""
