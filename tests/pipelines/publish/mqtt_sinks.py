"""MQTT sinks for tests that are to be short, and what they say."""

from __future__ import annotations

import json
import logging

import pytest

from pipelines.publish.mqtt import MqttConfig, mqtt_from_url
from pipelines.publish.outbox_config import OutboxConfig
from tests.broker import Heard, wait_until

MEMORY = OutboxConfig(durable=False)


def fast(url: str, **settings: object) -> MqttConfig:
    """A broker that is tried again often, so that tests are short; messages wait in memory."""
    config = mqtt_from_url(url)
    changes = {"retry_min_s": 0.05, "retry_max_s": 0.1, "outbox": MEMORY, **settings}
    return config.model_copy(update=changes)


def plain(heard: list[Heard]) -> list[bytes]:
    """Payloads without what delivery said of them."""
    payloads = [json.loads(one.payload) for one in heard]
    for payload in payloads:
        payload["data"].pop("delivery", None)
    return [json.dumps(one, separators=(",", ":")).encode() for one in payloads]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def wait_for_warning(caplog: pytest.LogCaptureFixture, words: str) -> str:
    wait_until(lambda: any(words in line for line in warnings(caplog)), f"a warning of {words}")
    return next(line for line in warnings(caplog) if words in line)
