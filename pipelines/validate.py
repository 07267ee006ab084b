"""``edgeact events --validate``: does what a broker carries keep the contract?"""

from __future__ import annotations

import sys
from typing import Any

from pipelines.publish.traffic import Traffic
from pipelines.subscribe import Listener, printable


class Validation(Listener):
    """Makes a line of each message that breaks the contract, and a summary at the end."""

    def __init__(self) -> None:
        super().__init__()
        self._traffic = Traffic()

    def line(self, message: Any) -> bytes | None:
        """Topic and problems; None for a message that is as it should be."""
        problems = self._traffic.check(
            message.topic,
            bytes(message.payload),
            qos=message.qos,
            retain=None if message.properties is None else message.retain,  # MQTT 5 has them
        )
        if not problems:
            return None
        return printable(f"{message.topic}: {'; '.join(problems)}").encode()

    def close(self) -> int:
        """Say on standard error what was heard; 1 where anything was wrong."""
        traffic = self._traffic
        kinds = ", ".join(f"{count} {name}" for name, count in sorted(traffic.heard.items()))
        sys.stderr.write(
            f"{traffic.heard.total()} messages ({kinds or 'none'}), "
            f"{traffic.problems} wrong, {traffic.repeated} repeated, "
            f"{traffic.open} events still open\n"
        )
        return 1 if traffic.problems else 0
