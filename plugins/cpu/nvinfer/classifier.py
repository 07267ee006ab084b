"""Classifier networks of nvinfer (network-type 1): labels for objects, or for whole frames.

Sources: parseAttributesFromSoftmaxLayers of nvdsinfer_context_impl_output_parsing.cpp and
attach_metadata_classifier of gstnvinfer_meta_utils.cpp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engines.protocol import Tensor
from plugins.cpu.metadata.meta import NvDsFrameMeta
from plugins.cpu.metadata.object_meta import NvDsClassifierMeta, NvDsLabelInfo, NvDsObjectMeta
from plugins.cpu.nvinfer.config import InferConfig
from plugins.cpu.nvinfer.history import Histories
from plugins.cpu.nvinfer.targets import Target

WHOLE_FRAME_CLASS = -1
"""class_id of the object that a primary classifier makes for the frame it labels."""

SOFTMAX_PARSER = "NvDsInferClassiferParseCustomSoftmax"
"""The parser of DeepStream's libnvds_infercustomparser.so, misspelt there."""

Labels = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """The best class of one output layer. head: which layer; probability: 0..1."""

    head: int
    class_id: int
    probability: float
    label: str


def labels_by_head(lines: Sequence[str]) -> Labels:
    """Split the label file of a classifier: one line per output layer, labels parted by ``;``."""
    return tuple(tuple(part for part in line.split(";") if part) for line in lines)


def attributes(
    layers: Mapping[str, Tensor], labels: Labels, threshold: float
) -> tuple[Attribute, ...]:
    """Give the best class of each layer whose probability is above the threshold, strictly.

    layers: (classes, ...) float32 of one picture, one head each, as the network gave them: nothing
    makes probabilities of logits here, the network has to.
    """
    found = []
    for head, values in enumerate(layers.values()):
        scores = np.asarray(values, np.float32).reshape(-1)[: values.shape[0]]
        best = int(scores.argmax())
        if not scores[best] > max(0.0, threshold):
            continue
        names = labels[head] if head < len(labels) else ()
        label = names[best] if best < len(names) else ""
        found.append(Attribute(head, best, float(scores[best]), label))
    return tuple(found)


class Classifier:
    """Hangs classifier metas on what one nvinfer looked at, and again on what it remembers."""

    def __init__(self, config: InferConfig) -> None:
        parser = config.parse_classifier_func_name
        if parser not in (None, SOFTMAX_PARSER):
            raise ValueError(
                f"parse-classifier-func-name={parser}; platform cpu has {SOFTMAX_PARSER}, which is "
                "what nvinfer does without the key, too"
            )
        self._config = config
        self._labels = labels_by_head(config.labels)

    def attach(self, target: Target, layers: Mapping[str, Tensor], histories: Histories) -> None:
        """Label the object, or the frame, of one picture; ``histories`` remember it by track."""
        found = attributes(layers, self._labels, self._config.classifier_threshold)
        target.frame.bInferDone = 1
        item = target.object
        if target.roi is not None:
            target.roi.classifier_items.extend(self._metas(found))
        elif item is not None:
            history = histories.find(target.frame, item)
            if history is not None:
                history.result = found
            self._label(item, found)
        elif _named(found):
            self._label(_whole_frame(target.frame, self._config.gie_unique_id), found)

    def recall(self, frame: NvDsFrameMeta, item: NvDsObjectMeta, histories: Histories) -> None:
        """Label an object that is not due with what was found when it was."""
        history = histories.find(frame, item)
        if history is not None and history.result is not None:
            self._label(item, history.result)

    def _label(self, item: NvDsObjectMeta, found: Sequence[Attribute]) -> None:
        metas = self._metas(found)
        item.classifier_items.extend(metas)
        if metas:
            words = "".join(f"{attribute.label} " for attribute in found if attribute.label)
            item.text_params.display_text = f"{item.text_params.text or ''} {words}"

    def _metas(self, found: Sequence[Attribute]) -> list[NvDsClassifierMeta]:
        # Without the name of a class nothing is hung up at all.
        if not _named(found):
            return []
        meta = NvDsClassifierMeta()
        meta.unique_component_id = self._config.gie_unique_id
        for attribute in found:
            info = NvDsLabelInfo()
            info.label_id, info.result_class_id = attribute.head, attribute.class_id
            info.result_prob, info.result_label = attribute.probability, attribute.label
            meta.label_items.append(info)
        return [meta]


def _named(found: Sequence[Attribute]) -> bool:
    return any(attribute.label for attribute in found)


def _whole_frame(frame: NvDsFrameMeta, unique_id: int) -> NvDsObjectMeta:
    made = NvDsObjectMeta()
    made.unique_component_id, made.class_id = unique_id, WHOLE_FRAME_CLASS
    made.rect_params.width, made.rect_params.height = frame.pipeline_width, frame.pipeline_height
    made.rect_params.border_width = 6
    made.rect_params.border_color.set(1.0, 0.0, 0.0, 1.0)
    made.text_params.font_params.font_size = 11
    made.text_params.font_params.font_color.set(1.0, 1.0, 1.0, 1.0)
    made.text_params.set_bg_clr = 1
    made.text_params.text_bg_clr.set(0.0, 0.0, 0.0, 1.0)
    frame.object_items.append(made)
    return made
