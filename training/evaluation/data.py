"""What a model is measured on: held-out people, acted or recorded scenes, windows kept, or toys."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from recognition.layouts import SINGLE, SOCIAL, Layout
from recognition.sound_encoders import SoundConfig
from settings.errors import ConfigError
from training.cache import prepare, read_windows
from training.clip_windows import labels_of, read_labelled, windows_of_folders
from training.dataset import Dataset, Filming, joined
from training.evaluation import acted_people, heldout
from training.extract import extract_folders
from training.hearing import BANDS
from training.labels import CLASSES
from training.mocap import SHARE_ALIKE, has_mocap
from training.readers.tracks import CLIPS
from training.social_windows import of_layout
from training.toy import toy_data

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Tell = Callable[[str], None]

_CHOSEN_BY = (
    "There are no test clips. By these, training chose the best network: on others it does worse."
)
_TOY_PEOPLE = 8
_TOY_WINDOWS = 256  # of each


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationData:
    """Windows with their truth.

    kind: what gates call it. title: as a person says it. inputs: arrays of ``fusion_input`` by
    name, (N, ...). labels: (N,) index into ``classes``. people: (N,) whose windows they are;
    intervals draw whole people. about, limits: paragraphs for the reader. parts: windows that are
    also scored by themselves, by name.
    """

    kind: str
    title: str
    inputs: Mapping[str, npt.NDArray[np.float16]]
    labels: Ints
    people: npt.NDArray[np.str_]
    classes: tuple[str, ...] = CLASSES
    about: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    parts: Mapping[str, Mask] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shown(self) -> Ints:
        """The classes that occur, as indexes."""
        return np.unique(self.labels)

    def named(self, classes: tuple[str, ...]) -> EvaluationData:
        """The same windows with ``classes``, which hold all that occur, in a model's order."""
        place = {index: classes.index(self.classes[index]) for index in self.shown}
        labels = np.array([place[label] for label in self.labels], np.int64)
        return replace(self, labels=labels, classes=classes)

    def rows(self, kept: Ints | Mask) -> EvaluationData:
        """Some of the windows."""
        return replace(
            self,
            inputs={name: values[kept] for name, values in self.inputs.items()},
            labels=self.labels[kept],
            people=self.people[kept],
            parts={name: mask[kept] for name, mask in self.parts.items()},
        )

    def thinned(self, most: int, seed: int) -> EvaluationData:
        """At most ``most`` windows, the same share of every person's and class's."""
        if most >= len(self):
            return self
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self))
        order = order[np.lexsort((self.labels[order], self.people[order]))]
        every = np.linspace(0, len(order) - 1, most).astype(np.int64)
        return self.rows(np.sort(order[every]))


def load_data(
    name: str | None, tell: Tell, layout: Layout = SINGLE, hearing: SoundConfig = BANDS
) -> EvaluationData:
    """``heldout`` people, ``acted`` scenes, ``toy``, a folder of recorded scenes, or windows.

    name: None for the held-out people, or toy windows where their recordings are absent; that is
    told. layout, hearing: of the windows; a file has its own.

    Raises:
        ConfigError: there is no such data, or it cannot be used.
    """
    if name is None:
        name = "heldout" if has_mocap() else "toy"
        if name == "toy":
            tell("no recordings of held-out people here (see README): measuring on toy windows")
    try:
        match name:
            case "heldout":
                return held_out_people(tell, layout, hearing)
            case "acted":
                return acted_scenes(tell, layout, hearing)
            case "toy":
                return toy_windows(layout)
            case _ if (Path(name) / CLIPS).is_file():
                return labelled_clips(Path(name), layout, hearing)
            case _ if Path(name).is_dir():
                return recorded_scenes(Path(name), layout, hearing)
            case _ if Path(name).is_file():
                return kept_windows(Path(name))
    except (ValueError, FileNotFoundError) as error:
        raise ConfigError([f"--data {name}: {error}"]) from None
    raise ConfigError(
        [
            f"--data {name}: no such file or folder; wanted heldout, acted, toy, a folder of "
            "recorded scenes (edgeact record) or labelled clips (edgeact dataset convert), or a "
            ".npz file of windows"
        ]
    )


def held_out_people(
    tell: Tell, layout: Layout = SINGLE, hearing: SoundConfig = BANDS
) -> EvaluationData:
    """Motion capture of people who took part in no training, before unseen cameras."""
    data = prepare(replace(heldout.TEST, hearing=hearing), tell)
    # Each was filmed alone.
    data = replace(data, inputs=of_layout(data.inputs, layout, alone=True))
    new = np.char.startswith(data.subjects.astype(str), SHARE_ALIKE)
    return _of(
        data, kind="heldout", title="held-out people", about=heldout.ABOUT, limits=heldout.LIMITS,
        parts={
            "studios that training knows (CMU, MHAD)": ~new,
            "a studio that training never saw (HDM05)": new,
        },
    )  # fmt: skip


def acted_scenes(
    tell: Tell, layout: Layout = SINGLE, hearing: SoundConfig = BANDS
) -> EvaluationData:
    """Scenes acted by figures of people who took part in no training; a scene counts as a person.

    Takes minutes the first time.
    """
    data = acted_people.acted_windows(layout, tell, hearing=hearing)
    about = (*acted_people.ABOUT, *([acted_people.ABOUT_MEETINGS] if layout.social else ()))
    return _of(data, kind="acted", title="acted scenes", about=about)


def toy_windows(layout: Layout = SINGLE) -> EvaluationData:
    """Synthetic windows: eight people whose pose tells the class, the rest is noise."""
    made = [
        replace(part, subjects=np.array([f"toy_{number}"] * len(part)))
        for number in range(1, _TOY_PEOPLE + 1)
        for part in [toy_data(_TOY_WINDOWS, 1000 + number, layout)]
    ]
    return _of(
        joined(made),
        kind="toy", title="synthetic toy data",
        about=(
            "Synthetic windows in which a swinging pair of joints tells the class: for trying the "
            "programs out. The figures say nothing about real people.",
        ),
    )  # fmt: skip


def recorded_scenes(
    folder: Path, layout: Layout = SINGLE, hearing: SoundConfig = BANDS
) -> EvaluationData:
    """Rendered scenes that the program recorded; a scene counts as a person."""
    data = extract_folders([folder], hop_steps=5, truncate=0.0, layout=layout, hearing=hearing)
    about = (
        "Scenes as the running program saw and heard them (edgeact record), windows named by the "
        "scenes' truth. Intervals draw whole scenes.",
    )
    return _of(data, kind="recorded", title=f"recorded scenes in {folder.name}", about=about)


def labelled_clips(
    folder: Path, layout: Layout = SINGLE, hearing: SoundConfig = BANDS
) -> EvaluationData:
    """Clips of a folder ``NAME.hactrack`` that nothing was trained on; a group counts as a person.

    Those of the split test; of validation where there are none.
    """
    clips = [clip for found in read_labelled([folder]).values() for clip in found]
    sides = Counter(clip.split for clip in clips)
    split = "test" if sides["test"] else "validation"
    filming = Filming(side="test", passes=1, seed=0, hearing=hearing)
    data = windows_of_folders([folder], split, filming, layout=layout)
    about = (
        f"{sides[split]} clips of {folder.name} (split {split}), as the running program saw and "
        "heard them (edgeact record). Intervals draw whole groups: people or recordings.",
        *(() if split == "test" else (_CHOSEN_BY,)),
    )
    made = _of(data, kind="clips", title=f"clips of {folder.name}", about=about)
    return replace(made, classes=labels_of([folder]))


def kept_windows(path: Path) -> EvaluationData:
    """Windows in a file, with the arrays of ``fusion_input``, labels and subjects.

    Raises:
        ValueError: the file is not such a file.
    """
    data = read_windows(path)
    about = (f"Windows kept in {path.name}.",)
    return _of(data, kind="windows", title=path.name, about=about)


def _of(
    data: Dataset,
    *,
    kind: str,
    title: str,
    about: tuple[str, ...],
    limits: tuple[str, ...] = (),
    parts: Mapping[str, Mask] | None = None,
) -> EvaluationData:
    return EvaluationData(
        kind=kind, title=title, inputs=data.inputs, labels=data.labels, people=data.subjects,
        classes=SOCIAL.classes if "nei" in data.inputs else CLASSES, about=about, limits=limits,
        parts=parts or {},
    )  # fmt: skip
