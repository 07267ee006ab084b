"""People are painted so that a detector that learnt from photographs takes them for people."""

from __future__ import annotations

import numpy as np
import pytest

from engines.ort import OrtEngine
from tests.acceptance.rendered_people import MODEL, detect, found_of, pictures
from tests.assets import needs_assets


@pytest.mark.assets
@needs_assets
@pytest.mark.skipif(not MODEL.is_file(), reason="run python -m export.fetch yolox_nano")
def test_yolox_nano_finds_people_that_it_can_see() -> None:
    engine = OrtEngine(MODEL)
    rows = [
        row for picture in pictures(8) for row in found_of(picture, detect(engine, picture.image))
    ]
    assert len(rows) >= 8
    assert np.mean([found for _, found in rows]) >= 0.8
