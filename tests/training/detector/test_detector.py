"""The small detector learns, answers in YOLOX's layout, and is the same in ONNX Runtime."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from engines.load import load_engine
from engines.registry import STORE
from export.detector_to_onnx import largest_difference
from export.detector_to_onnx import main as export_main
from plugins.cpu.nvinfer.parsers import ParseInput, parse_yolox
from training.detector.boxes import cells, decode
from training.detector.config import DetectorConfig, Phase, Source, load_config
from training.detector.evaluate import Found, average_precision, found_in
from training.detector.network import YoloxNano, published
from training.detector.picture_set import Marks, PictureSet
from training.detector.samples import Batches, clipped, cut_out
from training.detector.train import Trainer, load_detector, main, run

YOLOX = STORE / "yolox_nano.onnx"


def picture_set(folder: Path) -> Path:
    """Two pictures: a tall red block is a person, a small blue one a cup."""
    (folder / "pictures").mkdir(parents=True)
    images: list[dict[str, object]] = []
    marks: list[dict[str, object]] = []
    for number in range(2):
        picture = np.full((360, 640, 3), 90, np.uint8)
        for kind, (x, y, w, h), color in (
            (1, (100 + 250 * number, 80, 90, 230), (30, 30, 200)),
            (3, (500 - 300 * number, 150, 50, 60), (210, 60, 20)),
        ):
            cv2.rectangle(picture, (x, y), (x + w, y + h), color, -1)
            marks.append(
                {
                    "id": len(marks) + 1, "image_id": number + 1, "category_id": kind,
                    "bbox": [x, y, w, h], "area": w * h, "visible": 1.0, "iscrowd": 0,
                }
            )  # fmt: skip
        cv2.imwrite(str(folder / "pictures" / f"{number}.png"), picture)
        images.append({"id": number + 1, "file_name": f"{number}.png", "width": 640, "height": 360})
    truth = {"images": images, "annotations": marks, "categories": []}
    (folder / "truth.json").write_text(json.dumps(truth))
    return folder


def settings(folder: Path, steps: int) -> DetectorConfig:
    return DetectorConfig(
        train=(Source(folder=folder),), validation=Source(folder=folder),
        phases=(Phase(steps=steps, width=160, height=96, batch=4),), keep_every=2, lr=0.002,
    )  # fmt: skip


def test_the_loss_goes_down_on_two_pictures(tmp_path: Path) -> None:
    config = settings(picture_set(tmp_path / "set"), steps=60)
    trainer = Trainer(config, "cpu")
    batches = Batches(config, [PictureSet(tmp_path / "set")])
    losses = [trainer.fit(batches[step])["loss"] for step in range(60)]
    assert np.mean(losses[-10:]) < 0.7 * np.mean(losses[:10])


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    config = settings(picture_set(tmp_path / "set"), steps=4)
    trainer = Trainer(config, "cpu")
    batches = Batches(config, [PictureSet(tmp_path / "set")])
    for step in range(2):
        trainer.fit(batches[step])
    (tmp_path / "run").mkdir()
    trainer.save(tmp_path / "run" / "checkpoint.pt")
    run(config, tmp_path / "run")
    _, record = load_detector(tmp_path / "run" / "checkpoint.pt")
    assert record["step"] == 4


def test_the_parser_of_the_cpu_platform_reads_the_cells_as_training_does() -> None:
    torch.manual_seed(0)
    network = YoloxNano().eval()
    values = network(torch.rand(1, 3, 96, 160))[0].detach()
    told = ParseInput(width=160, height=96, image=(-1e4, -1e4, 1e4, 1e4), lowest=0.0)
    found = parse_yolox({"output": values.numpy()}, told)
    boxes = decode(values, cells(160, 96)).numpy()
    np.testing.assert_allclose(found.boxes[:, :2], boxes[:, :2], atol=1e-3)
    np.testing.assert_allclose(found.boxes[:, 2:], boxes[:, 2:] - boxes[:, :2], atol=1e-3)
    scores = (values[:, 5:] * values[:, 4:5]).max(dim=1).values
    np.testing.assert_allclose(found.scores, scores.numpy(), rtol=1e-6)


def test_the_exported_file_agrees_with_torch_and_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = Trainer(settings(tmp_path, steps=1), "cpu")
    trainer.save(tmp_path / "checkpoint.pt")
    target = tmp_path / "nano.onnx"
    assert export_main([str(tmp_path / "checkpoint.pt"), "--out", str(target)]) == 0
    assert largest_difference(trainer.average.half().float(), target) < 1e-3
    assert target.stat().st_size < 2_500_000
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["name"] == "nano"
    assert "nano.onnx" in (tmp_path / "manifest.yaml").read_text()


def test_a_part_of_a_picture_carries_its_marks_along() -> None:
    picture = np.zeros((360, 640, 3), np.uint8)
    cv2.rectangle(picture, (200, 100), (299, 249), (255, 255, 255), -1)
    marks = Marks(boxes=np.array([[200, 100, 300, 250]], np.float32), classes=np.array([2]))
    for seed in range(20):
        cut, moved = cut_out(picture, marks, (416, 256), np.random.default_rng(seed), whole=False)
        bright = np.argwhere(cut[..., 0] > 127)
        if len(bright) and len(moved.boxes) and moved.classes[0] == 2:
            top_left, bottom_right = bright.min(axis=0)[::-1], bright.max(axis=0)[::-1]
            np.testing.assert_allclose(moved.boxes[0, :2], top_left, atol=2)
            np.testing.assert_allclose(moved.boxes[0, 2:], bottom_right + 1, atol=2)


def test_what_is_mostly_cut_away_is_neither_asked_for_nor_held_against_the_network() -> None:
    boxes = np.array([[-90, 10, 10, 60], [20, 20, 70, 90]], np.float32)
    marks = clipped(boxes, np.array([3, 3]), (100, 100))
    assert marks.classes.tolist() == [-1, 3]


def test_perfect_boxes_have_an_average_precision_of_one_and_unknown_regions_cost_nothing() -> None:
    marks = Marks(
        boxes=np.array([[0, 0, 50, 90], [60, 10, 80, 30], [90, 0, 130, 40]], np.float32),
        classes=np.array([0, 2, -1]),
    )
    found = Found(marks.boxes, np.array([0, 2, 5]), np.array([0.9, 0.8, 0.7], np.float32))
    assert average_precision([found], [marks]) == pytest.approx({"person": 1.0, "cup": 1.0})


def test_one_box_is_left_of_two_that_say_the_same() -> None:
    values = np.zeros((64 * 36 + 32 * 18 + 16 * 9, 14), np.float32)
    for column in (10, 11):
        values[64 * 10 + column, :] = [10.5 - column, 0.5, 2, 2, 0.9, 0.9, *[0] * 8]
    found = found_in(values, 1.0)
    assert len(found.boxes) == 1
    np.testing.assert_allclose(found.boxes[0, :2].mean(), 84 - 4 * np.exp(2), atol=1e-3)


def test_a_picture_set_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.yaml"
    missing = tmp_path / "nothing"
    path.write_text(
        f"train: [{{folder: {missing}}}]\nvalidation: {{folder: {missing}}}\n"
        "phases: [{steps: 1}]\n"
    )
    assert main([str(path), "--out", str(tmp_path / "out")]) == 2
    assert "python -m training.pictures" in capsys.readouterr().err


def test_an_unknown_key_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("name: mine\nwidhts: 4\n")
    assert main([str(path)]) == 2
    assert f"{path}:2: widhts" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["nano_detector", "nano_detector_video"])
def test_the_shipped_settings_are_well_formed(name: str) -> None:
    root = Path(__file__).resolve().parents[3]
    assert load_config(root / "configs" / "training" / f"{name}.yaml").steps > 100


@pytest.mark.skipif(not YOLOX.is_file(), reason="needs: python -m export.fetch yolox_nano")
def test_the_network_takes_up_the_published_weights_and_answers_as_the_published_file() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (1, 3, 416, 416)).astype(np.float32)
    wanted = load_engine(YOLOX).run({"images": picture})["output"]
    with torch.no_grad():
        given = published(YOLOX, None).eval()(torch.from_numpy(picture / 255)).numpy()
    np.testing.assert_allclose(given, wanted, atol=1e-3)
    assert published(YOLOX)(torch.zeros(1, 3, 64, 64)).shape == (1, 64 + 16 + 4, 14)


def test_weights_that_are_not_there_are_told_with_the_command_that_prepares_them(
    tmp_path: Path,
) -> None:
    with pytest.raises(FileNotFoundError, match=r"python -m export\.fetch yolox_nano"):
        published(tmp_path / "nothing.onnx")
