"""A network that can be cut and a disk that can be filled, with or without the right to do so.

In namespaces of our own (``unshare``, which needs no root where user namespaces are allowed) it is
a virtual cable and a small tmpfs; elsewhere a relay process that is stopped and a limit on the size
of files.
"""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.broker import free_port, wait_until

UNSHARE = ("unshare", "--map-root-user", "--net", "--mount")
DISK_MB = 16
_HERE, _THERE = "10.77.0.1", "10.77.0.2"


@dataclass(frozen=True)
class Wire:
    """Between program and broker. how: in words. listener: a line for mosquitto.conf.

    url: the broker, as the program reaches it. prefix: of the program's command.
    """

    how: str
    listener: str
    url: str
    prefix: tuple[str, ...]
    cut: Callable[[], None]
    mend: Callable[[], None]


@dataclass(frozen=True)
class Disk:
    """Where the program keeps its state. fill: takes the program's process id, as does free."""

    how: str
    folder: Path
    fill: Callable[[int], None]
    free: Callable[[int], None]


def can_isolate() -> bool:
    """Whether namespaces and the tools to use them are there."""
    if not all(shutil.which(tool) for tool in ("unshare", "nsenter", "ip", "mount", "sleep")):
        return False
    pair = "ip link add name left type veth peer name right"
    attempt = f"ip link set lo up && {pair} && mount -t tmpfs tmpfs /mnt"
    return _quietly([*UNSHARE, "sh", "-c", attempt]) == 0


@contextmanager
def cable() -> Iterator[Wire]:
    """A virtual cable into a network namespace in which the program runs."""
    port = free_port()
    with subprocess.Popen(["unshare", "--net", "sleep", "infinity"]) as holder:
        inside = ("nsenter", f"--net=/proc/{holder.pid}/ns/net", "--")
        own = Path("/proc/self/ns/net").readlink()
        other = Path(f"/proc/{holder.pid}/ns/net")
        wait_until(lambda: other.readlink() != own, "a network namespace")
        try:
            _ip(f"link add name broker type veth peer name program netns {holder.pid}")
            _ip(f"addr add {_HERE}/30 dev broker")
            _ip("link set broker up")
            _ip(f"addr add {_THERE}/30 dev program", inside)
            _ip("link set program up", inside)
            yield Wire(
                how="network namespace, link down",
                listener=f"listener {port} {_HERE}",
                url=f"mqtt://{_HERE}:{port}",
                prefix=inside,
                cut=lambda: _ip("link set broker down"),
                mend=lambda: _ip("link set broker up"),
            )
            _ip("link delete broker")
        finally:
            holder.kill()


@contextmanager
def relay() -> Iterator[Wire]:
    """A process that passes on what it gets, and can be stopped."""
    outside, inside = free_port(), free_port()
    command = [sys.executable, "-m", "tests.acceptance.chaos.relay", str(outside), str(inside)]
    with subprocess.Popen(command) as process:
        try:
            yield Wire(
                how="relay process, SIGSTOP",
                listener=f"listener {inside} 127.0.0.1",
                url=f"mqtt://127.0.0.1:{outside}",
                prefix=(),
                cut=lambda: process.send_signal(signal.SIGSTOP),
                mend=lambda: process.send_signal(signal.SIGCONT),
            )
        finally:
            process.kill()


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """A tmpfs and a file that takes all its room."""
    folder.mkdir()
    size = f"size={DISK_MB}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)], check=True)
    ballast = folder / "ballast"

    def fill(_pid: int) -> None:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    try:
        yield Disk(f"tmpfs of {DISK_MB} MB", folder, fill, lambda _pid: ballast.unlink())
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def limited_files(folder: Path) -> Iterator[Disk]:
    """A folder in which no file of the program grows any more."""
    folder.mkdir()

    def limit(pid: int, size: int) -> None:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def fill(pid: int) -> None:
        limit(pid, max(path.stat().st_size for path in folder.iterdir()))

    yield Disk("RLIMIT_FSIZE", folder, fill, lambda pid: limit(pid, resource.RLIM_INFINITY))


def _ip(arguments: str, prefix: Sequence[str] = ()) -> None:
    subprocess.run([*prefix, "ip", *arguments.split()], check=True)


def _quietly(command: Sequence[str]) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode
