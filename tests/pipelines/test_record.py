"""``edgeact record`` keeps what the program saw and heard, and training makes windows of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from recognition.layouts import SOCIAL
from recognition.recording import Recording, read_recording
from recognition.scoring import Span
from recognition.truth import CameraTruth, SceneTruth
from tests.pipelines.toy_site import make_clip, make_site, run_edgeact
from training.dataset import Filming
from training.extract import extract, extract_folders, person_segments
from training.labels import CLASSES

pytestmark = pytest.mark.gst

FILMING = Filming(side="train", passes=1, seed=0, objects=0.0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    folder = tmp_path_factory.mktemp("site")
    clip = make_clip(folder / "clip.mp4", seconds=6, sound=True)
    other = make_clip(folder / "other.mp4", seconds=3)
    site = make_site(folder, {"lobby": str(clip), "desk": str(other)})
    run = run_edgeact("record", site, "--to", folder / "recording.npz")
    assert run.returncode == 0, run.stderr
    assert "135 frames" in run.stderr
    return read_recording(folder / "recording.npz")


def truth_of(recording: Recording, *, moved: float = 0.0) -> SceneTruth:
    """Ann stands where the program saw somebody, or ``moved`` px beside; she waves from 2 s on."""
    cameras = {}
    for source_id, name in enumerate(recording.sources):
        shots = [f for f in recording.frames if f.source_id == source_id and f.persons]
        boxes = [f.persons[0].box / (f.width, f.height, f.width, f.height) for f in shots]
        cameras[name] = CameraTruth(
            frames=np.array([round(f.pts_ns * 15 / 1e9) for f in shots]),
            persons=np.array(["ann"] * len(shots)),
            boxes=np.stack(boxes).astype(np.float32) + np.float32(moved),
            visible=np.ones(len(shots), np.float32),
            rate_hz=15,
        )
    return SceneTruth(
        duration_s=6.0,
        persons=("ann",),
        spans=(Span(action="wave", person="ann", onset_s=2.0, end_s=6.0),),
        cameras=cameras,
    )


def test_a_recording_holds_every_frame_pose_and_sound_of_every_source(recorded: Recording) -> None:
    assert recorded.sources == ("lobby", "desk")
    assert not recorded.knows_objects
    count = {s: sum(f.source_id == s for f in recorded.frames) for s in (0, 1)}
    assert count == {0: 90, 1: 45}
    assert all(f.persons[0].keypoints is not None for f in recorded.frames if f.persons)
    assert {sound.source_id for sound in recorded.sounds} == {0}


def test_windows_are_named_by_what_the_matched_person_does(recorded: Recording) -> None:
    truth = truth_of(recorded)
    parts = extract(recorded, truth, FILMING, np.random.default_rng(0), subject="toy")
    labels = {CLASSES[label] for part in parts for label in part.labels}
    assert labels == {"wave", "background"}
    assert [part.inputs["mod"][-1, 3] for part in parts] == [1, 0]


def test_a_track_that_is_nobody_is_background(recorded: Recording) -> None:
    truth = truth_of(recorded, moved=5.0)
    parts = extract(recorded, truth, FILMING, np.random.default_rng(0), subject="toy")
    assert {CLASSES[label] for part in parts for label in part.labels} == {"background"}


def test_what_is_written_down_for_nobody_alone_is_background() -> None:
    spans = (
        Span(action="walk", person="ann", onset_s=1.0, end_s=2.0),
        Span(action="hug", person="ann", onset_s=2.0, end_s=3.0),
    )
    truth = SceneTruth(duration_s=4.0, persons=("ann",), spans=spans, cameras={})
    told = sorted((s.start, s.end, s.label) for s in person_segments(truth, "ann"))
    assert told == [
        (0, 30, "background"),
        (30, 60, "walk"),
        (60, 90, "background"),
        (90, 120, "background"),
    ]
    social = {(s.start, s.end): s.label for s in person_segments(truth, "ann", SOCIAL)}
    assert social[60, 90] == "hug"
    assert social[30, 60] == "walk"


def test_a_recording_has_neighbours_for_a_network_that_is_told_of_them(
    recorded: Recording,
) -> None:
    parts = extract(
        recorded, truth_of(recorded), FILMING, np.random.default_rng(0), subject="toy",
        layout=SOCIAL,
    )  # fmt: skip
    for part in parts:
        assert set(part.inputs) == set(SOCIAL.input_shapes(48))
        assert (part.inputs["mod"][:, 4] == 1).all()


def test_a_recording_has_a_name_of_its_kind_and_a_folder_that_is_there(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"a": "missing.mp4"})
    wrong = run_edgeact("record", site, "--to", tmp_path / "x.mp4")
    assert wrong.returncode == 2
    assert "a recording is an NPZ file" in wrong.stderr
    nowhere = run_edgeact("record", site, "--to", tmp_path / "none" / "x.npz")
    assert nowhere.returncode == 2
    assert "its folder does not exist" in nowhere.stderr


def test_a_folder_without_recordings_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no scene in it has a recording.npz"):
        extract_folders([tmp_path], hop_steps=5, truncate=0.0)
