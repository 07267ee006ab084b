"""Configuration: strict, and every mistake is told with its line and what to do."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.config import Config
from pipelines.config_file import load_config
from recognition.rules import EventConfig
from recognition.windows import WindowConfig
from settings.errors import ConfigError

GOOD = """\
platform: cpu
sources:
  - {name: lobby, uri: lobby.mp4}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "site.yaml"
    path.write_text(text)
    return path


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text))
    return [line.replace(f"{folder}/", "") for line in caught.value.lines]


def test_three_lines_are_a_whole_configuration(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, GOOD))
    assert config.detect.config.is_file()
    assert config.pose.config.is_file()
    assert config.window == WindowConfig()
    assert config.events == EventConfig()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            GOOD + "detect:\n  intervall: 2\n",
            ["site.yaml:5: detect.intervall: unknown key; did you mean 'interval'?"],
        ),
        (
            GOOD + "window: {steps: many}\n",
            [
                "site.yaml:4: window.steps: Input should be a valid integer, "
                "unable to parse string as an integer"
            ],
        ),
        (
            GOOD + "window: {steps: 1000}\n",
            ["site.yaml:4: window.steps: Input should be less than or equal to 256; got 1000"],
        ),
        (
            GOOD.replace("cpu", "gpu"),
            ["site.yaml:1: platform: Input should be 'cpu' or 'deepstream'"],
        ),
        (
            "sources: []\n",
            [
                "site.yaml:1: platform: missing; it has no default",
                "site.yaml:1: sources: Tuple should have at least 1 item after validation, not 0",
            ],
        ),
        (
            GOOD + "  - {name: lobby, uri: b.mp4}\n",
            ["site.yaml:1: two sources are called lobby; give each its own name"],
        ),
        (
            GOOD.replace("lobby,", '"Front\\nDoor",'),
            [
                "site.yaml:3: sources[0].name: a name is 1 to 64 printable characters without "
                "spaces at its ends; got 'Front\\nDoor'"
            ],
        ),
        (
            GOOD.replace("lobby,", "Dock 3,") + "  - {name: dock_3, uri: b.mp4}\n",
            [
                "site.yaml:1: sources 'Dock 3' and 'dock_3' would both be 'dock_3' in topics; "
                "rename one of them"
            ],
        ),
        (
            GOOD + "node: Gate 1\n",
            [
                "site.yaml:4: node: node must match [a-z0-9_-]{1,64}, got 'Gate 1'; "
                "for example gate_1"
            ],
        ),
        (
            GOOD + "events: {default: {enter: 0.3, exit: 0.6}}\n",
            ["site.yaml:4: events.default: exit must be <= enter (0.3), got 0.6"],
        ),
        (
            GOOD.replace("lobby.mp4", '"rtsp://["'),
            [
                "site.yaml:3: sources[0].uri: not an address: Invalid IPv6 URL; "
                "wanted a path or an URL"
            ],
        ),
        (
            GOOD + "events: {cameras: {loby: {fall: {enter: 0.7}}}}\n",
            ["site.yaml:1: events.cameras: no source 'loby'; did you mean 'lobby'?"],
        ),
        (
            GOOD + "events: {default: {max_duration_s: .inf}}\n",
            [
                "site.yaml:4: events.default.max_duration_s: Input should be less than or equal "
                "to 604800; got inf"
            ],
        ),
        (GOOD + "mux: {width_px: 1}\nmux: {width_px: 64}\n", ["site.yaml:5: mux: given twice"]),
        (
            "platform: [cpu\n",
            ["site.yaml:2: not YAML: expected ',' or ']', but got '<stream end>'"],
        ),
        ("- a\n", ["site.yaml:1: a configuration is a mapping of sections; see README"]),
        (
            GOOD.replace("lobby.mp4", "'rtsp://u:${NO_SUCH_SECRET}@h/1'"),
            [
                "site.yaml:3: sources[0].uri: the environment has no NO_SUCH_SECRET; "
                "set it: export NO_SUCH_SECRET=..."
            ],
        ),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, text) == expected


def test_all_mistakes_of_a_file_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD + "mux: {width_px: 3}\nfusion: {thread: 1}\n"
    assert [line.split(":")[1] for line in problems(tmp_path, text)] == ["4", "5"]


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "none.yaml")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigError, match="not a text file"):
        load_config(tmp_path / "binary.yaml")


def test_secrets_come_from_the_environment_and_a_value_is_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMERA_SECRET", "hunter2")
    text = GOOD.replace("lobby.mp4", "'rtsp://u:${CAMERA_SECRET}@h/1'")
    assert load_config(write(tmp_path, text)).sources[0].uri == "rtsp://u:hunter2@h/1"
    assert "hunter2" not in "".join(problems(tmp_path, text + "mux: {width_px: 1}\n"))


def test_the_command_line_replaces_and_adds_sources(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    config = load_config(path, sources={"lobby": "rtsp://h/1", "dock": "rtsp://h/2"})
    assert [(s.name, s.uri) for s in config.sources] == [
        ("lobby", "rtsp://h/1"),
        ("dock", "rtsp://h/2"),
    ]


def test_paths_are_beside_the_configuration_first(tmp_path: Path) -> None:
    (tmp_path / "lobby.mp4").touch()
    config = load_config(write(tmp_path, GOOD))
    assert config.sources[0].path == tmp_path / "lobby.mp4"
    assert config.sources[0].gst_uri == (tmp_path / "lobby.mp4").as_uri()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*Config.model_fields, "name", "uri", "steps", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_file_is_a_configuration_or_a_list_of_mistakes(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), yaml.safe_dump(content))
        mistakes = mistakes_of(path)
        assert all(line.startswith(f"{path}:") for line in mistakes)


def mistakes_of(path: Path) -> list[str]:
    try:
        load_config(path)
    except ConfigError as error:
        return error.lines
    return []


@pytest.mark.parametrize(
    ("zones", "said"),
    [
        ("{a: [[0, 0], [1, 1]]}", "at least 3 items"),
        ("{a: [[0, 0], [0.5, 0.5], [1, 1]]}", "its corners lie on a line; wanted an area"),
        ("{a: [[0, 0], [640, 0], [1, 1]]}", "less than or equal to 1"),
        ("{'': [[0, 0], [1, 0], [1, 1]]}", "at least 1 character"),
    ],
)
def test_a_zone_that_is_no_area_is_refused(tmp_path: Path, zones: str, said: str) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(
        f"platform: cpu\nsources:\n  - {{name: dock, uri: a.mp4, zones: {zones}}}\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match=said) as refused:
        load_config(path)
    assert str(path) in str(refused.value)
