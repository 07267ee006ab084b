"""The six visits on the real clip, with the small models that ship."""

from __future__ import annotations

from tests.acceptance.figure import Figure, main
from tests.acceptance.site import NANO_MODELS
from tests.acceptance.visits import measure_with


def measure() -> Figure:
    """As ``visits``, by nano_detector and nano_pose."""
    return measure_with("nano_visits", NANO_MODELS)


if __name__ == "__main__":
    main(measure)
