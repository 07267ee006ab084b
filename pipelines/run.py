"""``edgeact run``: cameras in, events out."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engines.load import load_engine
from pipelines.clips import missing_file, truncated_file
from pipelines.config import Config
from pipelines.config_file import load_config
from pipelines.heartbeat import Heartbeat
from pipelines.report import print_table, show_progress, tell
from settings.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.publish.sinks import Counters
    from pipelines.runner import Runner
    from plugins.metadata import RawFrame


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact run``."""
    add_site_arguments(parser)
    parser.add_argument("--events", type=Path, metavar="FILE", help="also write events, JSON lines")
    parser.add_argument(
        "--mqtt", metavar="URL", help="publish to mqtt[s]://[user@]host[:port]/base"
    )
    parser.add_argument("--video", type=Path, metavar="FILE", help="write an annotated MP4")
    parser.add_argument("--quiet", action="store_true", help="no progress line and no table")
    parser.add_argument(
        "--heartbeat", type=Path, metavar="FILE", help="touch this file while frames are worked on"
    )


def add_site_arguments(parser: argparse.ArgumentParser) -> None:
    """The configuration and the sources, as several commands take them."""
    parser.add_argument("config", type=Path, help="configuration of the site, YAML")
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=URI",
        help="use this file or stream as source NAME, in place of the file's or beside it",
    )


def run(args: argparse.Namespace) -> int:
    """Run a site; the exit code: 0 fine, 1 failed while running, 2 the user can mend it."""
    if args.video and not args.video.absolute().parent.is_dir():
        raise ConfigError([f"--video {args.video}: its folder does not exist; make it first"])
    wanted = load_site(args)
    config = with_present_files(wanted)
    cut_off = [line for source in config.sources if (line := truncated_file(source))]
    for line in cut_off:
        tell(line)
    runner, sinks = _run(config, args)
    if not args.quiet:
        print_table(runner, sinks)
    failed = [state for state in runner.states if state.problem]
    healthy = config == wanted and not cut_off and not failed
    return 0 if healthy else 2


def load_site(args: argparse.Namespace) -> Config:
    """The configuration with the sources of the command line."""
    return load_config(args.config, sources=parse_sources(args.source))


def parse_sources(pairs: Sequence[str]) -> dict[str, str]:
    """``NAME=URI`` arguments as a mapping. Raises ConfigError for one of another form."""
    sources = {}
    for pair in pairs:
        name, _, uri = pair.partition("=")
        if not (name and uri):
            raise ConfigError([f"--source {pair}: wanted NAME=URI, for example dock=clip.mp4"])
        sources[name] = uri
    return sources


def with_present_files(config: Config) -> Config:
    """The site without the sources whose file is not there; each is told of, the others go on.

    Raises:
        ConfigError: none is left.
    """
    lines = {source.name: missing_file(source) for source in config.sources}
    problems = [line for line in lines.values() if line]
    if len(problems) == len(config.sources):
        raise ConfigError(problems)
    for line in problems:
        tell(line)
    present = tuple(source for source in config.sources if not lines[source.name])
    return config.model_copy(update={"sources": present})


def _run(config: Config, args: argparse.Namespace) -> tuple[Runner, dict[str, Counters]]:
    from pipelines.assembly import Hooks  # GStreamer is only needed from here on
    from pipelines.outlet import Outlet
    from pipelines.runner import Output, Runner
    from pipelines.site_commands import SiteCommands

    fusion = load_engine(config.fusion.model, threads=config.fusion.threads)
    progress = show_progress if sys.stderr.isatty() and not args.quiet else None
    heart = Heartbeat(args.heartbeat) if args.heartbeat else None
    with Outlet(config, fusion, events=args.events, mqtt=args.mqtt) as outlet:
        output = Output(emit=outlet.emit, tell=tell, progress=progress, fares=outlet.fares)

        def done(frames: Sequence[RawFrame]) -> None:
            outlet.look(frames)
            if heart is not None:
                heart.beat()

        hooks = Hooks(seen=outlet.see, done=done)
        runner = Runner(config, fusion, output, video=args.video, hooks=hooks)
        assembly = runner.assembly
        outlet.ask_actions(assembly.recognizer.actions_of)
        outlet.ask_counts(assembly.count_of, lambda: assembly.worker.dropped)
        if assembly.snapshots is not None:
            outlet.ask_pictures(assembly.snapshots.want)
        commands = SiteCommands(
            config, assembly.recognizer, assembly.worker, retract=outlet.retract
        )
        outlet.obey(commands.handlers)
        _interrupt_on_signals(runner)
        runner.run()
    return runner, outlet.counters()


def _interrupt_on_signals(runner: Runner) -> None:
    """Ctrl-C and SIGTERM end a run cleanly; a second one ends it at once."""
    from plugins.gst import GLib

    def stop(number: int) -> bool:
        tell("stopping: events are closed and the video is finished")
        signal.signal(number, signal.SIG_DFL)
        runner.interrupt()
        return False

    for number in (signal.SIGINT, signal.SIGTERM):
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, stop, number)
