"""Configuration file and engine files: read and found by name as DeepStream does."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.cpu.nvinfer.checks import check_config, engine_warning
from plugins.cpu.nvinfer.config import ClassAttrs, InferConfig, load_config

DETECTOR = """
# a detector
[property]
gie-unique-id=7
onnx-file=models/net.onnx
num-detected-classes=3
cluster-mode=2
offsets=1.5;2;3
net-scale-factor=0.0039
labelfile-path=names.txt
operate-on-class-ids=0;2

[class-attrs-all]
pre-cluster-threshold=0.4
topk=20

[class-attrs-2]
nms-iou-threshold=0.7
border-color=0;1;0;1
"""

DETECTOR_YAML = """
property:
  gie-unique-id: 7
  onnx-file: models/net.onnx
  num-detected-classes: 3
  cluster-mode: 2
  offsets: 1.5;2;3
  net-scale-factor: 0.0039
  labelfile-path: names.txt
  operate-on-class-ids: 0;2
class-attrs-all:
  pre-cluster-threshold: 0.4
  topk: 20
class-attrs-2:
  nms-iou-threshold: 0.7
  border-color: 0;1;0;1
"""


def written(folder: Path, text: str = DETECTOR, name: str = "net.txt") -> Path:
    (folder / "names.txt").write_text("person\nbag\ncar\n")
    path = folder / name
    path.write_text(text)
    return path


def test_values_arrive_with_their_types_and_paths_relative_to_the_file(tmp_path: Path) -> None:
    config = load_config(written(tmp_path))
    assert config.gie_unique_id == 7
    assert config.onnx_file == tmp_path / "models" / "net.onnx"
    assert config.offsets == (1.5, 2.0, 3.0)
    assert config.labels == ("person", "bag", "car")
    assert config.operate_on_class_ids == {0, 2}
    assert config.warnings == ()


def test_attributes_of_one_class_override_those_of_all(tmp_path: Path) -> None:
    attrs = load_config(written(tmp_path)).class_attrs
    assert [a.pre_cluster_threshold for a in attrs] == [0.4, 0.4, 0.4]
    assert [a.nms_iou_threshold for a in attrs] == [0.3, 0.3, 0.7]
    assert [a.topk for a in attrs] == [20, 20, 20]
    assert attrs[2].border_color == (0, 1, 0, 1)


def test_the_yaml_form_says_the_same(tmp_path: Path) -> None:
    text = load_config(written(tmp_path))
    assert load_config(written(tmp_path, DETECTOR_YAML, "net.yml")) == text


def test_an_unknown_key_warns_with_the_likely_one(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, DETECTOR + "top-k=3\n[propery]\n"))
    assert config.warnings == (
        f"{tmp_path}/net.txt: group [propery] is unknown and has no effect",
        f"{tmp_path}/net.txt: [class-attrs-2] top-k is unknown and has no effect; "
        "did you mean 'topk'?",
    )


def test_keys_that_only_concern_a_gpu_are_taken_silently(tmp_path: Path) -> None:
    text = DETECTOR.replace("cluster-mode=2", "cluster-mode=2\nnetwork-mode=2\ngpu-id=0")
    assert load_config(written(tmp_path, text)).warnings == ()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("cluster-mode=0", r"cluster-mode=0 is group rectangles.*set 2 \(NMS\) or 4 \(none\)"),
        ("cluster-mode=5", r"cluster-mode=5 is unknown; wanted 1 \(DBSCAN\), 2"),
        ("network-type=3\ncluster-mode=2", "does not go with network-type=3.*set 4"),
        ("network-type=4", "network-type=4 is not there on platform cpu"),
        ("parse-segmentation-func-name=Mine", "nvinfer's own parser"),
        ("gie-unique-id=0", "gie-unique-id=0; wanted at least 1"),
        ("process-mode=3", "process-mode=3; wanted 1 or 2"),
        ("model-color-format=3", r"wanted 0 \(RGB\), 1 \(BGR\) or 2 \(grey\)"),
        ("model-color-format=2\noffsets=1;2;3", "offsets: wanted 1 numbers, got 3"),
        ("network-input-order=2", r"wanted 0 \(NCHW\) or 1 \(NHWC\)"),
        ("network-input-order=1\ninfer-dims=3;64;64", "wanted height;width;3"),
        ("offsets=1;2", "offsets: wanted 3 numbers, got 2"),
        ("infer-dims=1;64;64", "wanted 3;height;width"),
        ("num-detected-classes=0", "every box would be dropped"),
        ("batch-size=0", "batch-size=0; wanted 1 to 1024"),
        ("batch-size=1025", "batch-size=1025; wanted 1 to 1024"),
        ("batch-size=many", "batch-size=many: wanted int"),
        ("stabilize-buffer-count=2", "every batch goes on"),
        ("maintain-aspect-ratio=2", "wanted 0 or 1"),
    ],
)
def test_what_the_twin_cannot_do_is_refused_with_the_reason(
    tmp_path: Path, line: str, reason: str
) -> None:
    text = DETECTOR.split("[class-attrs-all]")[0] + line
    path = written(tmp_path, text)
    with pytest.raises(ValueError, match=reason):
        check_config(load_config(path), path)


def test_attributes_of_a_class_that_is_not_there_are_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, DETECTOR + "[class-attrs-3]\ntopk=1\n")
    with pytest.raises(ValueError, match=r"\[class-attrs-3\]: wanted a class below"):
        load_config(path)


def test_a_line_that_is_no_key_is_reported_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"net\.txt:3: wanted \[group\] or key=value; got 'what'"):
        load_config(written(tmp_path, "[property]\nbatch-size=1\nwhat\n"))


def test_a_missing_file_says_which(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"absent\.txt: cannot read"):
        load_config(tmp_path / "absent.txt")


def test_a_network_of_type_100_ignores_its_label_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[property]\nnetwork-type=100\nlabelfile-path=absent.txt\n")
    assert load_config(path).labels == ()


def test_the_defaults_are_those_of_nvidia() -> None:
    config = InferConfig()
    assert (config.gie_unique_id, config.batch_size, config.interval) == (15, 1, 0)
    assert (config.process_mode, config.network_type, config.cluster_mode) == (1, 0, 0)
    assert config.secondary_reinfer_interval == 2**31 - 1
    assert config.segmentation_threshold == 0.5
    attrs = ClassAttrs()
    assert (attrs.pre_cluster_threshold, attrs.post_cluster_threshold) == (0.2, 0.0)
    assert (attrs.nms_iou_threshold, attrs.topk) == (0.3, -1)
    assert (attrs.eps, attrs.min_boxes, attrs.dbscan_min_score) == (0.0, 0, 0.0)


def test_threshold_is_the_old_spelling_of_the_pre_cluster_threshold(tmp_path: Path) -> None:
    text = DETECTOR.replace("pre-cluster-threshold", "threshold")
    config = load_config(written(tmp_path, text))
    assert config.class_attrs[0].pre_cluster_threshold == 0.4
    assert config.warnings == ()


def test_min_boxes_without_its_capital_is_reported_and_has_no_effect(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, DETECTOR + "min-boxes=3\nminBoxes=2\n"))
    assert config.class_attrs[2].min_boxes == 2
    assert config.warnings == (
        f"{tmp_path}/net.txt: [class-attrs-2] min-boxes is unknown and has no effect; "
        "did you mean 'minBoxes'?",
    )


def test_lists_and_flags_of_yaml_mean_what_they_mean_in_text(tmp_path: Path) -> None:
    text = DETECTOR_YAML.replace("0;2", "[0, 2]").replace(
        "offsets: 1.5;2;3", "offsets: [1.5, 2, 3]"
    )
    text = text.replace("cluster-mode: 2", "cluster-mode: 2\n  maintain-aspect-ratio: true")
    config = load_config(written(tmp_path, text, "net.yaml"))
    assert config.operate_on_class_ids == {0, 2}
    assert config.offsets == (1.5, 2.0, 3.0)
    assert config.maintain_aspect_ratio


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("net.txt", DETECTOR_YAML, r"net\.txt:2: wanted \[group\] or key=value"),
        ("net.yml", DETECTOR, r"net\.yml: (not YAML|wanted maps)"),
    ],
)
def test_one_form_under_the_name_of_the_other_fails(
    tmp_path: Path, name: str, text: str, reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        load_config(written(tmp_path, text, name))


def test_a_detector_takes_the_first_name_of_each_line_of_labels(tmp_path: Path) -> None:
    path = written(tmp_path)
    (tmp_path / "names.txt").write_text("person;human\nbag\n")
    assert load_config(path).labels == ("person", "bag")


ENGINE = DETECTOR.replace("cluster-mode=2", "cluster-mode=2\nnetwork-mode={}\nbatch-size=4\n{}")


@pytest.mark.parametrize(
    ("mode", "line", "name"),
    [
        (0, "", "net.onnx_b4_gpu0_fp32.engine"),
        (2, "gpu-id=1", "net.onnx_b4_gpu1_fp16.engine"),
        (3, "", "net.onnx_b4_gpu0_best.engine"),
        (1, "int8-calib-file=calib.txt", "net.onnx_b4_gpu0_int8.engine"),
        (1, "", "net.onnx_b4_gpu0_fp16.engine"),  # INT8 without calibration is FP16
        (2, "enable-dla=1\nuse-dla-core=1", "net.onnx_b4_dla1_fp16.engine"),
    ],
)
def test_an_engine_is_looked_for_under_the_name_that_nvinfer_gives_it(
    tmp_path: Path, mode: int, line: str, name: str
) -> None:
    right, wrong = (
        f"{line}\nmodel-engine-file=models/{name}",
        f"{line}\nmodel-engine-file=my.engine",
    )
    path = written(tmp_path, ENGINE.format(mode, right))
    assert engine_warning(load_config(path), path) is None
    path = written(tmp_path, ENGINE.format(mode, wrong))
    told = engine_warning(load_config(path), path)
    assert told is not None
    assert f"saves what it builds as {tmp_path / 'models' / name}" in told
    (tmp_path / "my.engine").touch()
    assert engine_warning(load_config(path), path) is None


@pytest.mark.parametrize(
    ("keys", "network_type"),
    [
        ("is-classifier=1", 1),
        ("is-classifier=0", 0),
        ("is-classifier=1\nnetwork-type=100", 100),
    ],
)
def test_is_classifier_of_old_files_is_a_network_type(
    tmp_path: Path, keys: str, network_type: int
) -> None:
    config = load_config(written(tmp_path, f"[property]\n{keys}\n"))
    assert config.network_type == network_type
    assert not config.warnings


def test_keys_of_model_formats_that_are_gone_are_known(tmp_path: Path) -> None:
    text = "[property]\nuff-input-order=0\nuff-input-blob-name=input_1\ninput-dims=3;544;960;0\n"
    assert not load_config(written(tmp_path, text)).warnings
