"""What ``platform: deepstream`` needs of a machine.

Written from NVIDIA's documents; not run on NVIDIA hardware yet.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.doctor.findings import RELEASES, Finding, Release
from pipelines.doctor.machine import Machine, numbers

ELEMENTS = (
    "nvurisrcbin", "nvstreammux", "nvinfer", "nvtracker", "nvvideoconvert",
    "nvmultistreamtiler", "nvdsosd", "nvv4l2decoder",
)  # fmt: skip
ENCODER = "nvv4l2h264enc"
SOUND = ("aacparse", "avdec_aac", "audioconvert", "audioresample")

_KNOWN = ", ".join(RELEASES)


def judge_deepstream(machine: Machine) -> Iterator[Finding]:
    """Every part, in the order in which to mend them."""
    release = RELEASES.get(machine.deepstream or "")
    yield _gpu(machine)
    yield _driver(machine, release)
    yield _deepstream(machine)
    yield from judge_versions(machine)
    yield _tensorrt(machine, release)
    yield _pycuda(machine)
    yield from _elements(machine)
    yield _mosquitto(machine)


def judge_versions(machine: Machine) -> Iterator[Finding]:
    """What must fit before pyds may be loaded: another wheel reads metadata at wrong places."""
    release = RELEASES.get(machine.deepstream or "")
    yield _python(machine, release)
    yield _pyds(machine, release)
    yield _numpy(machine)


def _gpu(machine: Machine) -> Finding:
    if machine.has_nvidia:
        jetson = f"Jetson, L4T {machine.jetson}" if machine.jetson else ""
        return Finding("gpu", "ok", ", ".join([*machine.gpus, *([jetson] if jetson else [])]))
    return Finding(
        "gpu", "problem", "no NVIDIA GPU: nvidia-smi finds none, and this is no Jetson",
        "use platform: cpu, or in a container start it with --gpus all (Jetson: --runtime nvidia)",
    )  # fmt: skip


def _driver(machine: Machine, release: Release | None) -> Finding:
    if machine.jetson:
        return _board(machine.jetson, machine, release)
    if machine.driver is None:
        return Finding("driver", "problem", "none", "install it: ubuntu-drivers install")
    if release and numbers(machine.driver) < release.driver:
        wanted = ".".join(map(str, release.driver))
        return Finding(
            "driver", "problem",
            f"{machine.driver}; DeepStream {machine.deepstream} needs {wanted}",
            f"install a newer one: ubuntu-drivers install nvidia:{release.driver[0]}",
        )  # fmt: skip
    return Finding("driver", "ok", machine.driver)


def _board(l4t: str, machine: Machine, release: Release | None) -> Finding:
    if release and numbers(l4t) and numbers(l4t)[: len(release.l4t)] != release.l4t:
        wanted = ".".join(map(str, release.l4t))
        return Finding(
            "driver", "problem", f"L4T {l4t}; DeepStream {machine.deepstream} needs {wanted}",
            "flash the JetPack of this DeepStream, or take the DeepStream of this JetPack",
        )  # fmt: skip
    return Finding("driver", "ok", f"L4T {l4t}")


def _deepstream(machine: Machine) -> Finding:
    found = machine.deepstream
    if found is None:
        return Finding(
            "deepstream", "problem", "not in /opt/nvidia/deepstream/deepstream",
            "install it, or use the image: docs/docker.md",
        )  # fmt: skip
    if found not in RELEASES:
        return Finding("deepstream", "note", f"{found}, which nobody has tried; known: {_KNOWN}")
    return Finding("deepstream", "ok", found)


def _python(machine: Machine, release: Release | None) -> Finding:
    found = ".".join(map(str, machine.python))
    if release and machine.python != release.python:
        wanted = ".".join(map(str, release.python))
        return Finding(
            "python", "problem", f"{found}; DeepStream {machine.deepstream} needs {wanted}",
            f"python{wanted} -m venv --system-site-packages .venv",
        )  # fmt: skip
    return Finding("python", "ok", found)


def _pyds(machine: Machine, release: Release | None) -> Finding:
    found, wanted = machine.packages.get("pyds"), release.pyds if release else None
    version = machine.deepstream or "VERSION"
    mend = f"docker/pyds.sh {version} /tmp/wheels && pip install --no-deps /tmp/wheels/pyds-*.whl"
    if found is None:
        return Finding("pyds", "problem", "not installed", mend)
    if wanted and found != wanted:
        return Finding("pyds", "problem", f"{found}; DeepStream {version} needs {wanted}", mend)
    if release and wanted is None and found in {one.pyds for one in RELEASES.values()}:
        built = f"{found} is an older DeepStream's wheel; {version} needs one built for it"
        return Finding("pyds", "problem", built, mend)
    return Finding("pyds", "ok", found)


def _numpy(machine: Machine) -> Finding:
    found = machine.packages.get("numpy", "not installed")
    if numbers(found)[:1] != (1,):
        return Finding(
            "numpy", "problem", f"{found}; pyds needs numpy below 2",
            "pip install -r requirements/deepstream.txt",
        )  # fmt: skip
    return Finding("numpy", "ok", found)


def _tensorrt(machine: Machine, release: Release | None) -> Finding:
    found = machine.packages.get("tensorrt")
    if found is None:
        return Finding(
            "tensorrt", "note", "its Python module is not installed; nvinfer builds its own "
            "engines, the fusion model runs on the CPU", "apt-get install python3-libnvinfer",
        )  # fmt: skip
    if release and not machine.jetson and numbers(found)[:2] != release.tensorrt:
        wanted = ".".join(map(str, release.tensorrt))
        return Finding(
            "tensorrt", "problem",
            f"{found}; DeepStream {machine.deepstream} comes with {wanted}, and an engine of "
            "another version is not loaded", "pip uninstall tensorrt, "
            "and apt-get install python3-libnvinfer from the same source as DeepStream's",
        )  # fmt: skip
    return Finding("tensorrt", "ok", found)


def _pycuda(machine: Machine) -> Finding:
    if found := machine.packages.get("pycuda"):
        return Finding("pycuda", "ok", found)
    return Finding(
        "pycuda", "note", "not installed; the fusion model runs on the CPU",
        "pip install -r requirements/deepstream.txt",
    )  # fmt: skip


def _elements(machine: Machine) -> Iterator[Finding]:
    if machine.gstreamer is None:
        mend = "apt-get install python3-gi python3-gst-1.0"
        yield Finding("gstreamer", "problem", "no PyGObject, or no GStreamer", mend)
        return
    yield Finding("gstreamer", "ok", machine.gstreamer)
    lacks = [name for name in ELEMENTS if name in machine.lacks]
    if lacks:
        mend = "rm -r ~/.cache/gstreamer-1.0, then look why: gst-inspect-1.0 " + lacks[0]
        yield Finding("elements", "problem", "missing: " + ", ".join(lacks), mend)
    else:
        yield Finding("elements", "ok", f"all {len(ELEMENTS)} of DeepStream's")
    if ENCODER in machine.lacks:
        found = f"{ENCODER} is missing (Orin Nano has no encoder): --video cannot be written"
        yield Finding("encoder", "note", found)
    lacks = [name for name in SOUND if name in machine.lacks]
    if lacks:
        yield Finding(
            "codecs", "problem",
            "missing: " + ", ".join(lacks) + "; NVIDIA's images leave them out",
            "as root: /opt/nvidia/deepstream/deepstream/user_additional_install.sh",
        )  # fmt: skip
    else:
        yield Finding("codecs", "ok", "AAC sound")


def _mosquitto(machine: Machine) -> Finding:
    if machine.mosquitto:
        return Finding("libmosquitto", "ok", "there")
    needed = numbers(machine.deepstream or "")[:1] >= (8,)
    return Finding(
        "libmosquitto", "problem" if needed else "note",
        "missing; nvtracker's library needs it from DeepStream 8.0 on, even without MQTT",
        "apt-get install libmosquitto1",
    )  # fmt: skip
