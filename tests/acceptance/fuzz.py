"""Is every file a configuration or a list of mistakes, and every payload answered?

Valid examples are damaged in their bytes and in their structure, by a seed, and given to the real
readers.
"""

from __future__ import annotations

import json
import random
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

from pipelines.config import ROOT, Config
from pipelines.config_file import load_config
from pipelines.publish.commands import CommandResult
from pipelines.publish.desk import Desk
from pipelines.publish.publisher import Publisher
from pipelines.site_commands import SiteCommands
from settings.errors import ConfigError
from tests.acceptance.figure import Figure, main
from tests.broker import wait_until
from tests.pipelines.publish.examples import context
from tests.plugins.test_worker import Site

GOAL = "10000 damaged configurations and 10000 damaged commands: no crash, no hang, no traceback"
COUNT = 10_000
PATIENCE_S = 20
"""Longer than this for one input is a hang."""

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e300, float("nan"), float("inf"), 10**30, "", " ", "\0", "a" * 5000,
    "\u202e", "${NO_SUCH}", "${", "rtsp://[", "mqtt://:@", "/", "../..", [], {}, [[]],
    {"a": {"b": []}}, "入口",
)  # fmt: skip
TEXTS = (
    b"{", b"}", b"[", b"]", b": ", b"- ", b"&a ", b"*a", b"!!int ''", b"!!bool x", b"<<: ", b"\t",
    b"#", b"\x00", b"\xff", b"\\ud800", b"1e999", b"NaN", b"'", b'"', b"\n", b"? ", b"|", b"---\n",
    b"\r\n",
)  # fmt: skip
FULL = {
    "platform": "cpu",
    "node": "gate-1",
    "sources": [
        {"name": "Lobby east", "uri": "lobby.mp4"},
        {"name": "dock", "uri": "rtsp://user:pass@10.0.0.7/main", "tcp": True, "latency_ms": 50},
    ],
    "mux": {"width_px": 640, "height_px": 360},
    "window": {"steps": 48},
    "events": {
        "default": {"enter": 0.6, "exit": 0.3},
        "actions": {"fall": {"enter": 0.8}},
        "cameras": {"dock": {"fall": {"max_duration_s": 60}}},
    },
    "mqtt": {
        "url": "mqtt://edge@broker.local:1883/site",
        "commands": True,
        "home_assistant": {"enabled": True},
        "outbox": {"max_mb": 10},
    },
}
COMMANDS = (
    ("rebirth", {"correlation_id": "1"}),
    ("retract", {"correlation_id": "5", "args": {"event_id": "01HF7YAVYGPT3ZXE0MXZ6BJSNT"}}),
    ("set_rule", {"correlation_id": "2", "args": {"action": "walk", "rule": {"enter": 0.4}}}),
    (
        "set_rule",
        {
            "correlation_id": "3",
            "args": {
                "action": "walk",
                "camera": "dock",
                "rule": {"enter": 0.7, "exit": 0.2, "min_on_s": 1, "enabled": False},
            },
        },
    ),
    ("reset_rule", {"correlation_id": "4", "args": {"action": "walk", "camera": "dock"}}),
)


class HungError(Exception):
    """One input took longer than ``PATIENCE_S``."""


def damaged_text(rng: random.Random, text: bytes) -> bytes:
    """Bytes of an example with some cut out, doubled, turned, or put in."""
    data = bytearray(text)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(data))
        end = min(len(data), at + rng.randint(1, 30))
        match rng.randrange(4):
            case 0:
                del data[at:end]
            case 1:
                data[at:at] = data[at:end] * rng.randint(1, 40)
            case 2:
                data[at:at] = rng.choice(TEXTS)
            case _:
                data[at:end] = bytes(rng.randrange(256) for _ in range(end - at))
    return bytes(data)


def damaged_value(rng: random.Random, value: Any) -> Any:
    """An example with one of its values, somewhere inside, replaced, dropped, or renamed."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key, changed = rng.choice(list(value)), dict(value)
        match rng.randrange(6):
            case 0:
                del changed[key]
            case 1:
                changed[key[:-1] + rng.choice("xs_ ")] = changed.pop(key)
            case _:
                changed[key] = damaged_value(rng, value[key])
        return changed
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        return [*value[:at], damaged_value(rng, value[at]), *value[at + rng.randrange(2) :]]
    return rng.choice(ODD)


def fuzz_configs(count: int, seed: int) -> Counter[str]:
    """How many damaged configurations were taken, refused, or did what must not be."""
    rng, outcomes = random.Random(seed), Counter[str]()
    found = [path.read_bytes() for path in sorted((ROOT / "configs").glob("*.yaml"))]
    texts = [text for text in found if b"platform:" in text]
    texts.append(yaml.safe_dump(FULL).encode())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.yaml"
        for _ in range(count):
            if rng.random() < 0.5:
                text = damaged_text(rng, rng.choice(texts))
            else:
                value = damaged_value(rng, damaged_value(rng, FULL))
                text = yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass")
            path.write_bytes(text)
            outcomes[_outcome(lambda: _read(path), text)] += 1
    return outcomes


def _read(path: Path) -> str:
    try:
        config = load_config(path)
    except ConfigError as error:
        return "refused" if _said_well(path, error.lines) else "crashed"
    json.dumps(config.model_dump(mode="json"))
    assert all(source.gst_uri for source in config.sources)
    return "taken"


def _said_well(path: Path, lines: list[str]) -> bool:
    """Whether each line is one and says where."""
    return bool(lines) and all(one.startswith(f"{path}:") and "\n" not in one for one in lines)


def fuzz_commands(count: int, seed: int) -> Counter[str]:
    """How many damaged commands were done, rejected, or did what must not be."""
    rng, outcomes = random.Random(seed), Counter[str]()
    site, answers = Site(live=True, sources=2), Counter[str]()

    def answer(_verb: str, result: CommandResult) -> None:
        CommandResult.model_validate_json(result.model_dump_json(exclude_none=True))
        answers[result.status] += 1

    desk = Desk(answer)
    config = Config.model_validate({**FULL, "events": {}})
    publisher = Publisher(context(), [])
    commands = SiteCommands(config, site.recognizer, site.worker, retract=publisher.retract)
    desk.handlers.update(commands.handlers)
    desk.handlers["rebirth"] = lambda _args, done: done()
    site.worker.start()
    for _ in range(count):
        verb, example = rng.choice(COMMANDS)
        if rng.random() < 0.5:
            payload = damaged_text(rng, json.dumps(example).encode())
        else:
            payload = json.dumps(damaged_value(rng, example)).encode()
        if rng.random() < 0.05:
            verb = damaged_text(rng, verb.encode()).decode(errors="replace")
        retained = rng.random() < 0.05
        outcomes[_outcome(lambda: desk.take(verb, payload, retained=retained), payload)] += 1  # noqa: B023
    wait_until(lambda: answers.total() >= count, "an answer to every command")
    site.worker.stop("shutdown", timeout_s=PATIENCE_S)
    if site.worker.failure is not None or answers.total() != count:
        outcomes["crashed"] += 1
    return outcomes + answers


def _outcome(attempt: Callable[[], str | None], given: bytes) -> str:
    """What became of one input; what must not be is printed with it."""
    try:
        with _patience():
            return attempt() or "answered"
    except HungError:
        print(f"hung on {given!r}", flush=True)  # noqa: T201
        return "hung"
    except Exception:  # noqa: BLE001 - any of them is a finding
        print(f"{traceback.format_exc()}crashed on {given!r}", flush=True)  # noqa: T201
        return "crashed"


@contextmanager
def _patience() -> Iterator[None]:
    def hung(_number: int, _frame: FrameType | None) -> None:
        raise HungError

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(PATIENCE_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def measure() -> Figure:
    """Feed both readers."""
    configs, commands = fuzz_configs(COUNT, seed=1), fuzz_commands(COUNT, seed=2)
    bad = sum(outcomes[word] for outcomes in (configs, commands) for word in ("crashed", "hung"))
    detail = {"configurations": dict(configs), "commands": dict(commands)}
    return Figure("fuzz", bad, GOAL, bad == 0, detail)


if __name__ == "__main__":
    main(measure)
