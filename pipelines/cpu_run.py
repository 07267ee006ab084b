"""``edgeact cpu-run``: runs an unmodified DeepStream application in Python without a GPU."""

from __future__ import annotations

import argparse
import atexit
import os
import runpy
import sys
import threading
import traceback
from pathlib import Path
from types import CodeType

from plugins.errors import GraphError

CHILDREN = Path(__file__).parent / "cpu_children"
"""Holds a ``pyds.py`` for the processes that a program starts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``edgeact cpu-run``."""
    parser.add_argument("application", metavar="APP.py", help="a Python program that uses pyds")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="what the program is given"
    )


def run(args: argparse.Namespace) -> int:
    """Run the application as ``python APP.py ARGS`` would; returns its exit code."""
    path = Path(args.application)
    if not path.is_file():
        raise GraphError(f"{path}: no such file; wanted a Python program that uses pyds")
    provide_deepstream()
    _provide_to_children()
    code = _execute(path, args.arguments)
    _finish()
    _tell_of_displays()
    # The application may leave its pipeline playing; threads that call into Python while the
    # interpreter goes away would crash it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def provide_deepstream() -> None:
    """Let this process find the CPU twins wherever it looks for DeepStream."""
    from plugins.cpu import no_cuda, pyds
    from plugins.cpu.registration import register_twins, tell_of_missing_twins

    register_twins()
    tell_of_missing_twins(_tell)
    sys.modules["pyds"] = pyds
    no_cuda.install()


def _provide_to_children() -> None:
    """Let Python processes that the program starts find pyds, and with it the twins.

    multiprocessing hands ``sys.path`` on, other processes get the environment.
    """
    folder = str(CHILDREN)
    sys.path.append(folder)
    inherited = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{inherited}{os.pathsep}{folder}" if inherited else folder


def _execute(path: Path, arguments: list[str]) -> int:
    """Run the program as ``__main__`` and give its exit code."""
    sys.argv = [str(path), *arguments]
    sys.path[0] = str(path.resolve().parent)
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as leaving:
        return _exit_code(leaving)
    except BaseException as error:  # noqa: BLE001 - whatever the program did not catch
        own = traceback.walk_tb(error.__traceback__)
        outer: set[CodeType] = {frame.f_code for frame, _ in own if _is_ours(frame.f_code)}
        shown = traceback.TracebackException.from_exception(error)
        shown.stack[:] = shown.stack[len(outer) :]
        sys.stderr.write("".join(shown.format()))
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _finish() -> None:
    """Wait for the program's threads and call what it registered, as Python does at its end."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()


def _is_ours(code: CodeType) -> bool:
    return code.co_filename == __file__ or "runpy" in code.co_filename


def _exit_code(leaving: SystemExit) -> int:
    if leaving.code is None or isinstance(leaving.code, int):
        return leaving.code or 0
    sys.stderr.write(f"{leaving.code}\n")
    return 1


def _tell_of_displays() -> None:
    from plugins.cpu.display.display_sink import DisplaySink

    for name, frames in DisplaySink.shown.items():
        _tell(f"display '{name}': {frames} frames, not shown")


def _tell(words: str) -> None:
    sys.stderr.write(f"edgeact cpu-run: {words}\n")
