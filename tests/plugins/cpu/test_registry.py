"""Elements by name."""

from __future__ import annotations

import pytest

from plugins.cpu.registry import TWINS, make_element, twin_class
from plugins.errors import GraphError

pytestmark = pytest.mark.gst


@pytest.mark.parametrize("factory", sorted(TWINS))
def test_each_of_nvidias_names_has_a_twin(factory: str) -> None:
    element = make_element(factory, "stage")
    assert element.get_name() == "stage"
    assert type(element) is twin_class(factory)


def test_other_names_are_gstreamers_own() -> None:
    assert make_element("queue", "wait").get_factory().get_name() == "queue"


def test_a_missing_element_is_an_error_that_names_it() -> None:
    with pytest.raises(GraphError, match="element 'nvdewarper' not found"):
        make_element("nvdewarper")


@pytest.mark.parametrize(
    "factory",
    ["nvinfer", "nvtracker", "nvvideoconvert", "nvmultistreamtiler", "nvdsosd", "nvsegvisual"],
)
def test_what_transforms_frames_takes_qos_as_nvidias_do(factory: str) -> None:
    element = make_element(factory)
    element.set_property("qos", 0)
    assert not element.get_property("qos")
