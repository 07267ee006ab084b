"""ONNX Runtime answers the same however many threads share a batch."""

from __future__ import annotations

import os

import numpy as np
import pytest

from engines.ort import LEAST_ROWS, OrtEngine
from engines.registry import BUNDLED
from export.to_onnx import sample_inputs
from recognition.layouts import SOCIAL

FUSION = BUNDLED / "fusion.onnx"


@pytest.mark.parametrize("rows", [1, 2 * LEAST_ROWS - 1, 2 * LEAST_ROWS + 1, 100])
def test_a_batch_that_is_shared_out_comes_back_whole_and_in_its_order(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    inputs = sample_inputs(rows, 48, rows, SOCIAL)
    alone, shared = OrtEngine(FUSION, threads=1), OrtEngine(FUSION, threads=3)
    wanted, got = alone.run(inputs), shared.run(inputs)
    assert list(got) == list(wanted)
    for name, values in wanted.items():
        assert got[name].shape == values.shape
        np.testing.assert_allclose(got[name], values, atol=1e-5)
    assert shared.runs == 1
