"""``python -m training.video_pictures OUT SCENE...``: a picture set of frames of filmed scenes.

Small things look otherwise in a compressed video than in a single picture, so the detector learns
from both. SCENE is a folder that ``edgeact scenario`` wrote; the set has the form that
``training.pictures`` writes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
from tqdm import tqdm

from training.picture_truth import CATEGORIES, Json

_QUALITY = 95  # the video has lost enough


def write_frames(scenes: Sequence[Path], folder: Path, *, every: int) -> Path:
    """Take every so many frames of all cameras of the scenes; returns the path of the truth.

    Raises:
        ValueError: the folder holds a picture set already, or a scene has no film or no keypoints.
    """
    truth = folder / "truth.json"
    if truth.exists():
        raise ValueError(f"{folder}: holds a picture set already; name another folder")
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    images: list[Json] = []
    marked: list[Json] = []
    for scene in tqdm(scenes, unit="scene", disable=None):
        paths = sorted(scene.glob("*.keypoints.json"))
        if not paths:
            raise ValueError(
                f"{scene}: no NAME.keypoints.json; wanted a folder of edgeact scenario"
            )
        for path in paths:
            _take(path, folder, images, marked, every)
    content = {"info": {"description": "frames of filmed scenes"}, "images": images,
               "categories": CATEGORIES, "annotations": marked}  # fmt: skip
    truth.write_text(json.dumps(content), encoding="utf-8")
    return truth


def _take(path: Path, folder: Path, images: list[Json], marked: list[Json], every: int) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    by_frame: dict[int, list[Json]] = {}
    for mark in content["annotations"]:
        by_frame.setdefault(mark["image_id"], []).append(mark)
    film = path.with_name(path.name.replace(".keypoints.json", ".mp4"))
    reader = cv2.VideoCapture(str(film))
    for image in content["images"]:
        found, picture = reader.read()
        if not found:
            raise ValueError(f"{film}: ends before frame {image['id']}, which its truth has")
        if (image["id"] - 1) % every:
            continue
        number = len(images) + 1
        name = f"{number:06d}.jpg"
        cv2.imwrite(str(folder / "pictures" / name), picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        images.append({**image, "id": number, "file_name": name})
        marked += [
            {**mark, "id": len(marked) + 1 + i, "image_id": number}
            for i, mark in enumerate(by_frame.get(image["id"], []))
        ]


def main(argv: list[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m training.video_pictures", description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and truth.json")
    parser.add_argument("scenes", type=Path, nargs="+", help="folders of filmed scenes")
    parser.add_argument("--every", type=int, default=12, metavar="N", help="frames (12)")
    options = parser.parse_args(argv)
    if options.every < 1:
        parser.error(f"--every {options.every}: wanted at least 1")
    try:
        truth = write_frames(options.scenes, options.out, every=options.every)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{truth}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
