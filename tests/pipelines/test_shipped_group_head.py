"""The bundled group head runs where nothing is said of it, and tells who gathers: all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import yaml

from engines.load import load_engine
from engines.registry import BUNDLED
from pipelines.config_file import load_config
from pipelines.groups import known_labels, site_group_head
from plugins.fusion_labels import fusion_labels
from plugins.recognizer import Recognizer
from recognition.events import ActionEvent
from recognition.taxonomy import load_taxonomy
from tests.training.scenario.stages import Section, acted, actor
from training.group.scenes import CLASSES, GROUPS
from training.scenario.script import CameraScript
from training.scenario.viewing import pinhole
from training.scenario.world import World
from training.scenario_windows import Filmed, watch_world

VIEW = CameraScript.model_validate(
    {"name": "hall", "at_m": [0.5, 4, 2.4], "look_at_m": [4.5, 4, 0.9], "fov_deg": 65}
)


def site(folder: Path) -> Path:
    """A site that says nothing of models for people's actions."""
    path = folder / "site.yaml"
    path.write_text("platform: cpu\nsources: [{name: hall, uri: testbin://videotestsrc}]\n")
    return path


def test_the_file_is_the_listed_one_and_made_for_the_shipped_fusion_model() -> None:
    path = BUNDLED / "group_head.onnx"
    listed = yaml.safe_load((BUNDLED / "manifest.yaml").read_text(encoding="utf-8"))
    (entry,) = (line for line in listed if line["name"] == "group_head")
    assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert entry["bytes"] == path.stat().st_size < 300_000
    assert (BUNDLED / "group_head.md").is_file()
    fusion = load_engine(BUNDLED / "fusion.onnx")
    assert load_engine(path, threads=1).metadata["fusion_sha256"] == fusion.sha256


def test_a_site_that_says_nothing_of_it_is_told_of_groups(tmp_path: Path) -> None:
    config = load_config(site(tmp_path))
    fusion = load_engine(config.fusion.model)
    head = site_group_head(config.fusion, fusion)
    assert head is not None
    assert head.labels == CLASSES
    assert {*GROUPS} < {*known_labels(config, fusion)}


def watched(world: World) -> Filmed:
    """A scene as the camera's detector and pose network might report it."""
    filmed = watch_world(world, np.random.default_rng(4), pinhole(VIEW, (1280, 720)))
    assert filmed is not None
    return filmed


def told(world: World, folder: Path) -> list[tuple[str, frozenset[str]]]:
    """What the program says of groups, with the names of all whom each event names."""
    config, filmed = load_config(site(folder)), watched(world)
    fusion = load_engine(config.fusion.model)
    labels = fusion_labels(fusion, config.fusion.model, config.window)
    recognizer = Recognizer(
        fusion, labels, windows=config.window, events=config.events, sources=(0,),
        groups=site_group_head(config.fusion, fusion),
    )  # fmt: skip
    events = [event for frame in filmed.frames for event in recognizer.step([frame])]
    events += recognizer.end_all("stream_ended")
    for event in events:
        assert len(event.co_boxes) == len(event.co_tracks)
        scope = load_taxonomy().action(event.action).scope
        assert (len(event.co_tracks) > 0) == (scope != "track")
    return [
        (event.action, people(event, world, filmed))
        for event in events
        if event.action in GROUPS and event.phase == "start"
    ]


def people(event: ActionEvent, world: World, filmed: Filmed) -> frozenset[str]:
    tracks = (event.track_id, *event.co_tracks)
    return frozenset(world.actors[filmed.owner[track]].name for track in tracks)


def around(middle: tuple[float, float], inwards: bool) -> Iterator[Section]:
    """Three people in a circle of 0.65 m."""
    for name, angle in zip(("ann", "ben", "cleo"), (90, 210, 330), strict=True):
        turn = np.radians(angle)
        at = middle[0] + 0.65 * np.cos(turn), middle[1] + 0.65 * np.sin(turn)
        yield actor(name, at, facing_deg=angle + 180 * inwards)


def test_three_who_stand_face_to_face_gather_and_all_of_them_are_named(tmp_path: Path) -> None:
    assert told(acted(*around((4.5, 4), inwards=True), duration_s=10), tmp_path) == [
        ("gathering", frozenset({"ann", "ben", "cleo"}))
    ]


def test_three_who_stand_back_to_back_do_nothing_together(tmp_path: Path) -> None:
    assert told(acted(*around((4.5, 4), inwards=False), duration_s=10), tmp_path) == []


def test_two_who_shake_hands_are_no_group(tmp_path: Path) -> None:
    shake = {"at_s": 3, "action": "handshake", "with": "ben"}
    world = acted(
        actor("ann", (4.5, 3), shake, facing_deg=90), actor("ben", (4.5, 5), facing_deg=-90),
        duration_s=10,
    )  # fmt: skip
    assert told(world, tmp_path) == []


def test_two_who_walk_side_by_side_go_together(tmp_path: Path) -> None:
    together = {"at_s": 1, "action": "walking_together", "with": "ben", "to_m": [5, 7]}
    world = acted(
        actor("ann", (5, 1), together, facing_deg=90), actor("ben", (5.7, 1), facing_deg=90),
        duration_s=10,
    )  # fmt: skip
    assert told(world, tmp_path) == [("walking_together", frozenset({"ann", "ben"}))]
