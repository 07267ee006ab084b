"""What models are measured on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.layouts import SINGLE, SOCIAL, Layout
from training import cache
from training.evaluation.acted_people import acted_windows


@pytest.mark.parametrize("layout", [SINGLE, SOCIAL])
def test_scenes_are_acted_once_and_kept_in_the_form_that_a_model_takes(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "CACHE", tmp_path)
    told: list[str] = []
    data = acted_windows(layout, told.append, scenes=1, meetings=1)
    assert set(data.inputs) == set(layout.input_shapes(48))
    assert {name.split("_")[0] for name in data.subjects.tolist()} <= {"acted", "meeting"}
    assert told
    again = acted_windows(layout, lambda _: pytest.fail("acted again"), scenes=1, meetings=1)
    assert np.array_equal(again.labels, data.labels)
