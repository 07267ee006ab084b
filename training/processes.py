"""The processes of one training run: a single one, or those that torchrun started."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

Made = TypeVar("Made")

_PATIENCE = timedelta(hours=12)
"""How long the others wait for the first, which may film all the data meanwhile."""


@dataclass(frozen=True)
class Processes:
    """This process among all of its run.

    rank: its number from 0. count: of all. device: what it computes on.
    """

    rank: int = 0
    count: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def first(self) -> bool:
        """Whether this is the one that measures, keeps and tells."""
        return self.rank == 0

    def spread(self, model: nn.Module) -> nn.Module:
        """The network as it is trained: every process's gradient is the mean of all."""
        if self.count == 1:
            return model
        return DistributedDataParallel(model)

    def in_turn(self, make: Callable[[], Made]) -> Made:
        """What ``make`` gives: made by the first alone, then by the others, who find it kept."""
        if self.first:
            made = make()
        self._wait()
        if not self.first:
            made = make()
        return made

    def of_first(self, value: float) -> float:
        """The first process's ``value``, in every process."""
        if self.count == 1:
            return value
        shared = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.broadcast(shared, src=0)
        return float(shared)

    def check_equal(self, model: nn.Module) -> list[str]:
        """Digests of the weights in each process, which must be one and the same.

        Raises:
            RuntimeError: they are not; nothing that is trained on so could be trusted.
        """
        digest = hashlib.sha256()
        for parameter in model.parameters():
            digest.update(parameter.detach().cpu().numpy().tobytes())
        digests: list[str | None] = [digest.hexdigest()[:16]] * self.count
        if self.count > 1:
            dist.all_gather_object(digests, digests[self.rank])
        if len(set(digests)) != 1:
            raise RuntimeError(f"weights differ between the processes: {digests}")
        return [str(each) for each in digests]

    def _wait(self) -> None:
        if self.count > 1:
            self.of_first(0)  # as a barrier, which nccl has none of without a warning


ALONE = Processes()


@contextmanager
def joined_processes() -> Iterator[Processes]:
    """This process, in touch with the others where torchrun started several."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    rank, local = (int(os.environ.get(key, "0")) for key in ("RANK", "LOCAL_RANK"))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if count == 1:
        yield Processes(device=device)
        return
    dist.init_process_group("nccl" if cuda else "gloo", timeout=_PATIENCE)
    try:
        yield Processes(rank=rank, count=count, device=device)
    finally:
        dist.destroy_process_group()
