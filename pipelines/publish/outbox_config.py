"""The ``outbox:`` part of the ``mqtt:`` section, and where the file lies."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, Field

STATE_ENV = "EDGEACT_STATE_DIR"


class OutboxConfig(BaseModel, extra="forbid", frozen=True):
    """What waits for the broker, and how much of it at most."""

    durable: bool = Field(
        default=True, description="on disk, over restarts of the program; false: in memory only"
    )
    folder: Path | None = Field(
        default=None,
        description=f"default: ${STATE_ENV}, $XDG_STATE_HOME/edgeact or ~/.local/state/edgeact",
    )
    max_mb: float = Field(default=64.0, gt=0, le=16_384, description="of payloads, MiB")
    max_messages: int = Field(default=100_000, ge=1, le=10_000_000)
    max_age_h: float = Field(default=72.0, gt=0, le=8760)
    replay_per_s: float = Field(
        default=200.0, gt=0, le=100_000, description="old messages per second, beside the new ones"
    )

    @property
    def max_bytes(self) -> int:
        """``max_mb`` in bytes."""
        return round(self.max_mb * 1024 * 1024)

    @property
    def max_age_ms(self) -> int:
        """``max_age_h`` in milliseconds."""
        return round(self.max_age_h * 3_600_000)

    def path(self, node: str, base: str) -> Path | None:
        """The file of a node's messages under a base topic; None where nothing is kept on disk."""
        if not self.durable:
            return None
        folder = self.folder or state_folder(os.environ)
        return folder / f"outbox-{node}-{base.replace('/', '+')}.sqlite"


def state_folder(environment: Mapping[str, str]) -> Path:
    """Where programs keep what must outlive them, by the XDG Base Directory Specification."""
    if named := environment.get(STATE_ENV):
        return Path(named)
    if home := environment.get("XDG_STATE_HOME"):
        return Path(home) / "edgeact"
    return Path.home() / ".local" / "state" / "edgeact"
