"""Secondary mode, classifiers: labels for objects, remembered by track."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from plugins.cpu import pyds
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsObjectMeta
from plugins.cpu.nvinfer.classifier import attributes, labels_by_head
from plugins.cpu.nvinfer.nvinfer import NvInfer
from tests.plugins.cpu.batches import batch_with, person
from tests.plugins.cpu.networks import channel_means
from tests.plugins.cpu.nvinfer.inference import started

pytestmark = pytest.mark.gst

COLOURS = """
[property]
gie-unique-id=4
process-mode=2
network-type=1
operate-on-gie-id=1
onnx-file=net.onnx
labelfile-path=labels.txt
net-scale-factor=0.00392156862745098
"""


def classifier(folder: Path, keys: str = "", labels: str = "red;green;blue\n") -> NvInfer:
    """A network whose probability of a colour is the mean of its channel."""
    channel_means(folder / "net.onnx")
    (folder / "labels.txt").write_text(labels)
    return started(folder, COLOURS + keys)


def plain(red: int, green: int, blue: int) -> npt.NDArray[np.uint8]:
    picture = np.full((64, 64, 4), 255, np.uint8)
    picture[..., :3] = red, green, blue
    return picture


def shown(
    element: NvInfer, picture: npt.NDArray[np.uint8], frame_num: int = 0, size: float = 32
) -> NvDsFrameMeta:
    """One frame with one tracked person of size x size px through the element."""
    buffer, batch = batch_with([picture])
    (frame,) = batch.frame_items
    frame.frame_num = frame_num
    item = person(4, 4, size, size)
    item.object_id = 7
    item.text_params.display_text = "person 7"
    frame.object_items.append(item)
    element.on_batch(buffer, batch)
    return frame


def labels(item: NvDsObjectMeta) -> list[str]:
    """Read the labels as an application does."""
    found, node = [], item.classifier_meta_list
    while node is not None:
        meta = pyds.NvDsClassifierMeta.cast(node.data)
        inner = meta.label_info_list
        while inner is not None:
            found.append(pyds.NvDsLabelInfo.cast(inner.data).result_label)
            inner = inner.next
        node = node.next
    return found


def test_an_object_gets_the_label_of_the_most_probable_class(tmp_path: Path) -> None:
    frame = shown(classifier(tmp_path), plain(20, 40, 250))
    (item,) = frame.object_items
    (meta,) = item.classifier_items
    (info,) = meta.label_items
    assert (meta.unique_component_id, meta.num_labels) == (4, 1)
    assert (info.result_label, info.result_class_id, info.label_id) == ("blue", 2, 0)
    assert info.result_prob == pytest.approx(250 / 255, abs=1e-3)
    assert frame.bInferDone == 1


def test_the_label_follows_the_text_of_the_object(tmp_path: Path) -> None:
    (item,) = shown(classifier(tmp_path), plain(250, 0, 0)).object_items
    assert item.text_params.text == "person 7 red "


def test_a_probability_that_only_reaches_the_threshold_is_no_label(tmp_path: Path) -> None:
    element = classifier(tmp_path, "classifier-threshold=1.0\n")
    assert labels(shown(element, plain(255, 0, 0)).object_items[0]) == []
    assert attributes({"out": np.array([0.5, 0.2], np.float32)}, (("a", "b"),), 0.5) == ()


def test_a_class_without_a_name_hangs_up_nothing(tmp_path: Path) -> None:
    element = classifier(tmp_path, labels="red\n")
    assert labels(shown(element, plain(0, 0, 250)).object_items[0]) == []


def test_each_output_layer_is_a_head_with_a_line_of_labels() -> None:
    names = labels_by_head(["van;car;", "red;green"])
    layers = {
        "kind": np.array([0.1, 0.8], np.float32),
        "colour": np.array([0.6, 0.3], np.float32),
    }
    found = attributes(layers, names, 0.2)
    assert [(one.head, one.class_id, one.label) for one in found] == [(0, 1, "car"), (1, 0, "red")]


def test_a_tracked_object_keeps_its_label_until_it_is_looked_at_again(tmp_path: Path) -> None:
    element = classifier(tmp_path, "secondary-reinfer-interval=2\n")
    pictures = [plain(250, 0, 0), plain(0, 250, 0), plain(0, 250, 0), plain(0, 0, 250)]
    seen = [
        labels(shown(element, picture, n).object_items[0]) for n, picture in enumerate(pictures)
    ]
    assert seen == [["red"], ["red"], ["red"], ["blue"]]
    assert element.runs == 2


def test_an_object_that_grew_by_a_fifth_is_looked_at_again(tmp_path: Path) -> None:
    element = classifier(tmp_path, "secondary-reinfer-interval=100\n")
    assert labels(shown(element, plain(250, 0, 0), 0, size=30).object_items[0]) == ["red"]
    assert labels(shown(element, plain(0, 250, 0), 1, size=32).object_items[0]) == ["red"]
    assert labels(shown(element, plain(0, 250, 0), 2, size=34).object_items[0]) == ["green"]


def test_a_primary_classifier_labels_the_whole_frame(tmp_path: Path) -> None:
    element = classifier(tmp_path, "process-mode=1\noperate-on-gie-id=-1\n")
    frame = shown(element, plain(0, 250, 0))
    made = frame.object_items[-1]
    assert (made.class_id, made.unique_component_id) == (-1, 4)
    assert (made.rect_params.width, made.rect_params.height) == (64, 64)
    assert labels(made) == ["green"]


def test_a_parser_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="parse-classifier-func-name=MyParser"):
        classifier(tmp_path, "parse-classifier-func-name=MyParser\n")
