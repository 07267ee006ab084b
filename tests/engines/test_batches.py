"""Batches of any size fit into the sizes that an engine has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.batches import pieces

SIZES = (1, 16, 128)


@pytest.mark.parametrize(
    ("count", "runs"),
    [
        (1, [(0, 1, 1)]),
        (2, [(0, 2, 16)]),
        (16, [(0, 16, 16)]),
        (17, [(0, 17, 128)]),
        (129, [(0, 128, 128), (128, 1, 1)]),
        (0, []),
    ],
)
def test_each_run_takes_the_smallest_size_that_holds_what_is_left(
    count: int, runs: list[tuple[int, int, int]]
) -> None:
    assert list(pieces(count, SIZES)) == runs


@given(st.integers(0, 1000))
def test_every_row_is_run_once(count: int) -> None:
    rows = [row for start, rows, _ in pieces(count, SIZES) for row in range(start, start + rows)]
    assert rows == list(range(count))
