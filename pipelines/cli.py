"""The ``edgeact`` command."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Sequence

from plugins.redact import RedactedFormatter, redact, redact_tracebacks

COMMANDS = {
    "run": ("pipelines.run", "cameras in, action events out"),
    "record": ("pipelines.record", "keep what is seen and heard, without pictures, for training"),
    "check": ("pipelines.check", "check a configuration, its files, models and elements"),
    "doctor": ("pipelines.doctor.command", "what this machine lacks, and what mends it"),
    "graph": ("pipelines.graph_command", "print the graph of a configuration"),
    "events": ("pipelines.subscribe", "subscribe to a broker and print events"),
    "bench": ("pipelines.bench", "measure speed and latency on a configuration"),
    "demo": ("pipelines.demo.command", "recognise the bundled scene beside what is true"),
    "cpu-run": ("pipelines.cpu_run", "run a DeepStream application in Python without a GPU"),
}

_ADDED = "edgeact.commands"
"""Entry points under which other packages add commands: a module with SUMMARY, REQUIREMENTS,
``add_arguments`` and ``run`` each, that imports nothing heavy until it runs.
"""

_EPILOG = """\
A first run:   edgeact demo
Exit code:     0 fine, 1 failed while running, 2 something that you can mend.
Events go to standard output as JSON lines; words for people go to standard error.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    args = _parser(arguments).parse_args(arguments)
    redact_tracebacks()
    log = logging.StreamHandler()
    log.setFormatter(RedactedFormatter("edgeact: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[log])
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
    known = known_commands()
    parser = argparse.ArgumentParser(
        prog="edgeact",
        description="Recognises human actions per person from cameras: pose, objects and sound.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"edgeact {_version()}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((argument for argument in arguments if argument in known), None)
    for name, (module, summary) in known.items():
        command = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        if name == chosen:
            importlib.import_module(module).add_arguments(command)
    return parser


def known_commands() -> dict[str, tuple[str, str]]:
    """Module and summary of every command, of those that installed packages add, too."""
    from importlib import metadata

    found = dict(COMMANDS)
    for point in metadata.entry_points(group=_ADDED):
        try:
            found[point.name] = (point.value, importlib.import_module(point.value).SUMMARY)
        except ModuleNotFoundError:
            continue  # an installation without that package has no such command
    return found


def _version() -> str:
    from importlib import metadata

    return metadata.version("edgeact")


def _run(args: argparse.Namespace) -> int:
    from engines.errors import EngineError
    from plugins.errors import GraphError
    from settings.errors import ConfigError

    module = importlib.import_module(known_commands()[args.command][0])
    try:
        code: int = module.run(args)
    except (ConfigError, EngineError, GraphError) as error:
        prefix = "" if isinstance(error, ConfigError) else "edgeact: "
        print(redact(f"{prefix}{error}"), file=sys.stderr)  # noqa: T201
        return 1 if isinstance(error, GraphError) and not error.fixable else 2
    except ModuleNotFoundError as error:
        requirements = getattr(module, "REQUIREMENTS", None)
        if requirements is None:
            raise
        print(  # noqa: T201
            f"edgeact {args.command}: needs the package '{error.name}', which is not installed; "
            f"install it: pip install -r {requirements}",
            file=sys.stderr,
        )
        return 2
    return code


if __name__ == "__main__":
    sys.exit(main())
