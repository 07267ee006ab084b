"""`edgeact cpu-run`: what a program meets in the process that is made for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.gst

ROOT = Path(__file__).resolve().parents[2]


def run(program: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipelines.cli", "cpu-run", str(program), *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )


def program(folder: Path, text: str) -> Path:
    path = folder / "app.py"
    path.write_text(text)
    return path


def test_a_program_finds_the_twins_pyds_and_no_gpu(tmp_path: Path) -> None:
    text = """
import sys
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
import beside
import pyds
from cuda import cuda, cudart
print(__name__, sys.argv[1:], beside.WORD, pyds.__version__)
Gst.init(None)
for name in ("nvinfer", "nvstreammux", "nvv4l2decoder", "nveglglessink"):
    element = Gst.ElementFactory.make(name, None)
    print(element.get_factory().get_name(), element.get_name())
print([Gst.ElementFactory.make(name, "x") for name in ("nvdewarper", "nvdewarper", "no-such")])
print(cuda.cuInit(0)[0] == cuda.CUresult.CUDA_SUCCESS, cudart.cudaGetDeviceCount()[1])
sys.exit(7)
"""
    (tmp_path / "beside.py").write_text("WORD = 'beside'\n")
    ended = run(program(tmp_path, text), "-i", "uri", "--no-display")
    assert ended.stdout.splitlines() == [
        "__main__ ['-i', 'uri', '--no-display'] beside 1.2.0",
        "nvinfer nvinfer0",
        "nvstreammux nvstreammux0",
        "nvv4l2decoder nvv4l2decoder0",
        "nveglglessink nveglglessink0",
        "[None, None, None]",
        "False 0",
    ]
    assert ended.returncode == 7
    assert ended.stderr == (
        "edgeact cpu-run: platform cpu has no twin of 'nvdewarper', so the program gets None for "
        "it; docs/cpu-run.md lists the twins\n"
    )


@pytest.mark.parametrize(("said", "new"), [("yes", True), ("1", False)])
def test_a_program_may_choose_its_mux_before_it_starts_gstreamer(
    tmp_path: Path, said: str, new: bool
) -> None:
    text = f"""
import os
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
os.environ["USE_NEW_NVSTREAMMUX"] = "{said}"
Gst.init(None)
Gst.init(None)
mux = Gst.ElementFactory.make("nvstreammux")
print(mux.get_name(), mux.find_property("width") is None)
"""
    ended = run(program(tmp_path, text))
    assert ended.stdout == f"nvstreammux0 {new}\n", ended.stderr


@pytest.mark.parametrize("start", ["fork", "spawn", "a program of its own"])
def test_processes_that_a_program_starts_find_deepstream_too(tmp_path: Path, start: str) -> None:
    (tmp_path / "work.py").write_text(
        "import gi\n"
        "gi.require_version('Gst', '1.0')\n"
        "from gi.repository import Gst\n"
        "def work():\n"
        "    Gst.init(None)\n"
        "    import pyds\n"
        "    names = ('nvstreammux', 'nvinfer')\n"
        "    made = [bool(Gst.ElementFactory.make(name)) for name in names]\n"
        "    print(pyds.__version__, made, flush=True)\n"
        "if __name__ == '__main__':\n"
        "    work()\n"
    )
    text = f"""
import multiprocessing, subprocess, sys
from work import work
if __name__ == "__main__":
    if {start!r} in ("fork", "spawn"):
        child = multiprocessing.get_context({start!r}).Process(target=work)
        child.start()
        child.join()
    else:
        subprocess.run([sys.executable, {str(tmp_path / "work.py")!r}], check=True)
"""
    ended = run(program(tmp_path, text))
    assert ended.stdout == "1.2.0 [True, True]\n", ended.stderr
    assert ended.returncode == 0


def test_an_error_of_the_program_is_shown_as_python_shows_it(tmp_path: Path) -> None:
    ended = run(program(tmp_path, "import atexit\natexit.register(print, 'bye')\n1 / 0\n"))
    assert ended.returncode == 1
    assert ended.stdout == "bye\n"
    assert "ZeroDivisionError" in ended.stderr
    assert "cpu_run.py" not in ended.stderr
    assert f'File "{tmp_path / "app.py"}", line 3' in ended.stderr


def test_a_program_that_is_not_there_is_told_in_one_line() -> None:
    ended = run("no_such_app.py")
    assert ended.returncode == 2
    assert ended.stderr == (
        "edgeact: no_such_app.py: no such file; wanted a Python program that uses pyds\n"
    )


def test_a_pipeline_that_is_left_playing_does_not_hold_up_the_end(tmp_path: Path) -> None:
    text = """
import gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc ! nvvideoconvert ! mux.sink_0 nvstreammux name=mux width=64 height=48 ! "
    "nveglglessink name=display sync=0"
)
pipeline.set_state(Gst.State.PLAYING)
pipeline.get_state(Gst.CLOCK_TIME_NONE)
print("leaving")
"""
    ended = run(program(tmp_path, text))
    assert ended.stdout == "leaving\n"
    assert ended.returncode == 0
    assert "display 'display': " in ended.stderr
