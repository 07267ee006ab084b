"""What is on this machine, as far as a platform asks for it; nothing of NVIDIA's is loaded."""

from __future__ import annotations

import ctypes.util
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata, util
from pathlib import Path

Version = tuple[int, ...]

PACKAGES = ("numpy", "pyds", "tensorrt", "pycuda", "onnxruntime", "opencv-python", "trackers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was found; None or empty where there is none.

    gpus: as ``engines.trt`` calls them, name and compute capability where known. jetson: version
    of its L4T. packages: versions of the Python packages that are installed. lacks: of the
    GStreamer elements asked for, those that are not there. mosquitto: whether its library is there.
    """

    python: Version = sys.version_info[:2]
    driver: str | None = None
    gpus: tuple[str, ...] = ()
    jetson: str | None = None
    deepstream: str | None = None
    gstreamer: str | None = None
    packages: dict[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    mosquitto: bool = False

    @property
    def has_nvidia(self) -> bool:
        """Whether there is a GPU that DeepStream could run on."""
        return bool(self.gpus or self.jetson)


def numbers(version: str) -> Version:
    """The numbers a version begins with: ``535.183.06`` gives (535, 183, 6)."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def read_machine(elements: Iterable[str] = (), *, root: Path = Path("/")) -> Machine:
    """Look at this machine.

    elements: GStreamer elements to look for. root: where the file system begins.
    """
    driver, gpus = _nvidia_smi()
    gstreamer, lacks = _gstreamer(elements)
    return Machine(
        driver=driver,
        gpus=gpus,
        jetson=_jetson(root),
        deepstream=_deepstream(root / "opt/nvidia/deepstream/deepstream/version"),
        gstreamer=gstreamer,
        packages=_packages(),
        lacks=lacks,
        mosquitto=platform.system() == "Linux"
        and ctypes.util.find_library("mosquitto") is not None,
    )


def read_versions(*, root: Path = Path("/")) -> Machine:
    """Only what decides whether pyds may be loaded at all; quick, and without GStreamer."""
    version = root / "opt/nvidia/deepstream/deepstream/version"
    return Machine(deepstream=_deepstream(version), packages=_packages())


def _nvidia_smi() -> tuple[str | None, tuple[str, ...]]:
    """The driver, and each GPU; ``[N/A]`` stands where a Jetson's GPU has no answer."""
    if (program := shutil.which("nvidia-smi")) is None:
        return None, ()
    fields = "--query-gpu=driver_version,name,compute_cap"
    try:
        run = subprocess.run(
            [program, fields, "--format=csv,noheader"],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None, ()
    rows = [[part.strip() for part in line.split(",")] for line in run.stdout.splitlines()]
    rows = [row for row in rows if len(row) == 3 and numbers(row[0])]
    gpus = tuple(
        f"{name} (sm_{cap.replace('.', '')})" if numbers(cap) else name for _, name, cap in rows
    )
    return (rows[0][0] if rows else None), gpus


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _jetson(root: Path) -> str | None:
    """``# R36 (release), REVISION: 4.3, ...`` is L4T 36.4.3; a container may not see that file."""
    release = _text(root / "etc/nv_tegra_release")
    if found := re.match(r"# R(\d+) \(release\), REVISION: ([\d.]+)", release):
        return f"{found[1]}.{found[2]}"
    return "of an unknown version" if (root / "dev/nvmap").exists() else None


def _deepstream(path: Path) -> str | None:
    """``Version: 7.1.0`` is 7.1."""
    found = re.search(r"(\d+\.\d+)", _text(path))
    return found[1] if found else None


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _gstreamer(elements: Iterable[str]) -> tuple[str | None, frozenset[str]]:
    wanted = frozenset(elements)
    if util.find_spec("gi") is None:
        return None, wanted
    try:
        from plugins.gst import Gst
    except (ImportError, ValueError):  # PyGObject without GStreamer's description
        return None, wanted
    Gst.init(None)
    version = ".".join(str(part) for part in Gst.version()[:3])
    return version, frozenset(name for name in wanted if Gst.ElementFactory.find(name) is None)
