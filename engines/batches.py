"""Fits a batch of any size into the few sizes that an engine was built for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def pieces(count: int, sizes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Cut ``count`` rows into runs: (start, rows, size), ``rows`` of the ``size`` places filled.

    sizes: rising, what the engine can run. Each run takes the smallest size that holds what is
    left, or the largest there is.
    """
    start = 0
    while start < count:
        left = count - start
        size = next((size for size in sizes if size >= left), sizes[-1])
        rows = min(left, size)
        yield start, rows, size
        start += rows
