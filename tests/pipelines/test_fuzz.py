"""A small slice of what ``python -m tests.acceptance.fuzz`` does."""

from __future__ import annotations

import pytest

import tests.plugins.conftest  # noqa: F401  # loads GStreamer before warnings become errors
from tests.acceptance.fuzz import fuzz_commands, fuzz_configs

pytestmark = pytest.mark.gst


def test_damaged_configurations_are_taken_or_refused_in_words() -> None:
    outcomes = fuzz_configs(60, seed=3)
    assert outcomes["taken"] + outcomes["refused"] == 60
    assert outcomes["taken"]


def test_damaged_commands_are_done_or_rejected_each_with_one_answer() -> None:
    outcomes = fuzz_commands(500, seed=3)
    assert outcomes["answered"] == outcomes["done"] + outcomes["rejected"] == 500
    assert outcomes["done"]
