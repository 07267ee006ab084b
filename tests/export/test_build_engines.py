"""Engines get the names that nvinfer looks for, and are built anew when something changed.

TensorRT itself is not here: TensorRT-RTX, whose builder has the same interface, stands in for it.
"""

from __future__ import annotations

import platform
from dataclasses import replace
from pathlib import Path

import pytest

from engines.engine_manifest import check_machine, check_sources
from engines.errors import EngineError
from engines.load import load_engine
from export.build_engines import build, is_current, main, model_job, nvinfer_job
from export.plan import Profile
from plugins.cpu.key_file import read_sections
from tests.export.small_networks import convolving

CONFIGS = Path(__file__).resolve().parents[2] / "configs" / "nvinfer"
GPU = "Orin (sm_87)"

NVINFER = """
[property]
onnx-file=net.onnx
batch-size=4
network-mode=0
model-engine-file=net.onnx_b4_gpu0_fp32.engine
"""

rtx = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="TensorRT-RTX has wheels for x86_64 only"
)


def nvinfer_file(folder: Path, text: str = NVINFER) -> Path:
    path = folder / "net.txt"
    path.write_text(text)
    convolving(folder / "net.onnx")
    return path


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.txt")), ids=lambda path: path.stem)
def test_the_shipped_nvinfer_files_name_the_engine_that_is_built_for_them(path: Path) -> None:
    keys = read_sections(path)["property"]
    if "model-engine-file" not in keys or "enable-dla" in keys:
        return  # a graph for platform cpu alone, an engine that nvinfer alone builds
    job = nvinfer_job(path, batch=None, gpu=0)
    assert job.engine == (CONFIGS / keys["model-engine-file"]).resolve()
    assert job.profiles == (Profile(1, int(keys["batch-size"]), int(keys["batch-size"])),)


def test_engines_for_a_dla_core_are_left_to_nvinfer() -> None:
    with pytest.raises(EngineError, match="nvinfer builds this engine itself"):
        nvinfer_job(CONFIGS / "detect_yolox_s_dla.txt", batch=None, gpu=0)


def test_a_name_that_nvinfer_would_not_find_again_is_refused(tmp_path: Path) -> None:
    path = nvinfer_file(tmp_path, NVINFER.replace("_b4_", "_b1_"))
    with pytest.raises(EngineError, match=r"Set it to net\.onnx_b4_gpu0_fp32\.engine"):
        nvinfer_job(path, batch=None, gpu=0)


def test_batch_size_and_gpu_can_be_others_than_the_file_s(tmp_path: Path) -> None:
    job = nvinfer_job(nvinfer_file(tmp_path), batch=8, gpu=1)
    assert job.engine == tmp_path / "net.onnx_b8_gpu1_fp32.engine"
    assert job.rebuild.endswith("net.txt --batch-size 8 --gpu 1")


@rtx
def test_an_engine_is_current_until_its_onnx_or_the_machine_is_another(tmp_path: Path) -> None:
    import tensorrt_rtx_bindings as trt

    job = nvinfer_job(nvinfer_file(tmp_path), batch=None, gpu=0)
    here = {"version": trt.__version__, "gpu_name": GPU}
    assert not is_current(job, **here)
    build(job, trt, gpu_name=GPU, timing_cache=None)
    assert check_sources(job.engine).batches == (4,)
    assert is_current(job, **here)
    assert not is_current(job, version="10.3.0", gpu_name=GPU)
    assert not is_current(job, version=trt.__version__, gpu_name="Thor (sm_110)")
    convolving(tmp_path / "net.onnx", halves=True)
    assert not is_current(job, **here)


@rtx
def test_an_engine_of_another_machine_is_refused_with_the_command_that_rebuilds_it(
    tmp_path: Path,
) -> None:
    import tensorrt_rtx_bindings as trt

    job = nvinfer_job(nvinfer_file(tmp_path), batch=None, gpu=0)
    build(job, trt, gpu_name=GPU, timing_cache=None)
    manifest = check_sources(job.engine)
    check_machine(job.engine, manifest, version=trt.__version__, gpu=GPU)
    with pytest.raises(EngineError) as refusal:
        check_machine(job.engine, manifest, version=trt.__version__, gpu="Thor (sm_110)")
    assert "this machine has tensorrt_rtx" in str(refusal.value)
    assert f"Rebuild it: python -m export.build_engines {tmp_path}/net.txt" in str(refusal.value)


@rtx
def test_a_strongly_typed_half_engine_is_built_from_a_half_graph(tmp_path: Path) -> None:
    import tensorrt_rtx_bindings as trt

    model = convolving(tmp_path / "net.onnx")
    job = model_job(model, precision="fp16", strongly_typed=True)
    assert job.engine.name == "net_fp16.engine"
    own = replace(job, engine=tmp_path / job.engine.name)
    build(own, trt, gpu_name=GPU, timing_cache=None)
    assert check_sources(own.engine).batches == (1, 16, 128)


@rtx
def test_a_library_that_is_strongly_typed_only_asks_for_it(tmp_path: Path) -> None:
    import tensorrt_rtx_bindings as trt

    job = model_job(convolving(tmp_path / "net.onnx"), precision="fp16", strongly_typed=False)
    with pytest.raises(EngineError, match="builds strongly typed networks only; add --strongly"):
        build(job, trt, gpu_name=GPU, timing_cache=None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[property]\nbatch-size=1\n", "onnx-file: missing; an engine is built from ONNX"),
        (NVINFER.replace("mode=0", "mode=3"), "network-mode=3: wanted 0 (fp32), 1 (int8) or 2"),
    ],
)
def test_what_no_engine_can_be_built_from_is_told_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    assert main([str(nvinfer_file(tmp_path, text))]) == 2
    assert words in capsys.readouterr().err
    assert main([str(tmp_path / "absent.txt")]) == 2
    assert "absent.txt: cannot read this configuration file" in capsys.readouterr().err


@rtx
def test_an_engine_file_without_a_gpu_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    from export.rtx_engine import build_rtx_engine

    model, engine = convolving(tmp_path / "net.onnx"), tmp_path / "net.engine"
    build_rtx_engine(model, engine)
    try:
        import pycuda.driver  # noqa: F401
    except ImportError:
        wanted = r"engine files need pycuda.driver .*pip install pycuda"
        with pytest.raises(EngineError, match=wanted):
            load_engine(engine)
    convolving(model, halves=True)
    with pytest.raises(EngineError, match="Rebuild it: python -m"):
        load_engine(engine)
