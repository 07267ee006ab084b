"""Frames of a filmed scene become a picture set with the marks of just these frames."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.detector.picture_set import PictureSet
from training.video_pictures import main, write_frames


def scene(folder: Path, *, frames: int = 7) -> Path:
    """A film in which frame n has a ball at 10 n px."""
    folder.mkdir()
    film = cv2.VideoWriter(str(folder / "door.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, (128, 64))
    marks = []
    for number in range(frames):
        film.write(np.full((64, 128, 3), 20 * number, np.uint8))
        marks.append(
            {
                "id": number + 1, "image_id": number + 1, "category_id": 6, "iscrowd": 0,
                "bbox": [10.0 * number, 5, 9, 9], "area": 81, "visible": 1.0,
            }
        )  # fmt: skip
    film.release()
    images = [
        {"id": n + 1, "file_name": f"door.mp4#{n + 1}", "width": 128, "height": 64}
        for n in range(frames)
    ]
    truth = {"images": images, "annotations": marks, "categories": []}
    (folder / "door.keypoints.json").write_text(json.dumps(truth))
    return folder


def test_every_third_frame_is_taken_with_its_own_marks(tmp_path: Path) -> None:
    truth = write_frames([scene(tmp_path / "one")], tmp_path / "set", every=3)
    content = json.loads(truth.read_text())
    assert [mark["bbox"][0] for mark in content["annotations"]] == [0, 30, 60]
    pictures = PictureSet(tmp_path / "set")
    assert len(pictures) == 3
    assert [int(pictures.picture(i)[10, 10].mean() / 20 + 0.5) for i in range(3)] == [0, 3, 6]


def test_a_folder_that_is_no_scene_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "set"), str(tmp_path / "empty")]) == 2
    assert "no NAME.keypoints.json" in capsys.readouterr().err


def test_a_film_shorter_than_its_truth_is_refused(tmp_path: Path) -> None:
    folder = scene(tmp_path / "one", frames=3)
    truth = json.loads((folder / "door.keypoints.json").read_text())
    truth["images"].append({"id": 4, "file_name": "door.mp4#4", "width": 128, "height": 64})
    (folder / "door.keypoints.json").write_text(json.dumps(truth))
    with pytest.raises(ValueError, match="ends before frame 4"):
        write_frames([folder], tmp_path / "set", every=1)
