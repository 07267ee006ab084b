"""One program, one broker, one subscriber, and what is between them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from tests.acceptance.chaos.faults import Disk, Wire
from tests.broker import Broker, Heard, Listener, wait_until

MARK = "chaos/mark"
"""What the subscriber says to itself: whatever the broker got before has then come, too."""


class Bench:
    """Runs the program again and again; use it as ``with``.

    told: lines of its standard output.
    """

    def __init__(self, folder: Path, wire: Wire, disk: Disk, arguments: list[str]) -> None:
        self.wire, self.disk = wire, disk
        self.told: list[bytes] = []
        self._began_s = self._busy_s = 0.0
        self._looked = 0
        self._arguments = [*arguments, "--url", wire.url]
        self._words = folder / "words"
        self._program: subprocess.Popen[bytes] | None = None
        self._reader = threading.Thread()
        self._exits = ExitStack()
        unlimited = ("max_queued_messages 0", "max_inflight_messages 0")
        self.broker = Broker(folder, settings=(wire.listener, *unlimited))

    def __enter__(self) -> Bench:
        self._exits.enter_context(self.broker)
        self._listener = self._exits.enter_context(Listener(self.broker.port))
        self.broker.save()  # so that it knows the subscriber after a kill -9
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._program is not None:
            self.kill()
        self._exits.close()

    @property
    def pid(self) -> int:
        """Of the program that runs."""
        assert self._program is not None
        return self._program.pid

    @property
    def words(self) -> str:
        """What the program said to people."""
        return self._words.read_text(encoding="utf-8")

    @property
    def starts_per_s(self) -> float:
        """How fast the program began events, from its first message to each stop."""
        return sum(b'"phase":"start"' in line for line in self.told) / self._busy_s

    def tell_more(self, count: int) -> None:
        """Let the program work until it has told of so many more messages."""
        before = len(self.told)
        wait_until(lambda: len(self.told) >= before + count, f"{count} messages")

    def start(self) -> None:
        """Start the program as a new run on the same state; its first event has been heard."""
        boot = f"run-{time.time_ns()}"
        command = [*self.wire.prefix, sys.executable, "-m", "tests.acceptance.chaos.program"]
        with self._words.open("ab") as words:
            self._program = subprocess.Popen(
                [*command, *self._arguments, "--boot", boot],
                stdout=subprocess.PIPE,
                stderr=words,
                env={**os.environ, "EDGEACT_STATE_DIR": str(self.disk.folder)},
            )
        self._reader = threading.Thread(target=self._read, args=(self._program,))
        self._reader.start()
        self.tell_more(1)
        self._began_s = time.monotonic()

    def go_on(self, seconds: float, until: str = "") -> None:
        """Let the program work for so long, and until it has said these words."""
        time.sleep(seconds)
        wait_until(lambda: until in self.words, f"the program to say: {until}")

    def kill(self) -> None:
        """As by ``kill -9``."""
        assert self._program is not None
        self._busy_s += time.monotonic() - self._began_s
        self._program.kill()
        self._gone()

    def finish(self) -> list[Heard]:
        """Stop the program in order; all that the subscriber heard."""
        assert self._program is not None
        self._busy_s += time.monotonic() - self._began_s
        self._program.terminate()
        self._gone()
        self._catch_up()
        return [one for one in self._listener.heard if one.topic != MARK]

    def kill_broker(self) -> None:
        """As by ``kill -9``, at a moment when the subscriber has all that the broker has.

        What a broker has confirmed and not passed on yet dies with it; no publisher can know.
        """
        self.wire.cut()
        self._catch_up()
        self.broker.kill()
        self.wire.mend()

    def _catch_up(self) -> None:
        self._listener.publish(MARK)
        wait_until(self._has_come, "all to be heard")

    def _has_come(self) -> bool:
        """Whether the next mark was heard."""
        heard = self._listener.heard
        while self._looked < len(heard):
            self._looked += 1
            if heard[self._looked - 1].topic == MARK:
                return True
        return False

    def _gone(self) -> None:
        assert self._program is not None
        self._program.wait()
        self._reader.join()
        self._program = None

    def _read(self, program: subprocess.Popen[bytes]) -> None:
        assert program.stdout is not None
        with program.stdout as lines:
            self.told.extend(line for line in lines if line.endswith(b"\n"))
