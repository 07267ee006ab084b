"""nvinfer's configuration files are read as DeepStream reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugins.cpu.nvinfer_config import InferConfig, check_config, load_config

CONFIGS = sorted((Path(__file__).parents[3] / "configs" / "nvinfer").glob("*.txt"))

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
        ("cluster-mode=1", r"cluster-mode=1 \(DBSCAN\) is not there on platform cpu; set 2"),
        ("cluster-mode=3", r"cluster-mode=3 \(DBSCAN\)"),
        ("network-type=1", "network-type=1 is not there on platform cpu"),
        ("process-mode=3", "process-mode=3; wanted 1 or 2"),
        ("model-color-format=2", r"wanted 0 \(RGB\) or 1 \(BGR\)"),
        ("offsets=1;2", "offsets: wanted 3 numbers, got 2"),
        ("infer-dims=1;64;64", "wanted 3;height;width"),
        ("num-detected-classes=0", "every box would be dropped"),
        ("batch-size=0", "wanted at least 1"),
        ("mean-file=mean.ppm", "use offsets"),
        ("input-tensor-from-meta=1", "no nvdspreprocess"),
        ("batch-size=many", "batch-size=many: wanted int"),
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


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_shipped_files_load_without_a_warning(path: Path) -> None:
    config = load_config(path)
    kept_in = "models" if path.stem in {"detect_nano", "pose_nano"} else "store"
    assert check_config(config, path).parent.name == kept_in
    assert config.warnings == ()
    if config.network_type == 0:
        assert len(config.labels) == config.num_detected_classes
        assert config.labels[0] == "person"


def test_the_defaults_are_those_of_nvidia() -> None:
    config = InferConfig()
    assert (config.gie_unique_id, config.batch_size, config.interval) == (15, 1, 0)
    assert (config.process_mode, config.network_type, config.cluster_mode) == (1, 0, 0)
