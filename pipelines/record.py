"""``edgeact record``: keeps what the graph sees and hears, without pictures, for training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engines.protocol import Tensor
from pipelines.config import Config
from pipelines.report import tell
from pipelines.run import add_site_arguments, load_site, with_present_files
from recognition.fusion_input import LAYOUT_VERSION, MODALITIES, SLOTS, input_shapes
from recognition.taxonomy import load_taxonomy
from recognition.windows import WindowConfig
from settings.errors import ConfigError

if TYPE_CHECKING:
    from recognition.recording import Recording


class SilentFusion:
    """An engine that never finds an action: recording needs no trained model."""

    def __init__(self, windows: WindowConfig) -> None:
        labels = load_taxonomy().fusion_classes
        self._classes = len(labels)
        self.inputs: Mapping[str, tuple[int | None, ...]] = input_shapes(windows.steps)
        self.outputs: Mapping[str, tuple[int | None, ...]] = {
            "logits": (None, len(labels)),
            "gate": (None, SLOTS, len(MODALITIES)),
        }
        self.metadata: Mapping[str, str] = {
            "layout_version": LAYOUT_VERSION,
            "steps": str(windows.steps),
            "rate_hz": str(windows.rate_hz),
            "labels": json.dumps(labels),
        }
        self.sha256 = "0" * 64

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The same small score for every class."""
        count = len(inputs["mod"])
        return {
            "logits": np.zeros((count, self._classes), np.float32),
            "gate": np.full((count, SLOTS, len(MODALITIES)), 1 / len(MODALITIES), np.float32),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact record``."""
    add_site_arguments(parser)
    parser.add_argument("--to", type=Path, required=True, metavar="FILE.npz", help="where to keep")


def run(args: argparse.Namespace) -> int:
    """Record a site until its sources end; the exit code as of ``edgeact run``."""
    if args.to.suffix != ".npz":
        raise ConfigError([f"--to {args.to}: a recording is an NPZ file; name it {args.to}.npz"])
    if not args.to.absolute().parent.is_dir():
        raise ConfigError([f"--to {args.to}: its folder does not exist; make it first"])
    wanted = load_site(args)
    config = with_present_files(wanted)
    recording, problems = record(config)
    from recognition.recording import write_recording

    write_recording(recording, args.to)
    persons = sum(len(frame.persons) for frame in recording.frames)
    tell(f"{args.to}: {len(recording.frames)} frames, {persons} sightings of people")
    return 0 if config == wanted and not problems else 2


def record(config: Config) -> tuple[Recording, list[str]]:
    """Run a site to the end of its sources; what it saw and heard, and the sources' problems."""
    from pipelines.assembly import Hooks  # GStreamer is only needed from here on
    from pipelines.runner import Output, Runner
    from pipelines.stages import read_stages
    from recognition.frames import Frame, SoundFrame
    from recognition.recording import Recording

    frames: list[Frame] = []
    sounds: list[SoundFrame] = []

    def decoded(batch: Sequence[Frame]) -> None:
        frames.extend(batch)

    hooks = Hooks(heard=sounds.append, decoded=decoded)
    output = Output(emit=lambda _events: None, tell=tell)
    runner = Runner(config, SilentFusion(config.window), output, hooks=hooks)
    runner.run()
    labels = read_stages(config)[0].labels
    recording = Recording(
        sources=tuple(source.name for source in config.sources),
        knows_objects=any(label != config.detect.person_label for label in labels),
        frames=tuple(frames),
        sounds=tuple(sounds),
    )
    return recording, [state.problem for state in runner.states if state.problem]
