"""``edgeact record``: keeps what the graph sees and hears, without pictures, for training."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engines.errors import EngineError
from engines.load import load_engine
from engines.protocol import Tensor
from pipelines.config import Config
from pipelines.network_inputs import InputKeeper
from pipelines.report import tell
from pipelines.run import add_site_arguments, load_site, with_present_files
from recognition.fusion_input import SLOTS
from recognition.layouts import LAYOUTS, SINGLE, Layout
from recognition.windows import WindowConfig
from settings.errors import ConfigError

if TYPE_CHECKING:
    from recognition.frames import Frame, SoundFrame
    from recognition.recording import Recording


_EPILOG = """\
examples:
  edgeact record site.yaml --to scene.npz
  edgeact record configs/minimal.yaml --folder UCF-101 --listed ucf51.csv --to recorded
  edgeact record site.yaml --to scene.npz --inputs inputs

Of people are kept box and joints and, where the pose network tells them (nano_pose does), 96
features of what they look like; of sound its log-mel bands.

With --folder each video becomes DIR/NAME.npz. Give the same command again after an interruption:
it goes on where it stopped. A video that cannot be played is skipped and listed in DIR/skipped.csv.
--inputs keeps what the networks were given, DIR/MODEL.npz: export.quantize takes the scales of int8
from it.
"""


class SilentFusion:
    """An engine that never finds an action: recording needs no trained model.

    layout: of the inputs that it is given. tap: is shown the inputs of each run.
    """

    def __init__(
        self,
        windows: WindowConfig,
        layout: Layout = SINGLE,
        tap: Callable[[Mapping[str, Tensor]], None] | None = None,
    ) -> None:
        self._tap = tap
        self._classes, self._modalities = len(layout.classes), len(layout.modalities)
        self.inputs: Mapping[str, tuple[int | None, ...]] = layout.input_shapes(windows.steps)
        self.outputs: Mapping[str, tuple[int | None, ...]] = {
            "logits": (None, self._classes),
            "gate": (None, SLOTS, self._modalities),
        }
        self.metadata: Mapping[str, str] = {
            "layout_version": layout.version,
            "steps": str(windows.steps),
            "rate_hz": str(windows.rate_hz),
            "labels": json.dumps(layout.classes),
        }
        self.sha256 = "0" * 64
        self.runtime = "none"

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The same small score for every class."""
        if self._tap is not None:
            self._tap(inputs)
        count = len(inputs["mod"])
        return {
            "logits": np.zeros((count, self._classes), np.float32),
            "gate": np.full((count, SLOTS, self._modalities), 1 / self._modalities, np.float32),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact record``."""
    add_site_arguments(parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _EPILOG
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE.npz", help="where to keep; or a folder"
    )
    parser.add_argument(
        "--folder", type=Path, metavar="DIR", help="record every video below it, one after another"
    )
    parser.add_argument(
        "--listed",
        type=Path,
        metavar="CSV",
        help="with --folder: only the paths in its column path",
    )
    parser.add_argument(
        "--inputs", type=Path, metavar="DIR", help="keep inputs of the networks, too, for int8"
    )


def run(args: argparse.Namespace) -> int:
    """Record a site until its sources end; the exit code as of ``edgeact run``."""
    if args.inputs and args.folder:
        raise ConfigError(["--inputs: inputs of networks are kept of one run; leave --folder out"])
    if args.folder:
        from pipelines.record_folder import record_folder

        return record_folder(load_site(args), args.folder, args.to, listed=args.listed)
    if args.listed:
        raise ConfigError(["--listed: says which videos of a folder; give --folder, too"])
    if args.to.suffix != ".npz":
        raise ConfigError([f"--to {args.to}: a recording is an NPZ file; name it {args.to}.npz"])
    if not args.to.absolute().parent.is_dir():
        raise ConfigError([f"--to {args.to}: its folder does not exist; make it first"])
    wanted = load_site(args)
    if args.inputs and wanted.platform != "cpu":
        raise ConfigError(
            [
                "--inputs: what NVIDIA's nvinfer gives its network cannot be seen from outside; "
                "its CPU twin prepares the same: set platform: cpu"
            ]
        )
    config = with_present_files(wanted)
    keeper = InputKeeper() if args.inputs else None
    recording, problems = Recorder(config, inputs=keeper).run()
    if keeper is not None:
        for path, rows in keeper.write(args.inputs):
            tell(f"{path}: {rows} inputs")
    from recognition.recording import write_recording

    write_recording(recording, args.to)
    persons = sum(len(frame.persons) for frame in recording.frames)
    tell(f"{args.to}: {len(recording.frames)} frames, {persons} sightings of people")
    return 0 if config == wanted and not problems else 2


def layout_of(model: Path) -> Layout:
    """The feature layout that a fusion model takes.

    Raises:
        EngineError: it cannot be loaded, or takes one that this program does not make.
    """
    version = load_engine(model).metadata.get("layout_version", "none")
    if version not in LAYOUTS:
        raise EngineError(
            f"{model}: made for feature layout {version}; this program makes {', '.join(LAYOUTS)}"
        )
    return LAYOUTS[version]


class Recorder:
    """One run of a site that keeps what it sees and hears.

    say: takes what a source has to say while it runs. inputs: keeps what the networks are given.

    Raises on construction:
        EngineError, GraphError: a model or an element is missing; no source is looked at yet.
    """

    def __init__(
        self,
        config: Config,
        say: Callable[[str], None] = tell,
        inputs: InputKeeper | None = None,
    ) -> None:
        from pipelines.assembly import Hooks  # GStreamer is only needed from here on
        from pipelines.runner import Output, Runner
        from pipelines.stages import read_stages

        self._config = config
        silent = config.fusion.model_copy(update={"group_head": False})
        config = config.model_copy(update={"fusion": silent})  # nobody looks at what is recorded
        self._frames: list[Frame] = []
        self._sounds: list[SoundFrame] = []
        hooks = Hooks(heard=self._sounds.append, decoded=self._frames.extend)
        output = Output(emit=lambda _events: None, tell=say)
        fusion = SilentFusion(config.window)
        if inputs is not None:  # then they have to be those of the site's own model
            tap = inputs.tap(config.fusion.model)
            fusion = SilentFusion(config.window, layout_of(config.fusion.model), tap)
        self._runner = Runner(config, fusion, output, hooks=hooks)
        if inputs is not None:
            for name, stage in zip(("detect", "pose"), read_stages(config), strict=True):
                if stage.onnx_file is not None:
                    self._runner.assembly.element(name).tap = inputs.tap(stage.onnx_file)

    def run(self) -> tuple[Recording, list[str]]:
        """Run to the end of the sources; what was seen and heard, and the sources' problems.

        Raises:
            GraphError: the graph failed as a whole.
        """
        from pipelines.stages import read_stages
        from recognition.recording import Recording

        self._runner.run()
        labels = read_stages(self._config)[0].labels
        recording = Recording(
            sources=tuple(source.name for source in self._config.sources),
            knows_objects=any(label != self._config.detect.person_label for label in labels),
            frames=tuple(self._frames),
            sounds=tuple(self._sounds),
        )
        return recording, [state.problem for state in self._runner.states if state.problem]
