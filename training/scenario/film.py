"""Films a scene with all its cameras: MP4 with sound, and the truth beside it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from recognition.frames import Float
from settings.errors import ConfigError
from training.scenario.mixing import RATE_HZ, mix
from training.scenario.render.lens import Lens
from training.scenario.render.painter import Painter, RenderError
from training.scenario.script import CameraScript, Script
from training.scenario.truth_files import CameraFile, CameraTruth, write_events
from training.scenario.viewing import check_views, pinhole
from training.scenario.world import World

Image = npt.NDArray[np.uint8]

CRF = 23
"""Constant rate factor of x264: 0 keeps everything, 51 hardly anything; 23 is its own default."""


def film(script: Script, world: World, folder: Path, *, scene: str, crf: int = CRF) -> Path:
    """Film a world into ``folder``; returns the path of its events.json.

    Writes CAMERA.mp4 (H.264, AAC), CAMERA.keypoints.json and CAMERA.mot.csv for each camera. The
    same script and world give the same pictures, sound and truth.

    Raises:
        ScenarioError: a camera sees nobody.
        ConfigError: ffmpeg or OpenGL is missing, or a file cannot be written.
    """
    check_views(script, world)
    folder.mkdir(parents=True, exist_ok=True)
    files = [_file(script, camera) for camera in script.cameras]
    try:
        with Painter(world, size=script.size_px, seed=script.seed) as painter:
            _film_all(script, world, folder, painter, files, crf=crf)
    except RenderError as error:
        raise ConfigError([f"the scene cannot be drawn: {error}"]) from None
    return write_events(folder, world, scene=scene, seed=script.seed, cameras=files)


def _film_all(
    script: Script,
    world: World,
    folder: Path,
    painter: Painter,
    files: Sequence[CameraFile],
    *,
    crf: int,
) -> None:
    frames = round(script.duration_s * script.fps)
    with tqdm(total=frames * len(files), unit="frame", disable=None, mininterval=0.5) as progress:
        for index, file in enumerate(files):
            progress.set_description(file.name)
            truth = CameraTruth(file)
            pictures = _pictures(script, index, painter, truth)
            sound = _sound(script, world, index)
            write_video(folder / file.video, _counted(pictures, progress), sound, file, crf=crf)
            truth.write(folder)


def write_video(
    path: Path, pictures: Iterable[Image], sound: Float | None, file: CameraFile, *, crf: int
) -> None:
    """Encode BGR pictures (H, W, 3) and mono sound at ``RATE_HZ`` into an MP4 that plays anywhere.

    The file appears under its name only when it is whole.

    Raises:
        ConfigError: ffmpeg is missing or cannot write the file.
    """
    program = shutil.which("ffmpeg")
    if program is None:
        raise ConfigError(["ffmpeg is not installed; install it: apt-get install ffmpeg"])
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        whole, heard = Path(scratch) / path.name, Path(scratch) / "sound.f32"
        if sound is not None:
            heard.write_bytes(sound.astype("<f4").tobytes())
        command = [program, *_ffmpeg_options(file, heard if sound is not None else None, crf)]
        with (
            (Path(scratch) / "words").open("w+") as words,
            subprocess.Popen([*command, str(whole)], stdin=subprocess.PIPE, stderr=words) as run,
        ):
            assert run.stdin is not None
            try:
                for picture in pictures:
                    run.stdin.write(picture.tobytes())
                run.stdin.close()
            except BrokenPipeError:
                pass  # ffmpeg has given up; its words say why
            if run.wait() != 0:
                words.seek(0)
                last = (words.read().strip().splitlines() or ["no reason given"])[-1]
                raise ConfigError([f"{path}: ffmpeg cannot write it: {last}"])
        whole.replace(path)


def _ffmpeg_options(file: CameraFile, heard: Path | None, crf: int) -> list[str]:
    """Raw pictures on standard input, raw sound from a file; the same input, the same bytes."""
    width, height = file.size_px
    inputs = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}"]
    inputs += ["-r", str(file.fps), "-i", "-"]
    if heard is not None:
        inputs += ["-f", "f32le", "-ar", str(RATE_HZ), "-ac", "1", "-i", str(heard)]
    picture = ["-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-threads", "1"]
    picture += ["-pix_fmt", "yuv420p", "-g", str(2 * file.fps)]
    sound = ["-c:a", "aac", "-b:a", "96k"] if heard is not None else ["-an"]
    whole = ["-movflags", "+faststart", "-fflags", "+bitexact", "-flags", "+bitexact"]
    return ["-nostdin", "-y", "-loglevel", "error", *inputs, *picture, *sound, *whole]


def _file(script: Script, camera: CameraScript) -> CameraFile:
    return CameraFile(
        name=camera.name, video=f"{camera.name}.mp4", fps=script.fps, size_px=script.size_px
    )


def _pictures(script: Script, index: int, painter: Painter, truth: CameraTruth) -> Iterator[Image]:
    """What a camera records, through its lens; the truth is noted on the way."""
    camera = script.cameras[index]
    view = pinhole(camera, script.size_px)
    lens = Lens(script.seed * 1000 + index if camera.lens_seed is None else camera.lens_seed)
    for frame in range(round(script.duration_s * script.fps)):
        picture = painter.paint(view, frame / script.fps)
        truth.add(picture)
        yield lens.apply(picture.image)


def _counted(pictures: Iterator[Image], progress: tqdm[Any]) -> Iterator[Image]:
    for picture in pictures:
        yield picture
        progress.update()


def _sound(script: Script, world: World, index: int) -> Float | None:
    """What a camera's microphone hears; None for a camera without one."""
    camera = script.cameras[index]
    if not camera.microphone:
        return None
    return mix(world, at_m=camera.at_m, snr_db=script.sound.snr_db, seed=script.seed + index)
