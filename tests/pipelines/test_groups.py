"""Which group head a site gets: the one beside its fusion model, another, or none."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from engines.errors import EngineError
from engines.load import load_engine
from export.group_head_to_onnx import OUTPUTS, metadata_of, sample_inputs
from export.single_file import write_onnx
from pipelines.config import FusionConfig
from pipelines.config_file import load_config
from pipelines.groups import known_labels, site_group_head
from settings.errors import ConfigError
from training.group.network import GroupHead
from training.group.scenes import CLASSES, GROUPS

SHIPPED = Path(__file__).resolve().parents[2] / "engines" / "models" / "fusion.onnx"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shipped fusion model and an untrained head that was made for it."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(SHIPPED, folder / "fusion.onnx")
    record = {
        "labels": list(CLASSES), "git_sha": "none", "data_hash": "none", "config": {},
        "fusion_sha256": load_engine(SHIPPED).sha256,
    }  # fmt: skip
    example = {name: torch.from_numpy(values) for name, values in sample_inputs(2, 0).items()}
    write_onnx(
        GroupHead(len(CLASSES)), example, folder / "group_head.onnx", outputs=OUTPUTS,
        metadata=metadata_of(record, "group_head"),
    )  # fmt: skip
    return folder


def site(folder: Path, fusion: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(
        "platform: cpu\nsources: [{name: hall, uri: testbin://videotestsrc}]\n"
        f"fusion: {{{fusion}}}\n"
    )
    return path


def test_the_head_beside_the_fusion_model_tells_what_groups_do(models: Path) -> None:
    config = load_config(site(models, "model: fusion.onnx"))
    fusion = load_engine(config.fusion.model)
    head = site_group_head(config.fusion, fusion)
    assert head is not None
    inputs = sample_inputs(5, 1)
    scores, part = head.judge(inputs["members"], inputs["mask"])
    assert scores.shape == (5, len(CLASSES))
    assert (part > 0).sum() == inputs["mask"].sum()
    np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-6)
    labels = known_labels(config, fusion)
    assert {*GROUPS} < {*labels}
    assert len({*labels}) == len(labels)


@pytest.mark.parametrize(
    "fusion", ["model: elsewhere/alone.onnx", "model: fusion.onnx, group_head: false"]
)
def test_without_one_beside_it_or_switched_off_nothing_is_told_of_groups(
    models: Path, fusion: str
) -> None:
    (models / "elsewhere").mkdir(exist_ok=True)
    shutil.copy(SHIPPED, models / "elsewhere" / "alone.onnx")
    config = load_config(site(models, fusion))
    assert site_group_head(config.fusion, load_engine(config.fusion.model)) is None


def test_a_head_is_found_beside_the_configuration_and_refused_for_another_fusion_model(
    models: Path,
) -> None:
    shutil.copy(models / "group_head.onnx", models / "mine.onnx")
    config = load_config(site(models, "group_head: mine.onnx"))
    assert config.fusion.group_head == models / "mine.onnx"
    other = load_engine(SHIPPED)
    other.sha256 = "ab" * 32  # type: ignore[misc]
    with pytest.raises(EngineError, match=r"mine.onnx: trained for the fusion model with sha256"):
        site_group_head(config.fusion, other)


def test_a_fusion_model_without_embeddings_has_no_head_unless_one_is_asked_for(
    models: Path,
) -> None:
    blind = load_engine(models / "fusion.onnx")
    blind.outputs.pop("emb")  # type: ignore[attr-defined]
    model = models / "fusion.onnx"
    assert site_group_head(FusionConfig(model=model), blind) is None
    asked = FusionConfig(model=model, group_head=models / "group_head.onnx")
    with pytest.raises(EngineError, match="gives no output emb, which a group head needs"):
        site_group_head(asked, blind)


def test_a_head_is_a_file_or_false(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"site.yaml:3: fusion.group_head"):
        load_config(site(tmp_path, "group_head: true"))
