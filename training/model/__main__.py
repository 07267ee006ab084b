"""``python -m training.model``: what every form of the network costs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Literal, get_args

import torch
from torch.utils.flop_counter import FlopCounterMode

from training.config import ModelConfig
from training.model import FusionModel, build
from training.model.blocks import STEPS

MOST_PARAMETERS, MOST_MMACS = 1_000_000, 60
"""What a fusion model that ships may cost; a form that is only compared may be dearer."""


def forms(channels: int, layout: Literal[2, 3, 4] = 2) -> Iterator[ModelConfig]:
    """Every form of the network at one size and layout, the default first."""
    fields = ModelConfig.model_fields
    encoders, fusions = (get_args(fields[key].annotation) for key in ("encoder", "fusion"))
    default = ModelConfig(channels=channels, layout=layout)
    if not default.features.visual:
        encoders = tuple(name for name in encoders if name != "lrcn")
    yield default
    for fusion in fusions:
        for encoder in encoders if fusion != "early" else (default.encoder,):
            form = default.model_copy(update={"encoder": encoder, "fusion": fusion})
            if form != default:
                yield form


def parameters(model: FusionModel) -> int:
    """Numbers that were learnt."""
    return sum(parameter.numel() for parameter in model.parameters())


def macs(model: FusionModel) -> int:
    """Multiplications of one window, each with its addition; convolutions and products only."""
    arrays = {
        name: torch.ones(1, *(size or 0 for size in shape[1:]))
        for name, shape in model.layout.input_shapes(STEPS).items()
    }
    with FlopCounterMode(display=False) as counter:
        model.eval()(**arrays)
    return int(counter.get_total_flops()) // 2


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.model", description=__doc__)
    parser.add_argument(
        "--channels", type=int, default=ModelConfig().channels, help="as in the run file's model"
    )
    parser.add_argument(
        "--layout",
        type=int,
        choices=(2, 3, 4),
        default=2,
        help="of the features: 3 has neighbours, 4 also what people look like",
    )
    options = parser.parse_args(argv)
    try:
        chosen = list(forms(options.channels, options.layout))
    except ValueError:
        parser.error("--channels: a multiple of 16 from 16 to 512")
    sys.stdout.write(f"{'fusion':9}{'encoder':13}{'parameters':>11}{'MMACs':>8}\n")
    for form in chosen:
        model = build(form, len(form.features.classes))
        encoder = "-" if form.fusion == "early" else form.encoder
        weights, mmacs = parameters(model), macs(model) / 1e6
        dear = weights > MOST_PARAMETERS or mmacs > MOST_MMACS
        note = "  to compare only: dearer than a shipped one may be" * dear
        cost = f"{weights:>11,}{mmacs:>8.1f}{note}"
        sys.stdout.write(f"{form.fusion:9}{encoder:13}{cost}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
