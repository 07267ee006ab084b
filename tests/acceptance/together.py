"""New scenes in which people meet and gather: are events of two or more told, with all of them?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from recognition.taxonomy import load_taxonomy
from tests.acceptance.figure import main
from tests.acceptance.scenes import SceneSet, measure, wanted
from tests.acceptance.site import NANO_MODELS

LEVELS = ("human_human", "group")

TOGETHER = SceneSet(
    name="together",
    levels=",".join(LEVELS),
    first_seed=950_000,
    least_f1=0.80,
    labels=frozenset(
        action.name for action in load_taxonomy().actions.values() if action.level in LEVELS
    ),
)
"""Every person who takes part has to be named; what the site's models do not know is missed."""


def site_models(fusion: Path | None, group_head: Path | None) -> Sequence[str]:
    """The sections of a site that names its models; None: the ones that ship."""
    named = {"model": fusion, "group_head": group_head}
    keys = [f"{key}: {path.absolute()}" for key, path in named.items() if path is not None]
    return (*NANO_MODELS, f"fusion: {{{', '.join(keys)}}}") if keys else NANO_MODELS


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--fusion", type=Path, help="a model to measure instead")
    options.add_argument("--group-head", type=Path, help="a head to measure instead")
    asked = wanted(options)
    models = site_models(asked.fusion, asked.group_head)
    main(
        lambda: measure(asked.scenes, asked.jobs, chosen=TOGETHER, models=models, films=asked.films)
    )
