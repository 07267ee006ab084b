"""Keeps a fair sample of what the networks of a run are given, to take the scales of int8 from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from engines.protocol import Tensor

Row = dict[str, Tensor]

LIMIT = 128


class InputKeeper:
    """Up to ``limit`` inputs of each network, each that came being as likely to be among them.

    Reservoir sampling (Vitter 1985, algorithm R) with a fixed seed: the same run gives the same
    sample.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: dict[str, list[Row]] = {}

    def tap(self, model: Path) -> Callable[[Mapping[str, Tensor]], None]:
        """Give what a network's runs are shown to. Call it for each network before the run."""
        rows = self._kept.setdefault(model.stem, [])
        rng = np.random.default_rng(len(self._kept))
        seen = 0

        def keep(inputs: Mapping[str, Tensor]) -> None:
            nonlocal seen
            for index in range(len(next(iter(inputs.values())))):
                seen += 1
                place = len(rows) if len(rows) < self._limit else int(rng.integers(seen))
                if place >= self._limit:
                    continue
                row = {name: values[index].copy() for name, values in inputs.items()}
                rows[place : place + 1] = [row]

        return keep

    def write(self, folder: Path) -> Iterator[tuple[Path, int]]:
        """Write ``MODEL.npz`` for each network that ran: (N, ...) by input name; yields file, N."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self._kept.items():
            if rows:
                path = folder / f"{name}.npz"
                arrays = {key: np.stack([row[key] for row in rows]) for key in rows[0]}
                np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
                yield path, len(rows)
