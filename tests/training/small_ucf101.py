"""A folder of the shape of UCF-101 with a few short clips, cut from the bundled scene."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SCENE = ROOT / "demo" / "scene"
CLASSES = ("HandstandJumping", "RaisingHands", "WavingHello")
"""In the order of classInd.txt; names as UCF-101 writes them."""

_FPS = 20
_SIZE = 320  # px of a side, as large as UCF-101's pictures are wide


class Cut(NamedTuple):
    """Who does what when; actor is the number in the scene's MOT files."""

    label: str
    actor: int
    start_s: float
    end_s: float


CUTS = (
    Cut("WavingHello", 1, 1.5, 4.5), Cut("WavingHello", 1, 25.0, 28.5),
    Cut("RaisingHands", 1, 13.0, 16.5), Cut("RaisingHands", 2, 29.5, 33.0),
    Cut("HandstandJumping", 3, 7.5, 9.5), Cut("HandstandJumping", 3, 9.5, 11.5),
)  # fmt: skip


def small_ucf101(folder: Path) -> Path:
    """Make the clips and the official lists; the camera at the window is the test side."""
    rows: dict[str, list[str]] = {"door": [], "window": []}
    for camera, listed in rows.items():
        for name, cut in _named(camera):
            video = folder / cut.label / f"{name}.avi"
            video.parent.mkdir(parents=True, exist_ok=True)
            _film(camera, cut, video)
            listed.append(f"{cut.label}/{video.name}")
    lists = folder / "ucfTrainTestlist"
    lists.mkdir()
    numbers = {label: number for number, label in enumerate(CLASSES, 1)}
    _write(lists / "classInd.txt", (f"{number} {label}" for label, number in numbers.items()))
    _write(
        lists / "trainlist01.txt", (f"{row} {numbers[row.split('/')[0]]}" for row in rows["door"])
    )
    _write(lists / "testlist01.txt", rows["window"])
    return folder


def _named(camera: str) -> Iterator[tuple[str, Cut]]:
    """Every cut with its name: two groups of a class at the door, two more at the window."""
    first = 1 if camera == "door" else 3
    seen = dict.fromkeys(CLASSES, first)
    for cut in CUTS:
        yield f"v_{cut.label}_g{seen[cut.label]:02d}_c01", cut
        seen[cut.label] += 1


def _film(camera: str, cut: Cut, to: Path) -> None:
    """A square around the person, as large as it needs to be in the whole clip."""
    boxes: list[tuple[float, float, float, float]] = []
    with (SCENE / f"{camera}.mot.csv").open(encoding="utf-8") as table:
        for frame, actor, *place in csv.reader(table):
            at_s = (int(frame) - 1) / _FPS
            if int(actor) == cut.actor and cut.start_s <= at_s < cut.end_s:
                x, y, width, height = map(float, place[:4])
                boxes.append((x, y, x + width, y + height))
    left, top = (min(box[axis] for box in boxes) for axis in (0, 1))
    right, bottom = (max(box[axis] for box in boxes) for axis in (2, 3))
    side = min(540, round(1.15 * max(right - left, bottom - top)) // 2 * 2)
    corner_x = round(max(0, min(960 - side, (left + right - side) / 2)))
    corner_y = round(max(0, min(540 - side, (top + bottom - side) / 2)))
    subprocess.run(
        [
            "ffmpeg", "-nostdin", "-loglevel", "error", "-ss", str(cut.start_s),
            "-t", str(cut.end_s - cut.start_s), "-i", str(SCENE / f"{camera}.mp4"), "-an",
            "-vf", f"crop={side}:{side}:{corner_x}:{corner_y},scale={_SIZE}:{_SIZE}",
            "-c:v", "mpeg4",
            "-q:v", "3", str(to),
        ],
        check=True,
    )  # fmt: skip


def _write(path: Path, lines: Iterator[str] | list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
