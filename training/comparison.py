"""Trains several forms of the network on the same windows by one recipe, from several seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, model_validator
from pydantic.types import StringConstraints

from recognition.layouts import LAYOUTS, Layout
from settings.section import Section
from settings.strict_yaml import read_yaml
from training.config import DataConfig, FitConfig, ModelConfig, TrainConfig
from training.dataset import Dataset, Sides
from training.gather import both_sides, content_hash
from training.run_folder import RunFolder
from training.toy import toy_sides
from training.train import Say, shortened, train

Name = Annotated[str, StringConstraints(pattern="^[a-z0-9_]+$")]


class ComparisonConfig(Section):
    """What is compared: forms of the network that differ in nothing but themselves."""

    name: Name = "comparison"
    seeds: tuple[int, ...] = Field((1, 2, 3), min_length=1, description="a network from each")
    data: DataConfig = DataConfig(seed=1)
    fit: FitConfig = FitConfig()
    models: dict[Name, ModelConfig] = Field(
        min_length=1, description="by name; the others are paired with the first"
    )
    measured_on: Path | None = Field(
        None, description="folder of recorded scenes; default: the held-out people"
    )

    @model_validator(mode="after")
    def _all_train_on_the_same_windows(self) -> ComparisonConfig:
        if self.data.seed is None:
            raise ValueError("data.seed: missing; without it every seed has windows of its own")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError("seeds: one is there twice; it would count as two networks")
        if len({model.features.classes for model in self.models.values()}) > 1:
            raise ValueError(
                "models: of several layouts, that have other classes; wanted one, or 3 and 4, to "
                "compare on one set"
            )
        for path in (*self.data.recorded, *self.data.validation_recorded):
            if self.measured_on and path.resolve() == self.measured_on.resolve():
                raise ValueError(f"measured_on: {path} is trained or validated on, too; a leak")
        for name in self.models:
            try:
                self.run(name, self.seeds[0])
            except ValidationError as error:
                raise ValueError(f"models.{name}: {error.errors()[0]['msg']}") from None
        return self

    def run(self, name: str, seed: int) -> TrainConfig:
        """The run file of one network."""
        return TrainConfig(
            name=name, seed=seed, data=self.data, model=self.models[name], fit=self.fit
        )

    @property
    def layout(self) -> Layout:
        """That of the windows; a model that is told of less gets them without the rest."""
        return LAYOUTS[str(max(model.layout for model in self.models.values()))]

    @property
    def runs(self) -> list[TrainConfig]:
        """All of them: every form from the first seed, then every one from the next.

        So what was broken off has something to say of every form.
        """
        return [self.run(name, seed) for seed in self.seeds for name in self.models]

    def shortened(self) -> ComparisonConfig:
        """The same comparison, cut to what shows that it works."""
        fit = shortened(self.runs[0]).fit
        return self.model_copy(update={"fit": fit})


def load_comparison(path: Path) -> ComparisonConfig:
    """Read a comparison's YAML file.

    Raises:
        ConfigError: the file cannot be read or does not fit; says which line and why.
    """
    wanted = "a comparison is a mapping of sections; see configs/training/comparison.yaml"
    return read_yaml(path, wanted=wanted).validated(ComparisonConfig)


def place_of(run: TrainConfig, folder: Path) -> RunFolder:
    """Where one of the networks is, below the folder of the comparison."""
    return RunFolder(folder / f"{run.name}-{run.seed}")


def train_all(
    config: ComparisonConfig, folder: Path, *, on_toys: bool = False, say: Say = lambda _: None
) -> Iterator[Path]:
    """Train every network that is not there yet; yields the folder of each when it is done.

    A run that was broken off goes on after its last whole epoch.

    Raises:
        ConfigError: the data leaks or is not there; a folder holds another run.
    """
    widest = next(run for run in config.runs if run.model.features == config.layout)
    windows = toy_sides(config.layout) if on_toys else both_sides(widest, say)
    for number, run in enumerate(config.runs, 1):
        layout = run.model.features
        sides = Sides(
            _as_told(windows.train, layout), _as_told(windows.validation, layout), windows.classes
        )
        data_hash = content_hash(sides.train, sides.validation)
        place = place_of(run, folder)
        one = f"{run.name} seed {run.seed} ({number} of {len(config.runs)})"
        if place.finished(run, data_hash):
            say(f"{one}: there already")
        else:
            say(f"{one}: training")
            train(run, place, sides=sides, say=_of(one, say))
        yield place.path


def _as_told(data: Dataset, layout: Layout) -> Dataset:
    return replace(data, inputs=layout.narrowed(data.inputs))


def _of(one: str, say: Say) -> Say:
    return lambda line: say(f"{one}: {line}")
