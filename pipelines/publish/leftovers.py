"""What earlier runs left on the broker, and this one says no more: cameras and actions gone."""

from __future__ import annotations

from pipelines.publish.home_assistant import is_ours, without_the_gone
from pipelines.publish.mqtt import MqttConfig
from pipelines.publish.truths import Truths


class Leftovers:
    """Compares states that the broker kept with those of this run; the network thread owns it.

    All states of this run must be in ``truths`` before the first message is taken.
    """

    def __init__(self, config: MqttConfig, node: str, truths: Truths) -> None:
        cameras = f"{config.base}/v1/{node}/cam/"
        devices = f"{config.home_assistant.prefix}/device/{node}/"
        self.filters = (f"{cameras}+/status", f"{cameras}+/active/+", f"{devices}+/config")
        self._devices = devices
        self._truths = truths

    def take(self, topic: str, payload: bytes) -> None:
        """Take a retained message that fits ``filters``, and take it away where it is out of date.

        A device of Home Assistant goes only if it is one of ours.
        """
        now, device = self._truths.get(topic), topic.startswith(self._devices)
        if now is None and (is_ours(payload) or not device):
            self._truths.clear(topic)
        elif now and device:
            self._truths.set(topic, without_the_gone(payload, now))
