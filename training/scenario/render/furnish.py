"""Shapes of furniture: tables, chairs, shelves, pillars and screens."""

from __future__ import annotations

import itertools

import numpy as np

from training.scenario.render import textures
from training.scenario.render.palette import plain_thing
from training.scenario.render.solid import Solid
from training.scenario.rooms import SEAT_SHARE
from training.scenario.world import Color, Furniture

Rng = np.random.Generator


def add_furniture(solid: Solid, thing: Furniture, rng: Rng) -> None:
    """Add one thing; its front is towards ``facing_deg``, 0 is +x."""
    # Makers build with the width along x and the front towards -y.
    solid.place((*thing.at_m, 0.0), thing.turn_deg)
    makers = {
        "table": _table, "chair": _chair, "shelf": _shelf, "pillar": _pillar, "screen": _screen,
    }  # fmt: skip
    makers[thing.kind](solid, thing, rng)
    solid.place((0, 0, 0))


def _tone(color: Color, factor: float) -> Color:
    r, g, b = (float(np.clip(c * factor, 0, 1)) for c in color)
    return (r, g, b)


def _table(solid: Solid, thing: Furniture, rng: Rng) -> None:
    w, d, h = thing.size_m
    x, y, top = w / 2, d / 2, float(rng.uniform(0.022, 0.04))
    wood = textures.GRAIN if rng.random() < 0.75 else textures.PLAIN
    solid.box((-x, -y, h - top), (x, y, h), thing.color, layer=wood, scale=0.9)
    legs = _tone(thing.color, 0.8) if rng.random() < 0.6 else (0.25, 0.25, 0.27)
    half = float(rng.uniform(0.02, 0.035))
    style = rng.integers(3)
    if style < 2:
        for sx in (-1, 1):
            for sy in (-1, 1):
                cx, cy = sx * (x - 0.06), sy * (y - 0.06)
                solid.box((cx - half, cy - half, 0), (cx + half, cy + half, h - top), legs)
        if style == 1:
            solid.box((-x + 0.06, -0.01, h - 0.35), (x - 0.06, 0.01, h - top), _tone(legs, 0.9))
    else:  # cheeks, as of a desk
        for sx in (-1, 1):
            a, b = sorted((sx * (x - 0.03), sx * x))
            solid.box((a, -y + 0.03, 0), (b, y - 0.03, h - top), thing.color, layer=wood)
        solid.box((-x, y - 0.06, 0.25), (x, y - 0.04, h - top), _tone(thing.color, 0.92))
    rail = float(rng.uniform(0.05, 0.09))
    solid.box((-x + 0.05, -y + 0.05, h - top - rail), (x - 0.05, -y + 0.07, h - top), legs)
    solid.box((-x + 0.05, y - 0.07, h - top - rail), (x - 0.05, y - 0.05, h - top), legs)


def _chair(solid: Solid, thing: Furniture, rng: Rng) -> None:
    w, d, h = thing.size_m
    x, y, seat = w / 2, d / 2, SEAT_SHARE * h
    frame = _tone(thing.color, 0.75) if rng.random() < 0.5 else (0.20, 0.20, 0.22)
    pad = float(rng.uniform(0.03, 0.06))
    solid.box((-x, -y, seat - pad), (x, y, seat), thing.color, layer=textures.CARPET)
    slats = rng.random() < 0.4
    if slats:
        for z in np.linspace(seat + 0.15, h - 0.07, 3):
            solid.box((-x, y - 0.03, z), (x, y - 0.01, z + 0.07), thing.color, layer=textures.GRAIN)
    else:
        low = seat + float(rng.uniform(0.08, 0.18))
        solid.box((-x + 0.02, y - 0.04, low), (x - 0.02, y, h), thing.color, layer=textures.CARPET)
    if rng.random() < 0.25:  # a foot with a cross
        solid.turned(((0.03, 0.05), (0.03, seat - pad)), frame, sides=8)
        solid.box((-x, -0.03, 0.02), (x, 0.03, 0.06), frame)
        solid.box((-0.03, -y, 0.02), (0.03, y, 0.06), frame)
        solid.box((-0.03, y - 0.05, seat - pad), (0.03, y - 0.02, h - 0.1), frame)
        return
    for sx in (-1, 1):
        cx = sx * (x - 0.02)
        solid.box((cx - 0.016, -y, 0), (cx + 0.016, -y + 0.032, seat - pad), frame)
        solid.box((cx - 0.016, y - 0.032, 0), (cx + 0.016, y, h), frame)


def _shelf(solid: Solid, thing: Furniture, rng: Rng) -> None:
    w, d, h = thing.size_m
    x, y = w / 2, d / 2
    layer = textures.GRAIN
    for sx in (-1, 1):
        a, b = sorted((sx * (x - 0.02), sx * x))
        solid.box((a, -y, 0), (b, y, h), thing.color, layer=layer)
    back = _tone(thing.color, 0.8)
    solid.box((-x, y - 0.012, 0.04), (x, y, h), back, layer=layer)
    count = max(2, round(h / 0.38))
    boards = np.linspace(0.06, h - 0.02, count + 1)
    for z in boards:
        solid.box((-x, -y, z), (x, y, z + 0.02), thing.color, layer=layer)
    for low, high in itertools.pairwise(boards):
        _load(solid, (-x + 0.03, x - 0.03, y - 0.03), (low + 0.02, high - 0.02), rng)


def _load(
    solid: Solid, span: tuple[float, float, float], level: tuple[float, float], rng: Rng
) -> None:
    """Files, baskets and jars on one board. span: left, right, depth; level: low, high."""
    at, right, deep = span
    low, high = level
    while at < right - 0.08:
        color = plain_thing(rng)
        draw = rng.random()
        if draw < 0.45:  # a row of files
            wide, tall = float(rng.uniform(0.05, 0.09)), min(0.30, (high - low) * 0.92)
            for _ in range(int(rng.integers(2, 6))):
                if at + wide > right:
                    break
                solid.box((at, -deep * 0.7, low), (at + wide - 0.004, deep, low + tall), color)
                solid.box(
                    (at + 0.012, -deep * 0.7 - 0.002, low + tall * 0.55),
                    (at + wide - 0.016, -deep * 0.7, low + tall * 0.85), (0.92, 0.91, 0.88),
                )  # fmt: skip
                at += wide
        elif draw < 0.7:  # a basket
            wide = min(float(rng.uniform(0.2, 0.35)), right - at)
            tall = (high - low) * float(rng.uniform(0.4, 0.75))
            solid.box(
                (at, -deep * 0.8, low),
                (at + wide, deep, low + tall),
                color,
                layer=textures.CARPET,
                scale=0.3,
            )
            at += wide
        else:  # a round jar
            radius = float(rng.uniform(0.04, 0.075))
            tall = min((high - low) * 0.8, float(rng.uniform(0.1, 0.2)))
            move = solid.move
            solid.move = move + solid.turn @ np.array([at + radius, 0, low], np.float32)
            solid.turned(
                ((radius * 0.8, 0), (radius, tall * 0.4), (radius * 0.7, tall), (0, tall)), color
            )
            solid.move = move
            at += 2 * radius
        at += float(rng.uniform(0.01, 0.12))


def _pillar(solid: Solid, thing: Furniture, rng: Rng) -> None:
    w, d, h = thing.size_m
    layer = int(rng.choice([textures.CONCRETE, textures.PLASTER, textures.BRICK, textures.TILES]))
    if rng.random() < 0.4:
        radius = min(w, d) / 2
        solid.turned(((radius, 0), (radius, h), (0, h)), thing.color, sides=24, layer=layer)
        solid.turned(
            ((radius * 1.12, 0), (radius * 1.12, 0.12), (radius, 0.14)), _tone(thing.color, 0.7)
        )
        return
    solid.box((-w / 2, -d / 2, 0), (w / 2, d / 2, h), thing.color, layer=layer)
    solid.box(
        (-w / 2 - 0.01, -d / 2 - 0.01, 0),
        (w / 2 + 0.01, d / 2 + 0.01, 0.1),
        _tone(thing.color, 0.6),
    )


def _screen(solid: Solid, thing: Furniture, rng: Rng) -> None:
    """A partition of cloth in a frame, or a board that shows something."""
    w, d, h = thing.size_m
    x, y = w / 2, d / 2
    frame = (0.3, 0.3, 0.32) if rng.random() < 0.6 else _tone(thing.color, 0.6)
    for sx in (-1, 1):
        cx = sx * (x - 0.03)
        solid.box((cx - 0.02, -0.02, 0), (cx + 0.02, 0.02, h), frame)
        solid.box((cx - 0.025, -max(y, 0.2), 0), (cx + 0.025, max(y, 0.2), 0.03), frame)
    low = float(rng.uniform(0.05, 0.5))
    layer = int(rng.choice([textures.CARPET, textures.PLAIN, textures.WALLPAPER]))
    solid.box((-x, -0.025, low), (x, 0.025, h), thing.color, layer=layer, scale=0.8)
    solid.box((-x, -0.03, h - 0.03), (x, 0.03, h), frame)
