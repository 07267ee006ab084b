"""Golden files: the expected text lies beside the tests, and its diff is the review."""

from __future__ import annotations

import os
from pathlib import Path


def check_golden(path: Path, text: str) -> None:
    """Compare ``text`` with the file; ``UPDATE_GOLDEN=1`` writes it instead."""
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text(), f"differs from {path}; look, then run with UPDATE_GOLDEN=1"
