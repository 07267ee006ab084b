"""Looks and rooms: any draw is one that the painter and the stage can use."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from training.scenario.looks import HAIR_STYLES, PATTERNS, random_look
from training.scenario.rooms import STYLES, random_room
from training.scenario.world import FURNITURE_KINDS


@pytest.mark.parametrize("seed", range(40))
def test_a_look_is_within_what_a_look_may_be(seed: int) -> None:
    look = random_look(np.random.default_rng(seed))
    assert look.hair_style in HAIR_STYLES
    assert look.pattern in PATTERNS
    assert 0.8 <= look.girth <= 1.3
    for color in (look.skin, look.hair, look.top, look.top_detail, look.bottom, look.shoes):
        assert all(0 <= channel <= 1 for channel in color)


def test_looks_cover_the_human_range_and_light_and_dark_clothes() -> None:
    looks = [random_look(np.random.default_rng(seed)) for seed in range(300)]
    for part in ("skin", "top", "bottom"):
        light = [float(np.mean(getattr(look, part))) for look in looks]
        assert min(light) < 0.2
        assert max(light) > 0.75


def test_the_same_seed_gives_the_same_look_and_room() -> None:
    assert random_look(np.random.default_rng(3)) == random_look(np.random.default_rng(3))
    assert random_room(np.random.default_rng(3)) == random_room(np.random.default_rng(3))


@pytest.mark.parametrize("seed", range(40))
def test_furniture_stands_inside_apart_and_leaves_the_middle_free(seed: int) -> None:
    room, furniture = random_room(np.random.default_rng(seed))
    assert room.style in STYLES
    for thing in furniture:
        assert thing.kind in FURNITURE_KINDS
        width, depth, height = thing.size_m
        if thing.facing_deg in (0.0, 180.0):
            width, depth = depth, width
        x, y = thing.at_m
        assert width / 2 <= x <= room.width_m - width / 2
        assert depth / 2 <= y <= room.depth_m - depth / 2
        assert height <= room.height_m
        middle_x, middle_y = abs(x - room.width_m / 2), abs(y - room.depth_m / 2)
        free_x, free_y = room.width_m / 2 - 1.45, room.depth_m / 2 - 1.45
        assert middle_x - width / 2 > free_x or middle_y - depth / 2 > free_y
    for one, other in itertools.combinations(furniture, 2):
        apart = np.hypot(one.at_m[0] - other.at_m[0], one.at_m[1] - other.at_m[1])
        assert apart > 0.5
