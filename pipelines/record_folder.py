"""``edgeact record --folder``: what the graph sees and hears in each of many videos."""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from pipelines.config import Config, SourceConfig
from pipelines.record import Recorder
from pipelines.report import rewrite, tell
from plugins.errors import GraphError
from settings.errors import ConfigError
from settings.skipped import read_skipped, write_skipped

SUFFIXES = frozenset(
    {
        ".3gp",
        ".avi",
        ".flv",
        ".m4v",
        ".mkv",
        ".mov",
        ".mp4",
        ".mpeg",
        ".mpg",
        ".ts",
        ".webm",
        ".wmv",
    }
)
SKIPPED = "skipped.csv"
MADE_BY = "made_by.json"

_CHILD_VIDEOS = 100  # recorded by one process
_TELL_EVERY_S = 30.0  # between two lines in a log; a terminal's line is always new


def record_folder(config: Config, folder: Path, to: Path, *, listed: Path | None = None) -> int:
    """Record every video below a folder that has no recording yet; the exit code.

    config: whose sources are not looked at. to: folder that becomes, for a/b.mp4, a/b.npz. listed:
    CSV whose column path names the videos; None for all.

    Raises:
        ConfigError: there is no video, two would get the same name, or ``to`` holds recordings of
            another configuration.
    """
    jobs = _jobs(folder, to, listed)
    to.mkdir(parents=True, exist_ok=True)
    _same_configuration(config, to)
    skipped = read_skipped(to / SKIPPED)
    left = [job for job in jobs if not job.target.exists() and job.path not in skipped]
    if len(left) < len(jobs):
        tell(f"{to}: {len(jobs) - len(left)} of {len(jobs)} are done; going on with the others")
    progress = _Progress(len(left))
    with _Child(config, folder) as child:
        for job in left:
            if problem := child.record(job):
                skipped[job.path] = problem
                write_skipped(to / SKIPPED, skipped)
            progress.step(failed=bool(problem))
    mine = {job.path for job in jobs} & set(skipped)
    tell(f"{to}: {len(jobs) - len(mine)} of {len(jobs)} videos are recorded")
    if mine:
        tell(f"{len(mine)} skipped; they and why: {to / SKIPPED} (a line deleted is tried again)")
    return 2 if len(mine) == len(jobs) else 0


@dataclass(frozen=True, slots=True)
class Job:
    """path: of a video below the folder, with '/'. target: where its recording belongs."""

    path: str
    target: Path


class _Child:
    """Another process that records, and a new one for it now and then.

    A video on which a decoder crashes takes only this process with it, and what GStreamer does not
    give back (two sockets of every pipeline that was ever run) goes with it, too.
    """

    def __init__(self, config: Config, folder: Path) -> None:
        self._config, self._folder = config, folder
        self._pool: ProcessPoolExecutor | None = None
        self._done = 0

    def record(self, job: Job) -> str:
        """Record one video; why it cannot be, empty where it was.

        Raises:
            EngineError, GraphError: no video can be recorded: a model or an element is missing.
        """
        if self._done >= _CHILD_VIDEOS:
            self._end()
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
        self._done += 1
        try:
            return self._pool.submit(_record_one, self._config, self._folder, job).result()
        except BrokenProcessPool:
            self._end()
            return "the program crashed on it"

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
        self._pool, self._done = None, 0


class _Progress:
    """How far it is, on a line of a terminal or now and then in a log."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._failed = total, 0, 0
        self._began = self._told = time.monotonic()

    def step(self, *, failed: bool) -> None:
        """Another video is done."""
        self._done += 1
        self._failed += failed
        now = time.monotonic()
        left_s = (now - self._began) / self._done * (self._total - self._done)
        line = f"{self._done} of {self._total} videos, {self._failed} skipped, {_span(left_s)} left"
        if sys.stderr.isatty():
            rewrite(line)
        elif now - self._told > _TELL_EVERY_S:
            self._told = now
            tell(line)


def _span(seconds: float) -> str:
    """A duration as people say it."""
    minutes, hours = seconds / 60, seconds / 3600
    return (
        f"{hours:.1f} h"
        if hours >= 1
        else f"{minutes:.0f} min"
        if minutes >= 1
        else f"{seconds:.0f} s"
    )


def _jobs(folder: Path, to: Path, listed: Path | None) -> list[Job]:
    if not folder.is_dir():
        raise ConfigError([f"--folder {folder}: no such folder"])
    if to.exists() and not to.is_dir():
        raise ConfigError([f"--to {to}: is a file; with --folder it is a folder of recordings"])
    paths = _listed_paths(listed) if listed else _videos(folder)
    if not paths:
        wanted = ", ".join(sorted(SUFFIXES))
        raise ConfigError(
            [f"{listed or folder}: no video in it; wanted files that end in {wanted}"]
        )
    jobs: dict[Path, Job] = {}
    for path in paths:
        target = to / Path(path).with_suffix(".npz")
        if target in jobs:
            raise ConfigError(
                [f"{jobs[target].path} and {path}: both would be recorded as {target}; rename one"]
            )
        jobs[target] = Job(path, target)
    return list(jobs.values())


def _videos(folder: Path) -> list[str]:
    files = (file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    return sorted(file.relative_to(folder).as_posix() for file in files if file.is_file())


def _listed_paths(listed: Path) -> list[str]:
    """The column path of a CSV, each once; a video with several clips is recorded once."""
    try:
        with listed.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            if "path" not in (table.fieldnames or ()):
                raise ConfigError([f"{listed}:1: has no column path; see edgeact dataset --help"])
            return list(dict.fromkeys(row["path"] for row in table if row["path"]))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{listed}: cannot be read: {error}"]) from None


def _same_configuration(config: Config, to: Path) -> None:
    """Recordings of different detectors in one folder would be learnt as if they were of one."""
    path = to / MADE_BY
    made_by = _made_by(config)
    if not path.exists():
        path.write_text(json.dumps(made_by, indent=1) + "\n", encoding="utf-8")
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    if differing := [key for key in made_by if before.get(key) != made_by[key]]:
        raise ConfigError(
            [
                f"{path}: the recordings there were made with another {', '.join(differing)}; "
                "record into another folder, or delete this one"
            ]
        )


def _made_by(config: Config) -> dict[str, str]:
    """Digests of all that decides what a recording holds, by section of the configuration."""
    files: Mapping[str, Path] = {
        "detect": config.detect.config, "track": config.track.config, "pose": config.pose.config,
    }  # fmt: skip
    sections = config.model_dump(mode="json", include={"platform", "mux", *files})
    made_by = {}
    for name, section in sections.items():
        settings = {k: v for k, v in section.items() if k != "config"} if name in files else section
        text = json.dumps(settings, sort_keys=True).encode()
        if name in files and files[name].is_file():
            text += files[name].read_bytes()
        made_by[name] = hashlib.sha256(text).hexdigest()
    return made_by


def _record_one(config: Config, folder: Path, job: Job) -> str:
    """Record one video; why it cannot be, empty where it was."""
    from recognition.recording import write_recording

    path = folder / job.path
    if not path.is_file():
        return "does not exist"
    source = SourceConfig(name="video", uri=str(path.absolute()))
    recorder = Recorder(config.model_copy(update={"sources": (source,)}), say=lambda _: None)
    try:
        recording, problems = recorder.run()
    except GraphError as error:  # the graph could be built: it is the video's fault
        return str(error)
    if problems:
        return problems[0]
    if not recording.frames:
        return "has no picture"
    job.target.parent.mkdir(parents=True, exist_ok=True)
    write_recording(recording, job.target)
    return ""
