"""``python -m training.detector.train CONFIG``: fits the detector; goes on where it stopped."""

from __future__ import annotations

import argparse
import copy
import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from settings.errors import ConfigError
from training.detector.config import DetectorConfig, load_config
from training.detector.evaluate import detector, measure
from training.detector.loss import detection_loss
from training.detector.network import YoloxNano, published
from training.detector.picture_set import MEASURING, PictureSet
from training.detector.samples import Batch, Batches

ROOT = Path(__file__).resolve().parents[2]

_WARM_STEPS = 150
_REPORT_EVERY = 50
_CLIP = 10.0


class Trainer:
    """The network, its moving average and its optimiser, which are kept and resumed together."""

    def __init__(self, config: DetectorConfig, device: str) -> None:
        torch.manual_seed(config.seed)
        self.config = config
        self.device = device
        self.step = 0
        self.network = YoloxNano().to(device)
        self.network = self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval()
        decayed = [p for p in self.network.parameters() if p.ndim > 1]
        free = [p for p in self.network.parameters() if p.ndim <= 1]
        self._optimiser = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": config.weight_decay},
                {"params": free, "weight_decay": 0.0},
            ],
            lr=config.lr,
        )

    def fit(self, batch: Batch) -> dict[str, float]:
        """One step; returns the parts of the loss."""
        for group in self._optimiser.param_groups:
            group["lr"] = self.config.lr * rate(self.step, self.config.steps)
        self.network.train()
        pictures = as_input(batch.pictures.to(self.device))
        kind = torch.device(self.device).type
        with torch.autocast(kind, dtype=torch.bfloat16, enabled=self.config.bfloat16):
            output = self.network(pictures)
        size = (pictures.shape[3], pictures.shape[2])
        truth, ignored = batch.truth.to(self.device), batch.ignored.to(self.device)
        loss, parts = detection_loss(
            output, truth, batch.classes.to(self.device), ignored, size=size
        )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), _CLIP)
        self._optimiser.step()
        self.step += 1
        self._follow()
        return {"loss": float(loss.detach()), **parts}

    def _follow(self) -> None:
        """Move the average towards the weights; early steps count more."""
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            own = self.average.state_dict()
            for name, value in self.network.state_dict().items():
                if value.dtype.is_floating_point:
                    own[name].lerp_(value, 1 - decay)
                else:
                    own[name].copy_(value)

    def save(self, path: Path) -> None:
        """Write everything that going on needs."""
        stored = {
            "weights": self.average.state_dict(), "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(), "step": self.step,
            "config": self.config.model_dump(mode="json"),
        }  # fmt: skip
        unfinished = path.with_suffix(".part")
        torch.save(stored, unfinished)
        unfinished.replace(path)

    def resume(self, path: Path, *, fresh: bool = False) -> None:
        """Take up a stored run; ``fresh`` takes its averaged weights only and begins at step 0."""
        stored = torch.load(path, map_location=self.device, weights_only=True)
        self.average.load_state_dict(stored["weights"])
        self.network.load_state_dict(stored["weights" if fresh else "network"])
        if not fresh:
            self._optimiser.load_state_dict(stored["optimiser"])
            self.step = int(stored["step"])

    def take(self, network: YoloxNano) -> None:
        """Begin with the weights of another network."""
        for own in (self.network, self.average):
            own.load_state_dict(network.state_dict())


def rate(step: int, steps: int) -> float:
    """Factor on the learning rate: a short warm-up, then a cosine to one hundredth."""
    warm = min(1.0, (step + 1) / min(_WARM_STEPS, max(1, steps // 10)))
    return warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / max(1, steps))))


def as_input(pictures: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 as (B, 3, H, W) float32 0..1, channels last in memory."""
    return pictures.permute(0, 3, 1, 2).float() / 255


def load_detector(path: Path) -> tuple[YoloxNano, dict[str, Any]]:
    """The averaged network of a checkpoint and the settings of its run.

    Raises:
        ValueError: the file is no checkpoint of this command.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        DetectorConfig.model_validate(stored["config"])
        network = YoloxNano()
        network.load_state_dict(stored["weights"])
    except (OSError, KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"{path}: not a checkpoint of training.detector.train: {error}") from None
    return network.eval(), {**stored["config"], "step": stored["step"]}


def run(config: DetectorConfig, folder: Path, *, start: Path | None = None) -> dict[str, float]:
    """Train, keep checkpoints in ``folder`` and measure at the end.

    start: a checkpoint whose weights the run begins with.

    Raises:
        FileNotFoundError: a picture set or the weights to begin with are not there.
        ValueError: a picture or a checkpoint is unusable.
    """
    device = "cuda" if torch.cuda.is_available() else "cpu"
    sets = [PictureSet(ROOT / source.folder) for source in config.train]
    held_back = PictureSet(ROOT / config.validation.folder, MEASURING)
    trainer = Trainer(config, device)
    checkpoint = folder / "checkpoint.pt"
    folder.mkdir(parents=True, exist_ok=True)
    if checkpoint.is_file():
        trainer.resume(checkpoint)
    elif start:
        trainer.resume(start, fresh=True)
    elif config.published:
        trainer.take(published(ROOT / config.published))
    workers = 8 if device == "cuda" else 0
    loader = DataLoader(Batches(config, sets, trainer.step), batch_size=None, num_workers=workers)
    began = time.monotonic()
    first = trainer.step
    for batch in loader:
        parts = trainer.fit(batch)
        if trainer.step % _REPORT_EVERY == 0:
            spent = time.monotonic() - began
            left = spent / (trainer.step - first) * (config.steps - trainer.step)
            words = " ".join(f"{name}={value:.3f}" for name, value in parts.items())
            _say(f"step {trainer.step}/{config.steps} {words} left={left / 60:.1f} min")
        if trainer.step % config.keep_every == 0 or trainer.step == config.steps:
            trainer.save(checkpoint)
        if trainer.step % (10 * config.keep_every) == 0:
            _say(_figures(trainer, held_back, config))
    measures = measure(detector(trainer.average.cpu()), held_back, config.validation_pictures)
    (folder / "run.json").write_text(json.dumps(measures, indent=2) + "\n", encoding="utf-8")
    return measures


def _figures(trainer: Trainer, held_back: PictureSet, config: DetectorConfig) -> str:
    network = copy.deepcopy(trainer.average).cpu()
    measures = measure(detector(network), held_back, config.validation_pictures)
    return " ".join(f"{name}={value:.3f}" for name, value in measures.items())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.detector.train", description=__doc__)
    parser.add_argument("config", type=Path, help="such as configs/training/nano_detector.yaml")
    parser.add_argument("--threads", type=int, default=2, help="fewer where others compute, too")
    parser.add_argument("--out", type=Path, help="folder for the checkpoint (default runs/NAME)")
    parser.add_argument("--start", type=Path, help="checkpoint whose weights to begin with")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        config = load_config(options.config)
        folder = options.out or ROOT / "runs" / config.name
        measures = run(config, folder, start=options.start)
    except (ConfigError, ValueError, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"checkpoint": str(folder / "checkpoint.pt"), **measures}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
