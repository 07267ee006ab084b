"""Writes docs/evaluation.md and the confusion matrix from the figures of ``training.evaluate``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.dataset import LABEL_SPAN_S, Dataset
from training.heldout import GOAL, RARE, TEST
from training.labels import CLASSES

_TEXT = """# Evaluation of the fusion model

Written by `python -m training.evaluate`; do not edit. Model: `{model}`.

**Window macro-F1 {macro_f1:.3f}**, goal {goal}: {verdict}. 95 % interval {low:.3f} to {high:.3f}
(bootstrap over subjects), on {people} people who took part in no training, filmed by cameras that
training never used. Accuracy {accuracy:.3f}, {windows} windows, expected calibration
error {calibration_error:.3f}.

## What was measured

* Of the model's {classes} classes these recordings show {shown}; a window that is called one of
  the others counts as wrong. Actions with things are measured on rendered scenes, not here.
* People held out (windows): {subjects}.
* Recordings: real motion capture of the held-out people, as it is: no generated motion, no changed
  bones, speed or arms.
* Cameras: {passes} random pinhole cameras for every recording (0.8 to 6 m high, pitch to 60
  degrees, all round, 8 to 30 fps), seed {seed}, with the noise of a detector and a pose model
  (lost, swapped, hidden, cut-off joints; lost frames). **The pictures are simulated**: positions
  come from real motion, errors from a model of errors. Real video is measured by the end-to-end
  checks, not here.
* A window is named by the class that covers most of its last {span} s, so that events are prompt.
  Windows with less than 3.2 s of history are included, from 10 observed steps on.
* Three quarters of the scenes have a simulated detector that knows things; the things are in
  hands, on tables or imagined, and have nothing to do with what is done.
* Half of the scenes have sound. **The sound is synthesised** from the motion (claps, steps, room
  noise), so the figure without sound is the more sober one.

## Per class

{per_class}

![Confusion matrix]({figure})

## By studio

| | macro-F1 | classes | people |
|---|---|---|---|
{studios}

A figure is over the classes that those people show.

## By modality

| | macro-F1 |
|---|---|
| windows with sound | {with_sound:.3f} |
| windows without sound | {without_sound:.3f} |
{alone}

Mean gate where there is sound: {gate}.

## False alarms on people who stand or walk

Of all windows of standing and walking people, {rare_on_quiet:.2%} were called one of
{rare}; with a score of at least 0.6, {sure_rare_on_quiet:.2%}.

## Limits

{limits}
"""

_STUDIOS = {
    "known": "studios that training knows (CMU, MHAD)",
    "new": "a studio that training never saw (HDM05)",
}

_LIMITS = """\
* Standing still for 0.67 s or more is `stand` wherever it happens. That this holds between two
  signals or exercises too was decided after an earlier model had been scored on these people; the
  choice changed training and test labels alike.
* `punch` is boxing in the air and `wave` a repeated wave, each recorded in one studio protocol
  (MHAD); other styles are untested.
* `squat`, `lie_down` and `kick` were trained mostly on generated motion; the held-out ones are real
  and from another studio (HDM05). Its throws are basketball shots, of which training has none.
* `lie_down` includes lying; `jump` includes hopping; a recorded throw is `throw_ball`. Carrying,
  lifting and putting down (picking up, backwards), cheering, sneaking, side-stepping, skipping,
  dribbling, crouched gaits of unclear kind and forms of martial arts were left out on every side
  because they are instances of no single class. Kicks and throws are cut to the part in which
  somebody kicks or throws (`training.mocap.action_core`), on every side alike.
* HDM05 (CC BY-SA 3.0) is used for this measurement only; nothing that ships was trained on it. Its
  subject dg was looked at while the generated motion was made and is not part of the test."""


def _per_class(per_class: Mapping[str, Mapping[str, float]]) -> str:
    lines = ["| class | precision | recall | F1 | windows | people |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {name} | {c['precision']:.3f} | {c['recall']:.3f} | {c['f1']:.3f} "
        f"| {c['support']} | {c['subjects']} |"
        for name, c in per_class.items()
        if c["support"]
    ]
    return "\n".join(lines)


def draw_confusion(labels: Any, said: Any, path: Path) -> None:
    """Confusion matrix, rows normalised, as a PNG."""
    os.environ.setdefault("MPLBACKEND", "Agg")
    import matplotlib.pyplot as plt
    from sklearn.metrics import ConfusionMatrixDisplay

    figure, axes = plt.subplots(figsize=(9, 8))
    ConfusionMatrixDisplay.from_predictions(
        labels, said, labels=range(len(CLASSES)), display_labels=CLASSES, normalize="true",
        values_format=".2f", xticks_rotation=60, cmap="Blues", colorbar=False, ax=axes,
        text_kw={"fontsize": 7},
    )  # fmt: skip
    axes.set_title("Held-out people, share of each row")
    figure.tight_layout()
    figure.savefig(path, dpi=90, metadata={"Software": None})
    plt.close(figure)


def write_report(figures: Mapping[str, Any], data: Dataset, model: Path, docs: Path) -> str:
    """Write ``evaluation.md`` and ``evaluation-confusion.png`` into ``docs``; returns the text."""
    docs.mkdir(parents=True, exist_ok=True)
    figure = "evaluation-confusion.png"
    draw_confusion(data.labels, figures["said"], docs / figure)
    subjects = figures["subjects"]
    low, high = figures["interval"]
    text = _TEXT.format(
        **{
            key: figures[key]
            for key in (
                "macro_f1", "accuracy", "windows", "calibration_error", "with_sound",
                "without_sound", "rare_on_quiet", "sure_rare_on_quiet",
            )
        },
        goal=GOAL,
        verdict="reached" if figures["macro_f1"] >= GOAL else "not reached",
        model=model.name, low=low, high=high, people=len(subjects), passes=TEST.passes,
        classes=len(CLASSES), shown=sum(c["support"] > 0 for c in figures["per_class"].values()),
        seed=TEST.seed, span=LABEL_SPAN_S, figure=figure, limits=_LIMITS, rare=", ".join(RARE),
        subjects=", ".join(f"{name} ({count})" for name, count in subjects.items()),
        per_class=_per_class(figures["per_class"]),
        alone="\n".join(
            f"| the {name} head alone, where present | {value:.3f} |"
            for name, value in figures["alone"].items()
        ),
        studios="\n".join(
            f"| {_STUDIOS[name]} | {value:.3f} | {classes} | {people} |"
            for name, (value, classes, people) in figures["by_studio"].items()
        ),
        gate=", ".join(f"{n} {v:.0%}" for n, v in figures["gate_with_sound"].items()),
    )  # fmt: skip
    (docs / "evaluation.md").write_text(text, encoding="utf-8")
    return text
