"""The ``edgeact`` command."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence

COMMANDS = {
    "run": ("pipelines.run", "cameras in, action events out"),
    "record": ("pipelines.record", "keep what is seen and heard, without pictures, for training"),
    "check": ("pipelines.check", "check a configuration, its files, models and elements"),
    "graph": ("pipelines.graph_command", "print the graph of a configuration"),
    "events": ("pipelines.subscribe", "subscribe to a broker and print events"),
    "bench": ("pipelines.bench", "measure speed and latency on a configuration"),
    "demo": ("pipelines.demo.command", "recognise the bundled scene beside what is true"),
}

_EPILOG = """\
A first run:   edgeact demo
Exit code:     0 fine, 1 failed while running, 2 something that you can mend.
Events go to standard output as JSON lines; words for people go to standard error.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="edgeact: %(message)s")
    try:
        return _run(args)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read our output is gone; Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """All commands, but only the chosen one's own arguments: the others stay unloaded."""
    parser = argparse.ArgumentParser(
        prog="edgeact",
        description="Recognises human actions per person from cameras: pose, objects and sound.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"edgeact {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((argument for argument in arguments if argument in COMMANDS), None)
    for name, (module, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == chosen:
            importlib.import_module(module).add_arguments(command)
    return parser


def _version() -> str:
    from importlib import metadata

    return metadata.version("edgeact")


def _run(args: argparse.Namespace) -> int:
    from engines.errors import EngineError
    from plugins.errors import GraphError
    from settings.errors import ConfigError

    try:
        code: int = importlib.import_module(COMMANDS[args.command][0]).run(args)
    except (ConfigError, EngineError, GraphError) as error:
        prefix = "" if isinstance(error, ConfigError) else "edgeact: "
        print(f"{prefix}{error}", file=sys.stderr)  # noqa: T201
        return 1 if isinstance(error, GraphError) and not error.fixable else 2
    return code


if __name__ == "__main__":
    sys.exit(main())
