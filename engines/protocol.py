"""What the program asks of anything that runs a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Tensor = npt.NDArray[Any]
Float = npt.NDArray[np.float32]


class Engine(Protocol):
    """A loaded model. Only the first axis of its tensors, the batch, may vary."""

    @property
    def inputs(self) -> Mapping[str, tuple[int | None, ...]]:
        """Shape of each input by name; None where the size is free."""
        ...

    @property
    def outputs(self) -> Mapping[str, tuple[int | None, ...]]:
        """Shape of each output by name; None where the size is free."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """Text that the exporter wrote into the file (labels, feature layout, version)."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of the model file, in hexadecimal."""
        ...

    @property
    def runtime(self) -> str:
        """What runs it, for the events that it causes: library and, on a GPU, version."""
        ...

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Run one batch. inputs: arrays by input name. Returns arrays by output name."""
        ...
