"""The graph as data: what is drawn is what runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.config import ROOT, Config
from pipelines.config_file import load_config
from pipelines.graph import action_graph, describe
from tests.golden import check_golden

SITE = """\
platform: {platform}
sources:
  - {{name: clip, uri: /clips/clip.mp4}}
  - {{name: dock, uri: 'rtsp://user:secret@10.0.0.7/main', tcp: true}}
mux: {{width_px: 768, height_px: 432}}
"""


def site(folder: Path, platform: str) -> Config:
    path = folder / "site.yaml"
    path.write_text(SITE.format(platform=platform))
    return load_config(path)


@pytest.mark.parametrize("platform", ["cpu", "deepstream"])
def test_the_graph_of_a_site_is_the_one_in_the_golden_file(tmp_path: Path, platform: str) -> None:
    text = describe(action_graph(site(tmp_path, platform), video=Path("/out/video.mp4")))
    golden = Path(__file__).parent / "golden" / f"graph_{platform}.txt"
    check_golden(golden, text.replace(str(ROOT), "ROOT") + "\n")


def test_passwords_are_in_no_drawing(tmp_path: Path) -> None:
    graph = action_graph(site(tmp_path, "cpu"))
    assert "secret" not in describe(graph) + describe(graph, "dot")


def test_every_link_joins_nodes_that_are_there(tmp_path: Path) -> None:
    graph = action_graph(site(tmp_path, "cpu"), video=Path("v.mp4"), paced=True)
    names = [node.name for node in graph.nodes]
    assert len(names) == len(set(names))
    assert {end for link in graph.links for end in (link.source, link.sink)} <= set(names)


def test_only_live_sources_make_a_live_mux_and_files_beside_them_keep_their_pace(
    tmp_path: Path,
) -> None:
    config = site(tmp_path, "cpu")
    graph = action_graph(config)
    assert next(n for n in graph.nodes if n.name == "mux").properties["live-source"] is True
    assert "pace_0" in [node.name for node in graph.nodes]
    files = config.model_copy(update={"sources": config.sources[:1]})
    alone = action_graph(files)
    assert next(n for n in alone.nodes if n.name == "mux").properties["live-source"] is False
    assert "pace_0" not in [node.name for node in alone.nodes]


def test_the_graph_is_printed_without_gstreamer(tmp_path: Path) -> None:
    site(tmp_path, "cpu")
    code = (
        "import sys; sys.modules['gi'] = None\n"
        "from pipelines.cli import main; sys.exit(main(sys.argv[1:]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, "graph", str(tmp_path / "site.yaml"), "--dot"],
        capture_output=True,
        cwd=ROOT,
        check=False,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("digraph edgeact {")


def test_nvinfer_is_told_of_the_engine_for_as_many_sources_as_there_are(tmp_path: Path) -> None:
    config = site(tmp_path, "deepstream")
    detector = next(n for n in action_graph(config).nodes if n.name == "detect")
    # One of another size, which the file names, would be built anew at every start.
    assert "_b1_" in config.detect.config.read_text(encoding="utf-8")
    assert detector.properties["batch-size"] == 2
    assert str(detector.properties["model-engine-file"]).endswith(".onnx_b2_gpu0_fp16.engine")


def test_an_engine_under_a_name_of_its_own_stays_as_it_is(tmp_path: Path) -> None:
    config = site(tmp_path, "deepstream")
    own = tmp_path / "detect.txt"
    own.write_text(
        "[property]\nonnx-file=net.onnx\nmodel-engine-file=by_hand.engine\nbatch-size=1\n"
    )
    detect = config.detect.model_copy(update={"config": own})
    graph = action_graph(config.model_copy(update={"detect": detect}))
    detector = next(n for n in graph.nodes if n.name == "detect")
    assert detector.properties["model-engine-file"] == str(tmp_path / "by_hand.engine")
