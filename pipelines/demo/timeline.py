"""A picture of a scene over time: what happened above, what was recognised below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recognition.scoring import Score, Span

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BAR = 0.36
_WRONG = "#d01c1c"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One camera. true: as the camera can be asked. score: of what was recognised there."""

    camera: str
    persons: tuple[str, ...]
    true: Sequence[Span]
    score: Score


def draw_timeline(path: Path, lanes: Sequence[Lane], *, duration_s: float, title: str) -> None:
    """Write the picture as PNG: a panel per camera, a row per person, a colour per action."""
    from matplotlib.figure import Figure  # heavy, and only needed at the end

    rows = [_rows(lane) for lane in lanes]
    heights = [len(names) + 0.4 for names in rows]
    figure = Figure(figsize=(17, 1.2 + 0.62 * sum(heights)), dpi=110)
    figure.set_layout_engine("constrained")
    panels = figure.subplots(
        len(lanes), sharex=True, squeeze=False, gridspec_kw={"height_ratios": heights}
    )[:, 0]
    colors = _colors(lanes)
    for axes, lane, names in zip(panels, lanes, rows, strict=True):
        _draw_lane(axes, lane, names, colors, duration_s)
    panels[-1].set_xlabel("seconds of the scene")
    key = "red frame: missed above, false below; hatched: hardly visible there, not counted"
    figure.suptitle(f"{title}\n{key}", fontsize=11)
    figure.savefig(path)


def _rows(lane: Lane) -> list[str]:
    unknown = any(span.person is None for span in lane.score.false)
    return [*lane.persons, *(["nobody"] if unknown else [])]


def _colors(lanes: Sequence[Lane]) -> dict[str, Any]:
    from matplotlib import colormaps

    names = {span.action for lane in lanes for span in (*lane.true, *_told(lane.score))}
    palette = [*colormaps["tab20"].colors, *colormaps["tab20b"].colors]  # type: ignore[attr-defined]
    return {name: palette[at % len(palette)] for at, name in enumerate(sorted(names))}


def _told(score: Score) -> list[Span]:
    return [*(told for told, _ in score.pairs), *score.false, *score.ignored]


def _draw_lane(
    axes: Axes, lane: Lane, names: Sequence[str], colors: Mapping[str, Any], duration_s: float
) -> None:
    missed = set(lane.score.missed)
    for span in lane.true:
        row = names.index(str(span.person))
        edge = _WRONG if span in missed else "none"
        _bar(axes, span, row - _BAR, colors, {"edge": edge, "faint": not span.counts})
    for span in _told(lane.score):
        row = names.index(str(span.person or "nobody"))
        edge = _WRONG if span in lane.score.false else "none"
        _bar(axes, span, row, colors, {"edge": edge, "faint": span in lane.score.ignored})
    for row in range(len(names)):
        axes.axhline(row + 0.5, color="#cccccc", linewidth=0.6)
        for offset, word in ((-_BAR / 2, "truth"), (_BAR / 2, "told")):
            axes.text(
                -0.002, row + offset, word, transform=axes.get_yaxis_transform(), fontsize=6.5,
                color="#666666", ha="right", va="center",
            )  # fmt: skip
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, duration_s)
    axes.set_yticks(range(len(names)), labels=[f"{name}      " for name in names])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    total = lane.score.total
    axes.set_title(
        f"camera {lane.camera}: {total.right} of {total.true} right, "
        f"{total.found - total.right} false, F1 {total.f1:.2f}",
        loc="left",
        fontsize=10,
    )


def _bar(
    axes: Axes, span: Span, top: float, colors: Mapping[str, Any], style: Mapping[str, Any]
) -> None:
    length = span.end_s - span.onset_s
    (bar,) = axes.barh(
        top + _BAR / 2,
        length,
        left=span.onset_s,
        height=_BAR * 0.92,
        color=colors[span.action],
        alpha=0.3 if style["faint"] else 1.0,
        edgecolor=style["edge"],
        linewidth=2,
        hatch="///" if style["faint"] else None,
    )
    text = axes.text(
        span.onset_s + 0.06, top + _BAR / 2, span.action, fontsize=7, va="center", clip_on=True,
        color="#ffffff" if _is_dark(colors[span.action]) and not style["faint"] else "#101010",
    )  # fmt: skip
    text.set_clip_path(bar)  # a name that is longer than its bar ends with it


def _is_dark(color: Sequence[float]) -> bool:
    """Whether white is better read on it; luma of Rec. ITU-R BT.601."""
    red, green, blue = color[:3]
    return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
