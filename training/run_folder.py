"""What a training run leaves in its folder, while it runs and when it is done."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
import yaml
from pydantic import ValidationError
from torch.utils.tensorboard import SummaryWriter

from settings.errors import ConfigError
from training.checkpoint import save
from training.config import TrainConfig
from training.fit import State
from training.model import FusionModel

Record = dict[str, Any]


def made_by(config: TrainConfig, record: Record) -> bool:
    """Whether a run of this configuration left the record; keys that are new since are defaults."""
    try:
        return TrainConfig.model_validate(record["config"]) == config
    except ValidationError:
        return False


class RunFolder:
    """``config.yaml`` and ``tensorboard/`` from the start, ``last.pt`` until the end of the run.

    ``checkpoint.pt`` holds the best network so far; ``run.json`` is the record of a finished run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint.pt"
        self._last = path / "last.pt"
        self._record = path / "run.json"
        self._writer: SummaryWriter | None = None

    def check_free(self) -> None:
        """See that no finished run would be overwritten.

        Raises:
            ConfigError: one would.
        """
        if self.checkpoint.is_file() and not self._last.is_file():
            raise ConfigError(
                [
                    f"{self.path}: holds the checkpoint of a finished run; name another folder "
                    "with --out, or train in its place with --fresh"
                ]
            )

    def record(self) -> Record | None:
        """That of the finished run here; None where there is none."""
        if not self._record.is_file() or self._last.is_file():
            return None
        record: Record = json.loads(self._record.read_text(encoding="utf-8"))
        return record

    def finished(self, config: TrainConfig, data_hash: str) -> bool:
        """Whether a run of this configuration on these windows is here, done.

        Raises:
            ConfigError: one of another configuration, or on other windows, is.
        """
        record = self.record()
        if record is None:
            return False
        if not made_by(config, record) or record["data_hash"] != data_hash:
            raise ConfigError(
                [
                    f"{self.path}: holds a run of another configuration or on other windows; name "
                    "another folder with --out, or remove this one"
                ]
            )
        return True

    def forget(self) -> None:
        """Remove what an earlier run left, so that nothing of it is taken for this one's."""
        for path in (self._last, self.checkpoint, self._record):
            path.unlink(missing_ok=True)
        for path in (self.path / "tensorboard").glob("events.*"):
            path.unlink()

    def state(self, record: Record) -> State | None:
        """Where a run of the same configuration on the same data was broken off.

        Raises:
            ConfigError: another run was broken off here.
        """
        if not self._last.is_file():
            return None
        try:
            stored = torch.load(self._last, map_location="cpu", weights_only=True)
            theirs, state = stored["record"], stored["state"]
        except (EOFError, KeyError, TypeError, RuntimeError, UnpicklingError):
            raise ConfigError([f"{self._last}: cannot be read; begin anew with --fresh"]) from None
        others = [
            key for key in ("config", "started_from", "data_hash") if theirs[key] != record[key]
        ]
        if others:
            what = " and ".join(key.replace("_", " ") for key in others)
            raise ConfigError(
                [
                    f"{self._last}: a run with another {what} was broken off here; name another "
                    "folder with --out, or begin anew with --fresh"
                ]
            )
        found: State = state
        return found

    def begin(self, config: TrainConfig, record: Record, *, epoch: int) -> None:
        """Freeze the configuration; open the figures for TensorBoard after ``epoch`` epochs."""
        self.path.mkdir(parents=True, exist_ok=True)
        said = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, width=100)
        origin = f"# As trained by edgeact {record['git_sha']} on data {record['data_hash']}.\n"
        (self.path / "config.yaml").write_text(origin + said, encoding="utf-8")
        self._writer = SummaryWriter(str(self.path / "tensorboard"), purge_step=epoch + 1)

    def scalars(self, figures: Mapping[str, float], epoch: int) -> None:
        """Add an epoch's figures."""
        assert self._writer is not None
        for name, value in figures.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def keep(self, network: FusionModel, record: Record) -> None:
        """Write the best network so far."""
        save({"weights": network.state_dict(), "record": record}, self.checkpoint)

    def save(self, state: State, record: Record) -> None:
        """Write what going on needs."""
        save({"state": dict(state), "record": record}, self._last)

    def finish(self, network: FusionModel, record: Record) -> None:
        """Write the calibrated network and the whole record; the run cannot be gone on with."""
        self.keep(network, record)
        self._record.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        self._last.unlink(missing_ok=True)
        if self._writer is not None:
            self._writer.close()
