"""Names of people become levels of topics, and no two of them the same."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.config import Config
from pipelines.publish.channels import channel_of
from pipelines.publish.topics import (
    SLUG,
    active_topic,
    check_apart,
    discovery_topic,
    event_topic,
    slug,
    status_topic,
)

NAMES = st.text(max_size=100) | st.text(alphabet="aA _-éß入口", min_size=1, max_size=12)
SLUGS = st.from_regex(SLUG, fullmatch=True)


@given(NAMES)
def test_any_name_becomes_a_level_of_a_topic(name: str) -> None:
    assert SLUG.fullmatch(slug(name))
    assert slug(slug(name)) == slug(name)


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Lobby east", "lobby_east"),
        ("Café (rear)", "cafe_rear"),
        ("dock-3", "dock-3"),
        ("入口", "a9655031"),
        ("入口 1", "1_b1cff325"),
        ("出口 1", "1_aa1292df"),
    ],
)
def test_a_name_can_be_known_again_in_its_level(name: str, level: str) -> None:
    assert slug(name) == level


def test_long_names_that_differ_at_their_end_stay_apart() -> None:
    first, second = (slug("warehouse " * 8 + end) for end in ("north", "south"))
    assert first != second
    assert len(first) == len(second) == 64


@given(st.lists(NAMES, max_size=6, unique=True), SLUGS, SLUGS)
def test_names_that_are_let_in_never_meet_in_a_topic(
    names: list[str], node: str, action: str
) -> None:
    try:
        check_apart("sources", names)
    except ValueError:
        assume(False)
    topics = [
        topic
        for name in names
        for topic in (
            status_topic("edgeact", node, name),
            event_topic("edgeact", node, name, action),
            active_topic("edgeact", node, name, action),
            discovery_topic("homeassistant", node, name),
        )
    ]
    assert len(set(topics)) == 4 * len(names)
    assert all(channel_of(topic) for topic in topics)


@given(st.tuples(SLUGS, SLUGS), st.tuples(SLUGS, SLUGS))
def test_devices_of_two_nodes_never_meet(first: tuple[str, str], second: tuple[str, str]) -> None:
    same = discovery_topic("homeassistant", *first) == discovery_topic("homeassistant", *second)
    assert same == ((first[0], slug(first[1])) == (second[0], slug(second[1])))


@given(NAMES, NAMES)
def test_a_site_lets_two_cameras_in_only_with_topics_of_their_own(first: str, second: str) -> None:
    sources = [{"name": name, "uri": "a.mp4"} for name in (first, second)]
    try:
        config = Config.model_validate({"platform": "cpu", "sources": sources})
    except ValidationError:
        return
    assert [source.name for source in config.sources] == [first, second]
    assert slug(first) != slug(second)
