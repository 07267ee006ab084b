"""``edgeact doctor``: what is wrong with a machine, in the order in which to mend it.

Machines with NVIDIA hardware are drawn here; the one that runs the tests has none.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import tests.plugins.conftest  # noqa: F401  # loads GStreamer before warnings become errors
from engines.engine_manifest import EngineManifest, write_engine
from engines.registry import digest
from pipelines.config_file import load_config
from pipelines.doctor.command import judge
from pipelines.doctor.deepstream import ELEMENTS, SOUND
from pipelines.doctor.engine_files import judge_engine, judge_site
from pipelines.doctor.findings import Finding
from pipelines.doctor.machine import Machine, read_machine
from tests.pipelines.toy_site import make_site, run_edgeact

T4 = "Tesla T4 (sm_75)"
SERVER = Machine(
    python=(3, 10),
    driver="560.35.03",
    gpus=(T4,),
    deepstream="7.1",
    gstreamer="1.20.3",
    packages={"numpy": "1.26.4", "pyds": "1.2.0", "tensorrt": "10.3.0.26", "pycuda": "2026.1"},
)
ORIN = replace(SERVER, driver=None, gpus=(), jetson="36.4.3")


def problems(findings: list[Finding]) -> dict[str, str]:
    return {one.part: f"{one.found}; {one.mend}" for one in findings if one.state == "problem"}


@pytest.mark.parametrize("machine", [SERVER, ORIN], ids=["server", "orin"])
def test_a_machine_as_nvidia_describes_it_has_nothing_to_mend(machine: Machine) -> None:
    assert problems(judge("deepstream", machine)) == {}


@pytest.mark.parametrize(
    ("changed", "part", "words"),
    [
        ({"gpus": ()}, "gpu", "no NVIDIA GPU"),
        ({"driver": None}, "driver", "ubuntu-drivers install"),
        ({"driver": "470.82.01"}, "driver", "470.82.01; DeepStream 7.1 needs 535.183"),
        ({"jetson": "38.2.0"}, "driver", "L4T 38.2.0; DeepStream 7.1 needs 36.4"),
        ({"deepstream": None}, "deepstream", "docs/docker.md"),
        ({"python": (3, 12)}, "python", "3.12; DeepStream 7.1 needs 3.10"),
        ({"gstreamer": None}, "gstreamer", "apt-get install python3-gi"),
        ({"lacks": frozenset(ELEMENTS)}, "elements", "rm -r ~/.cache/gstreamer-1.0"),
        ({"lacks": frozenset(SOUND)}, "codecs", "user_additional_install.sh"),
    ],
)
def test_each_part_that_is_not_right_is_told_with_what_mends_it(
    changed: dict[str, object], part: str, words: str
) -> None:
    found = problems(judge("deepstream", replace(SERVER, **changed)))  # type: ignore[arg-type]
    assert list(found) == [part]
    assert words in found[part]


@pytest.mark.parametrize(
    ("package", "version", "words"),
    [
        ("pyds", None, "docker/pyds.sh 7.1"),
        ("pyds", "1.2.2", "1.2.2; DeepStream 7.1 needs 1.2.0"),
        ("numpy", "2.2.6", "2.2.6; pyds needs numpy below 2"),
        ("tensorrt", "10.9.0", "comes with 10.3"),
    ],
)
def test_packages_of_another_release_are_told(
    package: str, version: str | None, words: str
) -> None:
    packages = {**SERVER.packages, package: version}
    present = {name: said for name, said in packages.items() if said is not None}
    found = problems(judge("deepstream", replace(SERVER, packages=present)))
    assert list(found) == [package]
    assert words in found[package]


def test_deepstream_9_takes_no_wheel_of_an_older_one() -> None:
    newer = replace(SERVER, deepstream="9.1", python=(3, 12), driver="595.58.03", mosquitto=True)
    packages = {**SERVER.packages, "tensorrt": "10.16.0", "pyds": "1.2.2"}
    found = problems(judge("deepstream", replace(newer, packages=packages)))
    assert "an older DeepStream's wheel" in found["pyds"]


def test_trackers_library_needs_libmosquitto_from_deepstream_8_on() -> None:
    newer = replace(SERVER, deepstream="8.0", python=(3, 12), driver="570.133.20")
    packages = {**SERVER.packages, "tensorrt": "10.9.0", "pyds": "1.2.2"}
    found = problems(judge("deepstream", replace(newer, packages=packages)))
    assert found == {
        "libmosquitto": "missing; nvtracker's library needs it from DeepStream 8.0 on, "
        "even without MQTT; apt-get install libmosquitto1"
    }


def test_a_machine_is_read_as_nvidia_writes_it_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {
        "opt/nvidia/deepstream/deepstream/version": "Version: 7.1.0\nGCID: 39153239\n",
        "etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic\n",
    }
    for name, text in told.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    program = tmp_path / "nvidia-smi"
    program.write_text(
        "#!/bin/sh\necho '560.35.03, Tesla T4, 7.5'\necho '560.35.03, Orin, [N/A]'\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = read_machine(root=tmp_path)
    assert (machine.deepstream, machine.jetson, machine.driver) == ("7.1", "36.4.3", "560.35.03")
    assert machine.gpus == (T4, "Orin")


def test_a_jetson_is_known_by_its_devices_where_a_container_hides_its_release(
    tmp_path: Path,
) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "nvmap").touch()
    hidden = read_machine(root=tmp_path).jetson
    assert hidden == "of an unknown version"
    assert problems(judge("deepstream", replace(ORIN, jetson=hidden))) == {}


@pytest.mark.gst
def test_a_platform_that_does_not_fit_does_not_start(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"a": "a.mp4"})
    site.write_text(site.read_text().replace("platform: cpu", "platform: deepstream"))
    run = run_edgeact("check", site)
    assert run.returncode == 2
    assert "platform: deepstream does not fit this machine:" in run.stdout
    assert "\n  pyds: not installed; docker/pyds.sh" in run.stdout


@pytest.mark.skipif(shutil.which("nvidia-smi") is not None, reason="this machine has a GPU")
@pytest.mark.gst
def test_without_nvidia_hardware_the_cpu_is_all_right_and_deepstream_is_not() -> None:
    run = run_edgeact("doctor", "--json")
    assert run.returncode == 0, run.stderr
    told = json.loads(run.stdout)
    assert [name for name, platform in told.items() if platform["fine"]] == ["cpu"]
    alone = run_edgeact("doctor", "--platform", "deepstream")
    assert alone.returncode == 1
    assert "PROBLEM gpu" in alone.stdout
    assert "not been run on NVIDIA hardware yet" in alone.stdout


def engine(folder: Path, *, gpu: str = T4, version: str = "10.3.0.26", batches: int = 4) -> Path:
    """An engine file with its manifest and its ONNX file, as ``export.build_engines`` leaves it."""
    onnx = folder / "net.onnx"
    onnx.write_text("a network")
    path = folder / f"net.onnx_b{batches}_gpu0_fp16.engine"
    manifest = EngineManifest(
        runtime="tensorrt", version=version, gpu=gpu, precision="fp16", batches=(batches,),
        onnx=onnx.name, onnx_sha256=digest(onnx), engine_sha256=digest(onnx),
        rebuild="python -m export.build_engines net.txt",
    )  # fmt: skip
    write_engine(path, b"a network", manifest)
    return path


def test_an_engine_that_fits_is_fine_and_one_of_anything_else_is_told(tmp_path: Path) -> None:
    assert judge_engine(engine(tmp_path), SERVER).state == "ok"
    for path, words in (
        (
            engine(tmp_path, gpu="NVIDIA L4 (sm_89)"),
            "this machine has tensorrt 10.3.0.26 and Tesla",
        ),
        (engine(tmp_path, version="10.9.0"), "built by tensorrt 10.9.0"),
    ):
        found = judge_engine(path, SERVER)
        assert found.state == "problem"
        assert words in found.found
        assert "Rebuild it: python -m export.build_engines net.txt" in found.found
    path = engine(tmp_path)
    (tmp_path / "net.onnx").write_text("trained again")
    assert "built from another net.onnx" in judge_engine(path, SERVER).found


def test_a_sites_engines_and_parsers_are_looked_for(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"a": "a.mp4", "b": "b.mp4"})
    detect = tmp_path / "detect.txt"
    detect.write_text(
        f"{detect.read_text()}custom-lib-path=parsers.so\nmodel-engine-file=built_by_hand.engine\n"
    )
    pose = tmp_path / "pose.txt"
    pose.write_text(f"{pose.read_text()}model-engine-file=pose.onnx_b1_gpu0_fp32.engine\n")
    packages = {**SERVER.packages, "onnxruntime": "1.23.2"}
    told = [str(one) for one in judge_site(load_config(site), replace(SERVER, packages=packages))]
    assert "does not name detect.onnx_b2_gpu0_fp32.engine" in told[0]
    assert "set model-engine-file to detect.onnx_b2_gpu0_fp32.engine" in told[0]
    assert told[0].endswith("detect.txt --batch-size 2")
    assert told[1].startswith("detect: no output parser parsers.so; make -C plugins/nvdsinfer")
    assert "pose.onnx_b1_gpu0_fp32.engine is not built yet" in told[2]
    assert told[3] == "fusion: fusion.onnx on the CPU"
