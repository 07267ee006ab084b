"""Clips of one's own actions become a report, an ONNX file and events, by the README's commands."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest

from settings.errors import ConfigError
from tests.training.own_actions import OwnActions
from tests.training.small_ucf101 import CLASSES, small_ucf101
from training.config import DataConfig, load_config
from training.gather import both_sides

pytestmark = pytest.mark.gst

RUN = """\
name: mine
data: {{clips: [{tracks}], hop_steps: 3}}
model: {{layout: 4, encoder: lrcn, channels: 16, dropout: 0.0}}
fit: {{epochs: 4, epoch_windows: 1024, batch: 32, lr: 0.003, ema: 0.9}}
"""


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnActions:
    """The clips of a small UCF-101, recorded."""
    folder = tmp_path_factory.mktemp("own")
    made = OwnActions(folder, small_ucf101(folder / "UCF-101"))
    made.record()
    (folder / "run.yaml").write_text(RUN.format(tracks=made.tracks), encoding="utf-8")
    return made


def test_clips_are_trained_on_reported_and_told_as_events(own: OwnActions) -> None:
    said = own.train(own.folder / "run.yaml")
    assert said["validation_macro_f1"] > 0.3
    model = onnx.load(own.folder / "mine.onnx")
    known = {entry.key: entry.value for entry in model.metadata_props}
    assert json.loads(known["labels"]) == list(CLASSES)
    assert known["trained_on"] == f"labelled clips of {own.tracks}"
    figures = own.report()
    assert figures["data"]["kind"] == "clips"
    assert set(figures["classes"]) == set(CLASSES)
    page = (own.folder / "report" / "index.html").read_text(encoding="utf-8")
    assert "6 clips of mine.hactrack (split test)" in page
    events = own.events(own.videos / "WavingHello" / "v_WavingHello_g02_c01.avi")
    assert {event["data"]["event"]["action"] for event in events} <= set(CLASSES)
    assert {event["data"]["event"]["phase"] for event in events} >= {"start", "end"}


def test_validation_people_are_held_back_from_the_training_clips(own: OwnActions) -> None:
    train, validation, classes = both_sides(load_config(own.folder / "run.yaml"))
    assert classes == CLASSES
    groups = set(train.subjects.tolist()), set(validation.subjects.tolist())
    assert all(groups)
    assert not groups[0] & groups[1]
    assert set(train.labels.tolist()) == {0, 1, 2}


def test_clips_and_filmed_motion_are_not_mixed() -> None:
    assert DataConfig.model_validate({"clips": ["a.hactrack"]}).train_passes == 0
    with pytest.raises(ValueError, match="scenes, recorded: cannot be used beside clips"):
        DataConfig.model_validate({"clips": ["a.hactrack"], "scenes": 3, "recorded": ["b"]})


def test_a_class_that_the_clips_do_not_have_cannot_be_drawn_more(
    own: OwnActions, tmp_path: Path
) -> None:
    path = tmp_path / "run.yaml"
    text = RUN.format(tracks=own.tracks).replace("ema: 0.9", "ema: 0.9, boost: {WavingHelo: 2}")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"fit.boost: 'WavingHelo' is no class; did you mean"):
        both_sides(load_config(path))
