"""For all tests: nothing of theirs stays on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outboxes of a test lie in its own folder; programs that it starts inherit that."""
    monkeypatch.setenv("EDGEACT_STATE_DIR", str(tmp_path / "state"))
