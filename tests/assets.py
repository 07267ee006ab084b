"""Where the recorded clips and public models lie, and the mark for tests that need them."""

from pathlib import Path

import pytest

ASSETS = Path(__file__).resolve().parents[2] / "shared" / "assets"

needs_assets = pytest.mark.skipif(
    not ASSETS.is_dir(), reason=f"needs the recorded clips and public models in {ASSETS}"
)
