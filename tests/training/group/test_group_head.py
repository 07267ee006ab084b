"""The group head learns who does what together, and becomes an ONNX file that says the same."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.load import load_engine
from engines.protocol import Tensor
from export.group_head_to_onnx import main as export_main
from export.group_head_to_onnx import sample_inputs
from recognition.groups import EMBEDDING, MEMBER_SIZE, MOST_MEMBERS
from recognition.layouts import LAYOUTS
from training.audio.network import weights_of
from training.group.config import GroupConfig, GroupFit, load_config
from training.group.fit import Clusters, fit_head, measures, thinned
from training.group.gather import embedded
from training.group.network import GroupHead
from training.group.scenes import CLASSES, GROUPS, Looks, joined, label_of
from training.group.train import load_head, main
from training.scenario.world import ActionTruth

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "configs" / "training" / "group_head.yaml"
FUSION = ROOT / "engines" / "models" / "fusion.onnx"


def drawn_clusters(count: int, seed: int) -> Clusters:
    """Clusters whose members' third statistic tells the class, and the rest next to nothing.

    Every other member takes part, and the twelfth tells who.
    """
    inputs = sample_inputs(count, seed)
    inputs["members"] *= 0.05
    labels = np.arange(count) % len(CLASSES)
    parts = inputs["mask"] * (np.arange(MOST_MEMBERS) % 2 == 0)
    inputs["members"][..., EMBEDDING + 3] = 2.0 * labels[:, None] - 2
    inputs["members"][..., EMBEDDING + 11] = 2 * parts - 1
    arrays = inputs["members"], inputs["mask"], labels, parts.astype(np.float32)
    members, mask, told, taking = (torch.from_numpy(values) for values in arrays)
    return members, mask, told, taking


def test_a_head_learns_what_members_have_in_common() -> None:
    fit = GroupFit(steps=40, batch=32, lr=0.01, ema=0.8, check_steps=40)
    told: list[int] = []
    head = fit_head(
        drawn_clusters(96, 0), GroupConfig(fit=fit), lambda _head, step, _loss: told.append(step)
    )
    figures = measures(head, drawn_clusters(48, 1))
    assert figures["macro_f1"] > 0.9
    assert figures["part_f1"] > 0.9
    assert told == [40]


def test_the_shipped_size_is_about_sixty_thousand_weights() -> None:
    head = GroupHead(len(CLASSES), **load_config(SHIPPED).model.model_dump())
    assert 45_000 < weights_of(head) < 65_000


@given(st.integers(2, MOST_MEMBERS), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_the_order_of_members_and_what_stands_beside_them_mean_nothing(
    count: int, seed: int
) -> None:
    head = GroupHead(len(CLASSES)).eval()
    generator = torch.Generator().manual_seed(seed)
    members = torch.randn(1, MOST_MEMBERS, MEMBER_SIZE, generator=generator)
    mask = (torch.arange(MOST_MEMBERS) < count).float()[None]
    order = torch.randperm(MOST_MEMBERS, generator=generator)
    spoilt = torch.where(mask[..., None] > 0, members, torch.nan)
    with torch.no_grad():
        logits, part = head(members, mask)
        torch.testing.assert_close(head(spoilt, mask), (logits, part))
        torch.testing.assert_close(head(spoilt[:, order], mask[:, order]), (logits, part[:, order]))


def test_actor_dropout_leaves_two_members_and_three_of_a_group_and_brings_none_back() -> None:
    members, mask, _, parts = drawn_clusters(200, 2)
    fit = GroupFit(actor_dropout=0.6, emb_dropout=0.5)
    seen, kept = thinned(members, mask, parts, fit, torch.Generator().manual_seed(0))
    assert int(kept.sum(dim=1).min()) == 2
    least = parts.sum(dim=1).clamp(max=3)
    assert bool(((kept * parts).sum(dim=1) >= least).all())
    assert kept.sum() < 0.9 * mask.sum()
    assert bool((kept <= mask).all())
    blind = (seen[..., :EMBEDDING] == 0).all(dim=-1).float().mean()
    assert 0.4 < float(blind) < 0.6
    torch.testing.assert_close(seen[..., EMBEDDING:], members[..., EMBEDDING:])


def event(action: str, onset_s: float, end_s: float, *actors: str) -> ActionTruth:
    return ActionTruth(action=action, level="group", actors=actors, onset_s=onset_s, end_s=end_s)


@pytest.mark.parametrize(
    ("names", "at_s", "label", "taking"),
    [
        ("ann bob cy", 3.0, "gathering", "ann bob cy"),
        ("ann bob cy x y", 3.0, "gathering", "ann bob cy"),
        ("ann bob", 3.0, None, ""),  # two who are seen are no gathering, nor nothing
        ("ann bob x", 3.0, None, ""),
        ("ann x", 3.0, "background", ""),  # one who gathers passes by others
        ("ann bob cy", 2.5, None, ""),  # it has just begun
        ("ann bob cy", 2.1, "background", ""),
        ("ann bob cy", 8.0, "background", ""),
        ("x y", 3.0, "walking_together", "x y"),
        ("ann bob cy x y", 5.0, "gathering", "ann bob cy"),  # what more of them do
    ],
)
def test_people_do_together_what_enough_of_them_take_part_in(
    names: str, at_s: float, label: str | None, taking: str
) -> None:
    truth = [
        event("gathering", 2.0, 6.0, "ann", "bob", "cy"),
        event("walking_together", 1.5, 3.0, "x", "y"),
        event("walking_together", 4.0, 7.0, "x", "y"),
        event("hug", 0, 9, "ann", "bob"),
    ]
    found, members = label_of(truth, names.split(), at_s)
    assert (None if found is None else CLASSES[found]) == label
    assert members == {*taking.split()}


def looks(version: str, windows: int, rows: list[list[int]]) -> Looks:
    shapes = LAYOUTS[version].input_shapes(48)
    filled = [row + [-1] * (MOST_MEMBERS - len(row)) for row in rows]
    return Looks(
        inputs={
            name: np.ones((windows, *(size or 0 for size in shape[1:])), np.float16)
            for name, shape in shapes.items()
        },
        rows=np.array(filled),
        statistics=np.ones((len(rows), MOST_MEMBERS, MEMBER_SIZE - EMBEDDING), np.float32),
        labels=np.zeros(len(rows), np.int64),
        parts=(np.array(filled) >= 0).astype(np.float32),
    )


class CountingFusion:
    """Embeds every window as its number. version: of its layout."""

    def __init__(self, version: str) -> None:
        self.inputs = LAYOUTS[version].input_shapes(48)
        self.outputs: Mapping[str, tuple[int | None, ...]] = {"emb": (None, EMBEDDING)}
        self.metadata = {"layout_version": version}
        self.sha256, self.runtime = "0" * 64, "none"
        self.seen = 0

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        shapes = {name: (None, *values.shape[1:]) for name, values in inputs.items()}
        assert shapes == dict(self.inputs)
        count = len(inputs["mod"])
        numbers = np.arange(self.seen, self.seen + count, dtype=np.float32)
        self.seen += count
        return {"emb": np.repeat(numbers[:, None], EMBEDDING, axis=1)}


@pytest.mark.parametrize("version", sorted(LAYOUTS))
def test_scenes_filmed_once_serve_fusion_models_of_either_layout(version: str) -> None:
    both = joined([looks("3", 3, [[0, 2]]), looks("3", 100, [[99, 0], [1]])])
    members, mask, labels, parts = embedded(both, CountingFusion(version))
    assert [row[:2, 0].tolist() for row in members] == [[0, 2], [102, 3], [4, 0]]
    assert mask.sum(dim=1).tolist() == [2, 2, 1]
    assert members.shape == (3, MOST_MEMBERS, MEMBER_SIZE)
    assert len(labels) == 3
    assert parts.tolist() == mask.tolist()


def test_a_run_ends_in_an_onnx_file_that_says_what_the_network_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("training.group.gather.CACHE", tmp_path / "cache")
    config = tmp_path / "head.yaml"
    config.write_text(
        "data: {scenes: 1, validation_scenes: 1, sound: 0}\n"
        "fit: {steps: 4, batch: 8, check_steps: 2}\n"
    )
    assert main([str(config), "--fusion", str(FUSION), "--out", str(tmp_path / "run")]) == 0
    figures, note, *rules = capsys.readouterr().out.splitlines()
    assert set(json.loads(figures)["f1"]) == {*GROUPS, "background"}
    assert note == "# for configs/taxonomy.yaml"
    assert [yaml.safe_load(line).keys() for line in rules] == [{name} for name in GROUPS]
    head, record = load_head(tmp_path / "run" / "checkpoint.pt")
    assert not head.training
    target = tmp_path / "group_head.onnx"
    assert export_main([str(tmp_path / "run" / "checkpoint.pt"), "--out", str(target)]) == 0
    table = json.loads(capsys.readouterr().out)["largest_difference"]
    assert list(table) == ["1", "7", "64"]
    assert max(table.values()) < 1e-4
    engine = load_engine(target, threads=1)
    assert engine.inputs == {
        "members": (None, MOST_MEMBERS, MEMBER_SIZE), "mask": (None, MOST_MEMBERS)
    }  # fmt: skip
    assert json.loads(engine.metadata["labels"]) == list(CLASSES)
    assert engine.metadata["fusion_sha256"] == load_engine(FUSION).sha256 == record["fusion_sha256"]
    assert [part.version for part in onnx.load(target).opset_import] == [18]
    assert str(tmp_path) not in str(engine.metadata)
    assert json.loads(engine.metadata["training"])["fit"]["steps"] == 4


def test_mistakes_are_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("fit: {step: 3}\n")
    assert main([str(path)]) == 2
    assert "did you mean 'steps'" in capsys.readouterr().err
    assert main([str(SHIPPED), "--fusion", str(tmp_path / "none.onnx")]) == 2
    assert "none.onnx: no such model file" in capsys.readouterr().err
    pose = ROOT / "engines" / "models" / "nano_pose.onnx"
    assert main([str(SHIPPED), "--fusion", str(pose)]) == 2
    assert "nano_pose.onnx: made for feature layout none" in capsys.readouterr().err
    (tmp_path / "no.pt").write_text("no checkpoint")
    assert export_main([str(tmp_path / "no.pt"), "--out", str(tmp_path / "x.onnx")]) == 2
    assert "not a checkpoint of training.group.train" in capsys.readouterr().err
    assert not (tmp_path / "x.onnx").exists()
