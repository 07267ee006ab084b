"""``python -m training.pose.train CONFIG``: fits the bundled pose network; can be broken off."""

from __future__ import annotations

import argparse
import copy
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from engines.errors import EngineError
from settings.errors import ConfigError
from training.cache import ROOT
from training.fit import schedule
from training.pose.batches import Batches, measure, to_input
from training.pose.config import PoseConfig, PoseFit, load_config
from training.pose.crops import Crops, load, rendered_people, store
from training.pose.loss import pose_loss
from training.pose.network import PoseNet
from training.pose.start import begin_with
from training.pose.teachers import real_people

Report = Callable[[str], None]

VALIDATION_PEOPLE = 1500


def prepare(config: PoseConfig, folder: Path, report: Report) -> tuple[Crops, Crops, Crops]:
    """Rendered crops to train on, real ones with teachers' labels, rendered ones to validate on.

    They are cut once and kept in ``folder``.

    Raises:
        ValueError: a folder of the configuration has no rendered pictures.
        EngineError: a teacher is not prepared.
    """
    rendered = {"train": config.data.train, "validation": config.data.validation}
    for side, sources in rendered.items():
        if not (folder / side / "people.npz").is_file():
            people = (each for source in sources for each in rendered_people(_path(source)))
            report(f"{side}: {store(people, folder / side)} people cut out")
    if not (folder / "real" / "people.npz").is_file():
        report(f"real: {store(real_people(), folder / 'real')} people labelled by the teachers")
    return load(folder / "train"), load(folder / "real"), load(folder / "validation")


def _path(path: Path) -> Path:
    return path if path.is_absolute() else ROOT / path


class Run:
    """A training run that writes ``last.pt`` as it goes and goes on from there."""

    def __init__(self, config: PoseConfig, folder: Path, device: torch.device) -> None:
        torch.manual_seed(config.seed)
        self.config, self.folder, self.device = config, folder, device
        model = PoseNet(**config.model.model_dump())
        # Half the time of the usual order on processors.
        self.model = model.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.model).eval()
        decayed = [weight for weight in self.model.parameters() if weight.ndim > 1]
        free = [weight for weight in self.model.parameters() if weight.ndim <= 1]
        fit = config.fit
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": fit.weight_decay},
             {"params": free, "weight_decay": 0.0}],
            lr=fit.lr,
        )  # fmt: skip
        self.step = 0

    def resume(self) -> bool:
        """Go on where a run of the same configuration was broken off; False where there is none."""
        path = self.folder / "last.pt"
        if not path.is_file():
            return False
        stored = torch.load(path, map_location=self.device, weights_only=True)
        if stored["config"] != self.config.model_dump(mode="json"):
            return False
        self.model.load_state_dict(stored["weights"])
        self.average.load_state_dict(stored["average"])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.step = stored["step"]
        return True

    def begin_with(self, path: Path, batches: Batches) -> None:
        """Start from the weights of an earlier run or of an exported network.

        Raises:
            ValueError: the file is neither, or of another size.
        """
        pictures = torch.cat([batches[step][0] for step in range(min(4, len(batches)))])
        begin_with(path, self.model, to_input(pictures).to(self.device))
        self.average.load_state_dict(self.model.state_dict())

    def save(self) -> None:
        """Write ``last.pt``."""
        content = {
            "config": self.config.model_dump(mode="json"),
            "weights": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        partial = self.folder / "last.part"
        torch.save(content, partial)
        partial.replace(self.folder / "last.pt")

    def fit(self, batches: Batches, look: Callable[[float], None], *, workers: int) -> None:
        """Take the steps that are left; ``look`` gets the mean loss at every check."""
        fit = self.config.fit
        left = Subset(batches, range(self.step, fit.steps))
        losses: list[float] = []
        for batch in DataLoader(left, batch_size=None, num_workers=workers):
            pixels, joints, size = (part.to(self.device) for part in batch)
            losses.append(self._step(pixels, joints, size))
            if self.step % fit.check_steps == 0 or self.step == fit.steps:
                look(sum(losses) / len(losses))
                losses = []

    def _step(self, pixels: torch.Tensor, joints: torch.Tensor, size: torch.Tensor) -> float:
        fit = self.config.fit
        for group in self.optimizer.param_groups:
            group["lr"] = fit.lr * schedule(self.step, fit.steps)
        self.model.train()
        # Log probabilities want float32.
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=fit.bfloat16):
            at4, at16 = self.model.features(to_input(pixels))
        outputs = self.model.read(at4.float(), at16.float())
        loss = pose_loss(
            outputs, joints, size, spread_px=fit.spread_px,
            hidden_weight=fit.hidden_weight, score_weight=fit.score_weight,
        )  # fmt: skip
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        self._take_in(fit)
        return float(loss.detach())

    def _take_in(self, fit: PoseFit) -> None:
        """Exponential moving average of weights and statistics; early steps count more."""
        decay = min(fit.ema, (1 + self.step) / (10 + self.step))
        own = self.average.state_dict()
        for name, value in self.model.state_dict().items():
            if value.dtype.is_floating_point:
                own[name].lerp_(value, 1 - decay)
            else:
                own[name].copy_(value)


def train(
    config: PoseConfig, folder: Path, *, fresh: bool, workers: int, start: Path | None = None
) -> dict[str, float]:
    """Train; writes ``checkpoint.pt`` into ``folder`` and returns the measures on validation.

    start: an exported network or a checkpoint whose weights a new run begins with.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {line}\n")
        sys.stderr.flush()

    folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        shutil.rmtree(folder / "crops", ignore_errors=True)
    rendered, real, held_back = prepare(config, folder / "crops", report)
    fit = config.fit
    batches = Batches(
        rendered, real, steps=fit.steps, batch=fit.batch, real_share=config.data.real_share,
        seed=config.seed,
    )  # fmt: skip
    run = Run(config, folder, device)
    if not fresh and run.resume():
        report(f"going on at step {run.step} of {folder / 'last.pt'}")
    elif start is not None:
        run.begin_with(start, batches)
    people = range(min(VALIDATION_PEOPLE, len(held_back)))

    def look(loss: float) -> None:
        measures = measure(run.average, held_back, rows=people)
        run.save()
        told = " ".join(f"{name}={value:.3f}" for name, value in measures.items())
        report(f"step {run.step}/{fit.steps} loss={loss:.3f} {told}")

    run.fit(batches, look, workers=workers)
    measures = measure(run.average, held_back, rows=range(len(held_back)))
    record = {
        "config": config.model_dump(mode="json"), "train_people": len(rendered),
        "real_people": len(real), **measures,
    }  # fmt: skip
    weights = {name: value.cpu() for name, value in run.average.state_dict().items()}
    torch.save({"weights": weights, "record": record}, folder / "checkpoint.pt")
    return measures


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.pose.train", description=__doc__)
    parser.add_argument("config", type=Path, help="such as configs/training/nano_pose.yaml")
    parser.add_argument("--steps", type=int, help="instead of the file's")
    parser.add_argument("--threads", type=int, default=1, help="more where nobody else computes")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw batches")
    parser.add_argument("--start", type=Path, help="weights to begin with: .onnx or checkpoint")
    parser.add_argument("--fresh", action="store_true", help="cut the crops and begin anew")
    parser.add_argument("--out", type=Path, help="folder of the run (default runs/NAME)")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    try:
        config = load_config(options.config)
        if options.steps:
            fit = config.fit.model_copy(update={"steps": options.steps})
            config = config.model_copy(update={"fit": fit})
        folder = options.out or ROOT / "runs" / config.name
        measures = train(
            config, folder, fresh=options.fresh, workers=options.workers, start=options.start
        )
    except (ConfigError, EngineError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"checkpoint": str(folder / "checkpoint.pt"), **measures}) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
