"""Runs ``edgeact run`` as a user does, and takes each event as it is printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_END_S = 10.0


@dataclass(slots=True)
class Played:
    """What a run told.

    messages: of events, in their order. first_s, seconds: from the start to the first event (None
    without one) and to the end. code: exit code of the run.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    first_s: float | None = None
    seconds: float = 0.0
    code: int = 0


def play(
    config: Path, *, out: Path, mqtt: str, told: Callable[[dict[str, Any]], None], since: float
) -> Played:
    """Run a site to its end; ``told`` gets each event message when it comes.

    since: ``time.monotonic()`` of the start. The run's own words go to standard error.
    """
    command = [
        *(sys.executable, "-m", "pipelines.cli", "run", str(config), "--mqtt", mqtt),
        *("--events", str(out / "demo.jsonl"), "--video", str(out / "demo.mp4")),
    ]
    played = Played()
    # A state folder of its own: what a demo that was killed left behind is nobody's to deliver.
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "EDGEACT_STATE_DIR": state}
        process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)
        try:
            for line in process.stdout or ():
                if played.first_s is None:
                    played.first_s = time.monotonic() - since
                message = json.loads(line)
                played.messages.append(message)
                told(message)
            played.code = process.wait()
        except BaseException:
            _end(process)
            raise
    played.seconds = time.monotonic() - since
    return played


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let the run close its files, as Ctrl-C does; kill one that does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
