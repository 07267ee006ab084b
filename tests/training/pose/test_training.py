"""The pose network learns, can be broken off, and becomes an ONNX file that says the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.ort import OrtEngine
from export.pose_to_onnx import as_stored, convert
from plugins.metadata import RawFrame
from plugins.pose_decoding import PoseSettings, decode_poses
from tests.training.pose.people import crops
from training.pose.batches import Batches, collate, measure, to_input
from training.pose.config import PoseConfig, PoseFit, PoseModel, load_config
from training.pose.loss import ABSENT, UNKNOWN, pose_loss
from training.pose.network import INPUT, PoseNet
from training.pose.start import begin_with, load_checkpoint
from training.pose.train import Run, main, train
from training.pose.views import plain_view

ROOT = Path(__file__).resolve().parents[3]
SMALL = PoseConfig(
    name="small",
    model=PoseModel(channels=(8, 16, 16, 16), blocks=(0, 0, 1), expansion=2),
    fit=PoseFit(steps=12, batch=8, lr=0.01, check_steps=6, ema=0.5),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run's folder whose crops are cut already, so that no rendered pictures are needed."""
    for side, count in (("train", 12), ("validation", 4), ("real", 2)):
        crops(tmp_path / "crops" / side, count)
    return tmp_path


def test_the_loss_falls_on_a_few_people(folder: Path) -> None:
    torch.manual_seed(0)
    stored = crops(folder / "few", 4)
    pixels, joints, size = collate([plain_view(stored, index) for index in range(4)])
    run = Run(SMALL.model_copy(update={"fit": PoseFit(steps=60, lr=0.01)}), folder, _cpu())
    losses = [run._step(pixels, joints, size) for _ in range(60)]
    assert np.mean(losses[-5:]) < 0.4 * losses[0]
    assert measure(run.average, stored, rows=range(4))["oks"] > 0.5


def test_a_joint_that_the_teachers_do_not_know_teaches_nothing() -> None:
    model = PoseNet(**SMALL.model.model_dump())
    pixels = torch.zeros(1, 128, 96, 3, dtype=torch.uint8)
    truth = torch.full((1, 17, 3), 40.0)
    gradients = []
    for visibility in (UNKNOWN, ABSENT):
        truth[..., 2] = visibility
        model.zero_grad()
        loss = pose_loss(
            model.logits(to_input(pixels)), truth, torch.tensor([60.0]), spread_px=2.0,
            hidden_weight=0.5, score_weight=1.0,
        )  # fmt: skip
        loss.backward()  # type: ignore[no-untyped-call]
        gradients.append(sum(float(p.grad.abs().sum()) for p in model.parameters()
                             if p.grad is not None))  # fmt: skip
    assert gradients[0] == 0
    assert gradients[1] > 0


def test_a_batch_has_its_share_of_real_people_and_is_the_same_each_time(folder: Path) -> None:
    rendered, real = crops(folder / "a", 6), crops(folder / "b", 2)
    batches = Batches(rendered, real, steps=3, batch=8, real_share=0.25, seed=1)
    first, again = batches[2], batches[2]
    assert first[0].shape == (8, 128, 96, 3)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_run_that_was_broken_off_goes_on(folder: Path) -> None:
    train(SMALL, folder, fresh=False, workers=0)
    run = Run(SMALL, folder, _cpu())
    assert run.resume()
    assert run.step == 12
    other = SMALL.model_copy(update={"seed": 2})
    assert not Run(other, folder, _cpu()).resume()


def test_the_exported_file_says_what_the_network_says(folder: Path) -> None:
    train(SMALL, folder, fresh=False, workers=0)
    target = folder / "models" / "small.onnx"
    assert convert(folder / "checkpoint.pt", target) < 1e-4

    stored = crops(folder / "seen", 2)
    pixels, _, _ = collate([plain_view(stored, index) for index in range(2)])
    model, _ = load_checkpoint(folder / "checkpoint.pt")
    with torch.no_grad():
        wanted = as_stored(model)(to_input(pixels))[0].numpy()
        exact = model(to_input(pixels))[0].numpy()
    np.testing.assert_allclose(wanted, exact, atol=0.01)  # weights are stored as halves
    engine = OrtEngine(target, threads=1)
    given = engine.run({"image": to_input(pixels).numpy()})
    np.testing.assert_allclose(given["simcc_x"], wanted, atol=1e-4)
    size = SMALL.model.channels[-1]
    assert engine.outputs == {
        "simcc_x": (None, 17, 96), "simcc_y": (None, 17, 128), "features": (None, size)
    }  # fmt: skip
    with torch.no_grad():
        seen = model.features(to_input(pixels))[1].mean(dim=(2, 3))
    np.testing.assert_allclose(given["features"], seen.numpy(), atol=1e-3)


def test_a_run_goes_on_from_an_exported_network(folder: Path) -> None:
    train(SMALL, folder, fresh=False, workers=0)
    target = folder / "models" / "small.onnx"
    convert(folder / "checkpoint.pt", target)
    pixels, _, _ = collate([plain_view(crops(folder / "seen", 2), index) for index in range(2)])
    trained, _ = load_checkpoint(folder / "checkpoint.pt")
    for path, source in ((target, as_stored(trained)), (folder / "checkpoint.pt", trained)):
        model = PoseNet(**SMALL.model.model_dump())
        begin_with(path, model, to_input(pixels))
        with torch.no_grad():
            wanted, given = source(to_input(pixels))[0], model.eval()(to_input(pixels))[0]
        np.testing.assert_allclose(given.numpy(), wanted.numpy(), atol=1e-4)
        with pytest.raises(ValueError, match="size"):
            begin_with(path, PoseNet(), to_input(pixels))


def test_a_place_in_the_input_comes_back_to_the_frame() -> None:
    model = PoseNet(**SMALL.model.model_dump()).eval()
    with torch.no_grad():
        along_x, along_y = (values.numpy() for values in model(torch.zeros(1, 3, 128, 96)))
    frame = RawFrame(
        source_id=0, pts_ns=0, ntp_ns=None, track_ids=[1], confidences=[0.9],
        boxes=np.array([[0, 0, 96, 128]], np.float32),
        crops=np.array([[0, 0, 96, 128]], np.float32), has_tensors=np.array([True]),
        tensors={"simcc_x": along_x, "simcc_y": along_y}, network=INPUT,
    )  # fmt: skip
    settings = PoseSettings(decoder="simcc", keep_aspect=True, symmetric=True)
    keypoints = decode_poses(frame, (640, 480), settings)[0]
    np.testing.assert_allclose(keypoints[:, 0], along_x[0].argmax(axis=1), atol=0.51)
    np.testing.assert_allclose(keypoints[:, 2], along_x[0].max(axis=1), atol=1e-6)


def test_the_shipped_run_can_be_read_and_mistakes_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load_config(ROOT / "configs" / "training" / "nano_pose.yaml").name == "nano_pose"
    bad = folder / "bad.yaml"
    bad.write_text("fit: {step: 3}\n")
    assert main([str(bad)]) == 2
    assert "did you mean 'steps'" in capsys.readouterr().err
    shutil.rmtree(folder / "crops")
    empty = folder / "empty.yaml"
    empty.write_text(f"data: {{train: [{folder}/none], validation: [{folder}/none]}}\n")
    assert main([str(empty), "--out", str(folder)]) == 2
    assert "python -m training.pictures" in capsys.readouterr().err


def _cpu() -> torch.device:
    return torch.device("cpu")
