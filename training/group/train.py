"""``python -m training.group.train CONFIG``: films groups, fits the group head to their ``emb``.

At the end it chooses the rules of the groups' events, and prints them for configs/taxonomy.yaml.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from engines.errors import EngineError
from engines.protocol import Engine
from recognition.frames import Float
from recognition.group_events import Judge
from recognition.sound_encoders import SoundConfig
from settings.errors import ConfigError
from training.audio.network import weights_of
from training.cache import ROOT
from training.checkpoint import git_sha
from training.group.config import GroupConfig, GroupData, GroupFit, GroupRules, load_config
from training.group.fit import Clusters, fit_head, measures
from training.group.gather import Report, embedded, fusion_model, kept_looks
from training.group.network import GroupHead
from training.group.replay import Replay, acted_replays, recorded_replays
from training.group.rules import choose_rules, table
from training.group.scenes import CLASSES
from training.hearing import hearing_of


def train(config: GroupConfig, folder: Path, *, report: Report) -> dict[str, Any]:
    """Train; writes ``checkpoint.pt`` and ``run.json`` into ``folder``; returns the measures.

    Raises:
        EngineError: the fusion model cannot be used.
        ConfigError: its sound encoder cannot.
        ValueError: the scenes show nobody together, or a recorded one cannot be read.
    """
    fusion = fusion_model(config.fusion)
    hearing = hearing_of(fusion, config.fusion)
    recorded = list(_recorded(config, fusion, hearing))  # what is missing is told before the work
    sides = {}
    for side in ("train", "validation"):
        looks = kept_looks(side, config.data, hearing, report)
        report(f"{side}: {len(looks)} seconds of people together; {config.fusion.name} looks")
        sides[side] = embedded(looks, fusion)

    def look(network: GroupHead, step: int, loss: float) -> None:
        found = measures(network, sides["validation"])["macro_f1"]
        report(f"step {step}/{config.fit.steps} loss={loss:.3f} macro_f1={found:.3f}")

    best = fit_head(sides["train"], config, look)
    figures = measures(best, sides["validation"])
    report("choosing the rules of events")
    acted = acted_replays(fusion, config.data, hearing)
    replays = [replay.judged(judge_of(best)) for replay in (*acted, *recorded)]
    rules, tallies = choose_rules(replays)
    record = {
        "name": config.name, "config": config.model_dump(mode="json"), "labels": list(CLASSES),
        "fusion_sha256": fusion.sha256, "weights": weights_of(best), "git_sha": git_sha(),
        "data_hash": _data_hash(sides["train"]), "measures": figures,
        "rules": [*table(rules, tallies)],
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    torch.save({"weights": best.state_dict(), "record": record}, folder / "checkpoint.pt")
    (folder / "run.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return {**figures, "rules": record["rules"]}


def _recorded(config: GroupConfig, fusion: Engine, hearing: SoundConfig) -> Iterator[Replay]:
    for folder in config.rules.recorded:
        yield from recorded_replays(fusion, ROOT / folder, hearing)


def _folders(said: list[Path] | None, config: GroupConfig) -> tuple[Path, ...]:
    """Recorded scenes: where the command line says, from here; where the file says, from ROOT."""
    return tuple(path.absolute() for path in said) if said else config.rules.recorded


def judge_of(network: GroupHead) -> Judge:
    """A network as the group logic asks it."""

    def judge(members: Float, mask: Float) -> tuple[Float, Float]:
        with torch.no_grad():
            logits, part = network(torch.from_numpy(members), torch.from_numpy(mask))
        return logits.softmax(dim=1).numpy(), part.sigmoid().numpy()

    return judge


def _data_hash(clusters: Clusters) -> str:
    """Digest of what was trained on."""
    digest = hashlib.sha256()
    for part in clusters:
        digest.update(part.numpy().tobytes())
    return digest.hexdigest()[:16]


def load_head(path: Path) -> tuple[GroupHead, dict[str, Any]]:
    """The network of a checkpoint, ready to predict, and the record of its run.

    Raises:
        ValueError: the file is no checkpoint of this command.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
        record: dict[str, Any] = stored["record"]
        network = GroupHead(len(record["labels"]), **record["config"]["model"])
        network.load_state_dict(stored["weights"])
    except (OSError, EOFError, KeyError, TypeError, RuntimeError, UnpicklingError):
        raise ValueError(f"{path}: not a checkpoint of training.group.train") from None
    return network.eval(), record


def smoke(config: GroupConfig) -> GroupConfig:
    """Under a minute instead of many: it shows that everything runs."""
    data = GroupData(scenes=4, validation_scenes=2, cameras=1, sound=0)
    fit = GroupFit(steps=60, batch=32, check_steps=30, ema=0.9)
    return config.model_copy(update={"data": data, "fit": fit, "rules": GroupRules()})


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.group.train", description=__doc__)
    parser.add_argument("config", type=Path, help="such as configs/training/group_head.yaml")
    parser.add_argument("--smoke", action="store_true", help="few scenes and steps")
    parser.add_argument("--fusion", type=Path, help="fusion model, in place of the one of CONFIG")
    parser.add_argument(
        "--recorded", type=Path, nargs="+", metavar="DIR",
        help="folders of recorded scenes to choose rules by, too; in place of those of CONFIG",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=1, help="more where nobody else computes")
    parser.add_argument("--out", type=Path, help="folder of the run (default runs/NAME)")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    started = time.monotonic()

    def report(line: str) -> None:
        sys.stderr.write(f"{time.monotonic() - started:6.0f} s  {line}\n")
        sys.stderr.flush()

    try:
        config = load_config(options.config)
        config = smoke(config) if options.smoke else config
        fusion = options.fusion or ROOT / config.fusion
        rules = GroupRules(recorded=_folders(options.recorded, config))
        config = config.model_copy(update={"fusion": fusion, "rules": rules})
        folder = options.out or ROOT / "runs" / config.name
        figures = train(config, folder, report=report)
    except (ConfigError, EngineError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    rules = figures.pop("rules")
    sys.stdout.write(json.dumps({"checkpoint": str(folder / "checkpoint.pt"), **figures}) + "\n")
    sys.stdout.write("".join(f"{line}\n" for line in ("# for configs/taxonomy.yaml", *rules)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
