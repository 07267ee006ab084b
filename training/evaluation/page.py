"""Writes the report: one page without other files, and the numbers it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib.figure import Figure

from training.evaluation import class_figures, input_figures
from training.evaluation.drawing import COLOURS, data_uri, style
from training.evaluation.scores import ROUNDS

_HERE = Path(__file__).parent

_SECTIONS = {
    "gates": "Gates",
    "data": "Data",
    "scores": "Scores",
    "classes": "Classes",
    "confusions": "Confusions",
    "thresholds": "Precision, recall",
    "calibration": "Calibration",
    "modalities": "Modalities",
    "noise": "Worse input",
    "comparison": "Comparison",
    "people": "People",
    "cost": "Cost",
    "limits": "Limits",
    "about": "Model",
}


def thousands(value: float) -> str:
    """A whole number in groups of three digits, as 14 629."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def signed(value: float) -> str:
    """A difference with its sign, three digits; what rounds to nothing has none."""
    text = f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")
    return text[1:] if float(f"{value:.3f}") == 0 else text


_FILTERS: dict[str, Callable[[float], str]] = {
    "f1": lambda value: f"{value:.1f}",
    "f2": lambda value: f"{value:.2f}",
    "f3": lambda value: f"{value:.3f}",
    "percent": lambda value: f"{value:.0%}",
    "percent2": lambda value: f"{value:.2%}",
    "plain": lambda value: thousands(value) if abs(value) >= 1000 else f"{value:.3g}",
    "signed": signed,
    "thousands": thousands,
}


def write_page(metrics: Mapping[str, Any], folder: Path) -> Path:
    """Write ``index.html``, ``summary.md`` and ``metrics.json``; returns the page."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(metrics, indent=1, allow_nan=False)
    (folder / "metrics.json").write_text(text + "\n", encoding="utf-8")
    page = folder / "index.html"
    page.write_text(html(metrics, made_on=datetime.now(timezone.utc)), encoding="utf-8")
    summary = _environment(escaped=False).get_template("summary.md.jinja").render(m=metrics)
    (folder / "summary.md").write_text(summary + "\n", encoding="utf-8")
    return page


def write_comparison(figures: Mapping[str, Any], folder: Path) -> None:
    """Write ``comparison.json`` and ``comparison.md``.

    figures: of ``comparison``, with what they were measured on and how the models were trained.
    """
    text = json.dumps(figures, indent=1, allow_nan=False)
    (folder / "comparison.json").write_text(text + "\n", encoding="utf-8")
    template = _environment(escaped=False).get_template("comparison.md.jinja")
    told = template.render(m=figures, reading=reading)
    (folder / "comparison.md").write_text(told + "\n", encoding="utf-8")


def html(metrics: Mapping[str, Any], *, made_on: datetime) -> str:
    """The page of ``metrics``, with its figures inside."""
    css = (_HERE / "page.css").read_text(encoding="utf-8")
    compared = _several(metrics)
    there = {
        "gates": bool(metrics["gates"]), "comparison": compared,
        "limits": bool(metrics["data"]["limits"]),
    }  # fmt: skip
    template = _environment(escaped=True).get_template("page.html.jinja")
    return template.render(
        m=metrics,
        css=Markup(css),  # ours, and nothing of the data is in it
        figures=pictures(metrics),
        sections=[(key, name) for key, name in _SECTIONS.items() if there.get(key, True)],
        findings=findings(metrics),
        reading=reading,
        rounds=ROUNDS,
        colours=COLOURS,
        made_on=f"{made_on:%d %B %Y}".lstrip("0"),
    )


def _environment(*, escaped: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=escaped, undefined=StrictUndefined
    )
    environment.filters.update(_FILTERS)
    return environment


def _several(metrics: Mapping[str, Any]) -> bool:
    variants = metrics["comparison"]["variants"]
    return len(variants) > 1 or any(one["seeds"] > 1 for one in variants.values())


def pictures(metrics: Mapping[str, Any]) -> dict[str, str]:
    """All figures as data addresses, by the name that the page calls them."""
    made: dict[str, Figure] = {}
    with style():
        made["f1_by_class"] = class_figures.f1_by_class(metrics)
        made["confusion_shares"] = class_figures.confusion(metrics, shares=True)
        made["confusion_windows"] = class_figures.confusion(metrics, shares=False)
        made["precision_recall"] = class_figures.precision_recall_curves(metrics)
        made["reliability"] = class_figures.reliability(metrics)
        made["missing"] = input_figures.missing(metrics)
        made["noise"] = input_figures.noise(metrics)
        if metrics["ablation"]["sets"]:
            made["ablation"] = input_figures.ablation(metrics)
        if metrics["gate"]:
            made["gate"] = input_figures.gate(metrics)
        if _several(metrics):
            made["comparison"] = input_figures.comparison(metrics)
        return {name: data_uri(figure) for name, figure in made.items()}


def findings(metrics: Mapping[str, Any]) -> list[str]:
    """What a reader should know first, in sentences."""
    ranked = sorted(metrics["classes"].items(), key=lambda item: -item[1]["f1"]["value"])
    told = [f"{name} ({one['f1']['value']:.2f})" for name, one in ranked]
    lines = [f"Best known: {', '.join(told[:3])}. Least: {', '.join(told[-3:][::-1])} (F1)."]
    if metrics["confusion"]["commonest"]:
        worst = metrics["confusion"]["commonest"][0]
        lines.append(
            f"The commonest mistake: {worst['true']} is called {worst['said']} "
            f"({worst['share']:.0%} of its windows)."
        )
    losses = {
        name: one["loss"]
        for name, one in metrics["missing"]["modalities"].items()
        if one["loss"] is not None
    }
    if losses:
        worth = sorted(losses.items(), key=lambda item: -item[1])
        lines.append(
            "Without a modality macro-F1 falls by "
            + ", ".join(f"{max(loss, 0):.2f} ({name})" for name, loss in worth)
            + "."
        )
    return lines


def reading(pair: Mapping[str, Any]) -> str:
    """What a paired difference says, in words."""
    if pair["low"] is None:
        return "needs two people or more"
    if pair["low"] <= 0 <= pair["high"]:
        return "no difference that these people could show"
    return "better" if pair["difference"] > 0 else "worse"
