"""Raw tensors: where they hang, how long they live."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import numpy as np
import pytest

from plugins.cpu.metadata.object_meta import NvDsUserMeta
from plugins.cpu.metadata.tensor_meta import NvDsInferTensorMeta
from tests.plugins.cpu.batches import batch_with
from tests.plugins.cpu.networks import channel_means
from tests.plugins.cpu.nvinfer.inference import grey, started

pytestmark = pytest.mark.gst


def test_raw_tensors_live_as_long_as_the_buffer_that_carries_them(tmp_path: Path) -> None:
    channel_means(tmp_path / "net.onnx")
    text = "[property]\nonnx-file=net.onnx\nnetwork-type=100\noutput-tensor-meta=1\n"
    element = started(tmp_path, text)
    buffer, batch = batch_with([grey(10)])
    element.on_batch(buffer, batch)
    (user_meta,) = batch.frame_items[0].user_items
    values = weakref.ref(_array_of(user_meta))
    del batch, user_meta
    element.on_batch(*batch_with([grey(20)]))
    gc.collect()
    kept = values()
    assert kept is not None
    assert kept.tolist() == [10, 10, 10]
    del kept, buffer
    gc.collect()
    assert values() is None


def _array_of(user_meta: NvDsUserMeta) -> np.ndarray[tuple[int, ...], np.dtype[np.generic]]:
    return NvDsInferTensorMeta.cast(user_meta.user_meta_data).layers[0].array
