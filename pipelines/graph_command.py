"""``edgeact graph``: prints the graph; needs no GStreamer."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipelines.graph import action_graph, describe
from pipelines.run import add_site_arguments, load_site


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact graph``."""
    add_site_arguments(parser)
    parser.add_argument("--video", type=Path, metavar="FILE", help="with the branch that writes it")
    parser.add_argument("--dot", action="store_true", help="Graphviz DOT instead of text")


def run(args: argparse.Namespace) -> int:
    """Print the graph."""
    graph = action_graph(load_site(args), video=args.video)
    print(describe(graph, "dot" if args.dot else "text"))  # noqa: T201
    return 0
