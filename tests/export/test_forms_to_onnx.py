"""Every form of the fusion network becomes a file that answers alike and that runtimes accept."""

from pathlib import Path

import numpy as np
import onnx
import pytest

from engines.load import load_engine
from export.rtx_engine import rtx_library
from export.to_onnx import agrees, differences, export, sample_inputs
from tests.training.forms import OF_OWN_LAYERS, name_of, network
from training.config import ModelConfig

UNWANTED = {
    "Einsum", "LSTM", "GRU", "RNN", "Loop", "If", "Scan", "NonZero", "GridSample", "OneHot",
    "ScatterND", "ScatterElements", "GatherND", "GatherElements",
}  # fmt: skip
"""What TensorRT takes badly or slowly, and loops over time in whatever form."""


@pytest.fixture(scope="module", params=OF_OWN_LAYERS, ids=name_of)
def form(request: pytest.FixtureRequest) -> ModelConfig:
    assert isinstance(request.param, ModelConfig)
    return request.param


@pytest.fixture(scope="module")
def exported(form: ModelConfig, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("form") / "fusion.onnx"
    export(network(form), {}, path, steps=48)
    return path


def test_the_file_answers_like_the_network_at_every_batch(
    form: ModelConfig, exported: Path
) -> None:
    assert agrees(differences(network(form), exported, steps=48))


def test_the_file_takes_the_program_s_inputs_and_only_the_batch_is_free(
    form: ModelConfig, exported: Path
) -> None:
    engine = load_engine(exported)
    assert dict(engine.inputs) == form.features.input_shapes(48)
    assert set(engine.outputs) == {"logits", "emb", "gate", "uni"}
    proto = onnx.load(str(exported))
    for value in proto.graph.output:
        sizes = value.type.tensor_type.shape.dim
        assert sizes[0].dim_param
        assert all(size.dim_value for size in sizes[1:])


def test_the_graph_has_nothing_that_runtimes_take_badly(exported: Path) -> None:
    graph = onnx.load(str(exported)).graph
    assert not {node.op_type for node in graph.node} & UNWANTED
    constant = {tensor.name for tensor in graph.initializer}
    constant |= {node.output[0] for node in graph.node if node.op_type == "Constant"}
    gathers = [node for node in graph.node if node.op_type == "Gather"]
    assert all(node.input[1] in constant for node in gathers), "an index depends on the data"


def test_nvidia_s_own_parser_takes_the_file(exported: Path) -> None:
    pytest.importorskip("tensorrt_rtx_bindings", reason="needs TensorRT for RTX, on x86_64")
    trt = rtx_library()
    logger = trt.Logger()
    network_definition = trt.Builder(logger).create_network()
    parser = trt.OnnxParser(network_definition, logger)
    assert parser.parse_from_file(str(exported)), [
        parser.get_error(number).desc() for number in range(parser.num_errors)
    ]


def test_nan_under_every_mask_does_not_reach_the_file_s_answer(
    form: ModelConfig, exported: Path
) -> None:
    engine = load_engine(exported)
    arrays = sample_inputs(4, 48, 5, form.features)
    arrays["mod"][:, :4] = (1, 1, 1, 0)
    arrays["pose"][:, 5:9, :, 2] = 0
    arrays["traj"][:, 5:9, 3] = 0
    before = engine.run(arrays)
    arrays["aud"][:] = np.nan
    arrays["pose"][:, 5:9, :, :2] = np.nan
    arrays["traj"][:, 5:9, :3] = np.nan
    for name in ("obj", "nei") if form.features.social else ("obj",):
        arrays[name][arrays[f"{name}_mask"] == 0] = np.nan
    after = engine.run(arrays)
    for name, values in before.items():
        np.testing.assert_array_equal(after[name], values)
