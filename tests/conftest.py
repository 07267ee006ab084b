"""For all tests: nothing of theirs stays on this machine, and none of them is timed."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

import plugins.unwinder  # noqa: F401  # some tests load GStreamer themselves

# How long an example takes says more of the machine than of the program.
hypothesis.settings.register_profile("edgeact", deadline=None)
hypothesis.settings.load_profile("edgeact")


@pytest.fixture(autouse=True)
def _state_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outboxes of a test lie in its own folder; programs that it starts inherit that."""
    monkeypatch.setenv("EDGEACT_STATE_DIR", str(tmp_path / "state"))
