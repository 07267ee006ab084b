"""Every action that an actor can perform, with many seeds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from recognition.frames import Float
from tests.assets import needs_assets
from training.motion import PARENTS
from training.scenario.library import MoveLibrary
from training.scenario.move import Direction, Grip, Move
from training.scenario.moves import MOVES, ON_A_CHAIR, holding_arms, makers
from training.scenario.skeleton import subject_bones
from training.scenario.world import FPS, PROP_KINDS, PROP_SIZES_M, SOUND_KINDS

SEEDS = range(20)
CASES = [(name, False) for name in MOVES] + [
    (name, True) for name in MOVES if name in ON_A_CHAIR - {"stand_up"}
]
NEEDS = {"drink": ("cup", "bottle"), "phone_call": ("phone",), "read": ("book",),
         "hammer": ("hammer",), "carry_box": ("box",), "throw_ball": ("ball",)}  # fmt: skip


def bones_of(seed: int) -> Float:
    return subject_bones(None, np.random.default_rng(1000 + seed))


@cache
def act(action: str, seated: bool, seed: int) -> Move:
    rng = np.random.default_rng(seed)
    return MOVES[action](bones_of(seed), Direction(seated=seated), rng)


def moves(action: str, seated: bool) -> Iterator[tuple[int, Move]]:
    for seed in SEEDS:
        yield seed, act(action, seated, seed)


def way_of(move: Move, grip: Grip) -> Float:
    """Centre of a held prop, (end - start, 3), in the space of the move."""
    hands = {"left": [22], "right": [23], "both": [22, 23]}[grip.hand]
    palm = move.joints[grip.start : grip.end, hands].mean(axis=1)
    assert grip.level
    out: Float = palm + grip.offset
    return out


def stands(frame: Float) -> bool:
    hands_low = frame[[9, 10], 2].max() < frame[17, 2] + 0.16
    feet_low = frame[[15, 16], 2].max() < 0.16
    trunk = frame[19] - frame[17]
    return bool(hands_low and feet_low and trunk[2] > 0.85 * np.linalg.norm(trunk))


def sits(frame: Float, seat_m: float = 0.45) -> bool:
    return bool(
        abs(frame[17, 2] - seat_m - 0.1) < 0.08 and frame[[13, 14], 0].min() - frame[17, 0] > 0.2
    )


def lies(frame: Float) -> bool:
    return bool(frame[[17, 19, 20], 2].max() < 0.45)


FITS = {"standing": stands, "seated": sits, "lying": lies}


@pytest.mark.parametrize(("action", "seated"), CASES)
def test_a_move_is_a_body_in_motion(action: str, seated: bool) -> None:
    for seed, move in moves(action, seated):
        assert move.action == action
        assert move.joints.shape[1:] == (26, 3)
        assert move.joints.dtype == np.float32
        assert np.isfinite(move.joints).all()
        assert 0 <= move.onset < move.end <= len(move.joints)
        assert np.allclose(move.joints[0, 17, :2], 0, atol=1e-4)
        lengths = np.linalg.norm(move.joints - move.joints[:, [max(p, 0) for p in PARENTS]], axis=2)
        off = np.abs(lengths - bones_of(seed))[:, [j for j in range(26) if j != 17]]
        assert off.max() < 0.001, f"seed {seed}: a bone is {off.max() * 1000:.1f} mm off"
        fastest = np.linalg.norm(np.diff(move.joints, axis=0), axis=2).max() * FPS
        assert fastest < 14, f"seed {seed}: {fastest:.1f} m/s"
        assert move.joints[:, [15, 16, 24, 25], 2].min() > -0.03, f"seed {seed}"


@pytest.mark.parametrize(("action", "seated"), CASES)
def test_a_move_begins_and_ends_as_it_says(action: str, seated: bool) -> None:
    for seed, move in moves(action, seated):
        assert FITS[move.begins](move.joints[0]), f"seed {seed} does not begin {move.begins}"
        assert FITS[move.ends](move.joints[-1]), f"seed {seed} does not end {move.ends}"
        left = move.joints[0, 5] - move.joints[0, 6]
        assert left[1] > 0.8 * np.linalg.norm(left), f"seed {seed} does not face ahead"


@pytest.mark.parametrize(("action", "seated"), CASES)
def test_props_and_sounds_lie_within_the_move(action: str, seated: bool) -> None:
    for seed, move in moves(action, seated):
        kinds = {grip.kind for grip in move.grips}
        assert kinds <= set(PROP_KINDS)
        assert not NEEDS.get(action) or kinds & set(NEEDS[action]), f"seed {seed}: {kinds}"
        for grip in move.grips:
            assert 0 <= grip.start < grip.end <= len(move.joints)
            turned = np.einsum("tij,tik->tjk", grip.axes, grip.axes)
            assert np.allclose(turned, np.eye(3), atol=1e-3), f"seed {seed}: no rotation"
            speed = np.linalg.norm(np.diff(way_of(move, grip), axis=0), axis=1).max() * FPS
            assert speed < 14, f"seed {seed}: the {grip.kind} goes {speed:.1f} m/s"
            assert np.linalg.norm(grip.offset, axis=1).max() < 0.45
        for frame, kind, level in move.sounds:
            assert 0 <= frame < len(move.joints)
            assert kind in SOUND_KINDS
            assert level < 0


def test_seeds_differ_and_the_same_seed_repeats_itself() -> None:
    for action in MOVES:
        first, second = act(action, False, 1), act(action, False, 2)
        count = min(len(first.joints), len(second.joints))
        apart = np.abs(first.joints[:count] - second.joints[:count]).max()
        assert apart > 0.03, f"{action} is always the same"
        again = MOVES[action](bones_of(1), Direction(), np.random.default_rng(1))
        assert np.array_equal(again.joints, first.joints)
        assert again.sounds == first.sounds


@pytest.mark.parametrize("seated", [False, True])
def test_what_is_drunk_from_reaches_the_mouth_and_is_tipped(seated: bool) -> None:
    for seed, move in moves("drink", seated):
        (grip,) = move.grips
        half = PROP_SIZES_M[grip.kind][2] / 2
        rim = way_of(move, grip) + half * grip.axes[:, :, 2]
        body = move.joints[grip.start : grip.end]
        up = body[:, 21] - body[:, 20]
        lips = body[:, 0] - 0.06 * up / np.linalg.norm(up, axis=1, keepdims=True)
        far = np.linalg.norm(rim - lips, axis=1)
        assert far.min() < 0.08, f"seed {seed}: {far.min():.2f} m"
        assert grip.axes[far.argmin(), 2, 2] < 0.92, f"seed {seed}: not tipped"
        assert grip.axes[0, 2, 2] > 0.98, f"seed {seed}: spilt"
        if grip.kind == "cup":
            assert np.linalg.norm(way_of(move, grip) - lips, axis=1).min() < 0.12
        assert move.onset <= grip.start + far.argmin() < move.end


@pytest.mark.parametrize("seated", [False, True])
def test_the_phone_is_at_the_ear_during_the_call(seated: bool) -> None:
    for seed, move in moves("phone_call", seated):
        (grip,) = move.grips
        ear = 3 if grip.hand == "left" else 4
        middle = (move.onset + move.end) // 2
        way = way_of(move, grip)[middle - grip.start]
        far = np.linalg.norm(way - move.joints[middle, ear])
        assert far < 0.12, f"seed {seed}: {far:.2f} m"
        heard = {kind: frame for frame, kind, _ in move.sounds}
        assert heard["phone_ring"] < move.onset <= heard["speech"] < move.end


@pytest.mark.parametrize("seated", [False, True])
def test_the_book_is_before_the_face_and_the_head_is_bowed(seated: bool) -> None:
    for seed, move in moves("read", seated):
        (grip,) = move.grips
        middle = (move.onset + move.end) // 2
        body = move.joints[middle]
        far = np.linalg.norm(way_of(move, grip)[middle - grip.start] - body[0])
        assert 0.25 < far < 0.45, f"seed {seed}: {far:.2f} m"
        down = (body[20] - body[21])[0] < 0  # the top of the head ahead of its middle
        assert down, f"seed {seed} does not look down"


@pytest.mark.parametrize("seated", [False, True])
def test_a_blow_is_heard_when_the_hammer_stops(seated: bool) -> None:
    for seed, move in moves("hammer", seated):
        (grip,) = move.grips
        head = way_of(move, grip) + 0.15 * grip.axes[:, :, 2]
        speed = np.linalg.norm(np.diff(head, axis=0), axis=1) * FPS
        blows = [frame for frame, kind, _ in move.sounds if kind == "hammer"]
        assert len(blows) >= 3
        for frame in blows:
            assert speed[frame - 2 : frame].max() > 2.0, f"seed {seed}: no swing at {frame}"
            assert speed[frame + 1] < 1.2, f"seed {seed}: goes on after {frame}"
        assert np.ptp(head[blows], axis=0).max() < 0.12, f"seed {seed}: hits all over"


@pytest.mark.parametrize("action", ["drink", "read", "hammer"])
@pytest.mark.parametrize("seated", [False, True])
def test_a_thing_on_a_table_is_taken_and_put_back(action: str, seated: bool) -> None:
    spot = (0.42, -0.12, 0.80 if seated else 0.85)
    for seed in SEEDS:
        direction = Direction(seated=seated, prop_m=spot, hand="right")
        move = MOVES[action](bones_of(seed), direction, np.random.default_rng(seed))
        (grip,) = move.grips
        assert 0 < grip.start < move.onset + 3
        assert move.end - 3 < grip.end < len(move.joints)
        for frame, row in ((grip.start, 0), (grip.end - 1, -1)):
            far = np.linalg.norm(way_of(move, grip)[row] - np.array(spot))
            assert far < 0.05, f"seed {seed}: {far:.2f} m off"
            palm = np.linalg.norm(move.joints[frame, 23] - np.array(spot))
            assert palm < 0.2, f"seed {seed}: the hand is {palm:.2f} m away"
        fastest = np.linalg.norm(np.diff(move.joints, axis=0), axis=2).max() * FPS
        assert fastest < 14, f"seed {seed}: {fastest:.1f} m/s"


def test_the_box_is_held_before_the_belly_by_both_hands() -> None:
    for seed, move in moves("carry_box", False):
        (grip,) = move.grips
        middle = (grip.start + grip.end) // 2
        body, box = move.joints[middle], way_of(move, grip)[middle - grip.start]
        assert 0.2 < box[0] - body[17, 0] < 0.55, f"seed {seed}"
        assert abs(box[2] - body[17, 2] - 0.19) < 0.15, f"seed {seed}"
        for hand in (22, 23):
            assert np.linalg.norm(body[hand] - box) < 0.32, f"seed {seed}"
        assert way_of(move, grip)[0, 2] < 0.25, f"seed {seed} is not lifted from the floor"


def test_arms_for_carrying_hold_a_box() -> None:
    frame = holding_arms(bones_of(3))
    assert frame.shape == (26, 3)
    hands = frame[[22, 23]]
    assert np.all(hands[:, 0] - frame[17, 0] > 0.25)
    assert abs(np.linalg.norm(hands[0] - hands[1]) - 0.4) < 0.05


def test_claps_are_heard_when_the_hands_meet() -> None:
    for seed, move in moves("clap", False):
        gap = np.linalg.norm(move.joints[:, 22] - move.joints[:, 23], axis=1)
        blows = [frame for frame, _, _ in move.sounds]
        assert len(blows) >= 3
        assert gap[blows].max() < 0.12, f"seed {seed}: {gap[blows].max():.2f} m"


def test_a_thrown_ball_flies_ahead_out_of_the_hand() -> None:
    for seed, move in moves("throw_ball", False):
        (grip,) = move.grips
        assert grip.flies
        speed = (way_of(move, grip)[-1] - way_of(move, grip)[-3]) * FPS / 2
        assert speed[0] > 1.0, f"seed {seed}: {speed}"


def test_a_fall_is_fast_and_ends_with_a_thud() -> None:
    for seed, move in moves("fall", False):
        height = move.joints[:, 20, 2]
        drop = height[: len(height) - 15] - height[15:]
        assert drop.max() > 0.5, f"seed {seed} sinks slowly"
        thud = next(frame for frame, kind, _ in move.sounds if kind == "thud")
        assert height[thud] < 0.7, f"seed {seed}"


def test_an_arm_points_where_the_script_says() -> None:
    for seed in SEEDS:
        aim = (2.0, 1.5, 1.6)
        direction = Direction(other_m=aim, hand="left")
        move = MOVES["point"](bones_of(seed), direction, np.random.default_rng(seed))
        body = move.joints[(move.onset + move.end) // 2]
        way, wanted = body[22] - body[5], np.array([2.0, 1.5]) - body[5, :2]
        angle = np.arctan2(way[1], way[0]) - np.arctan2(wanted[1], wanted[0])
        assert abs(np.degrees(angle)) < 15, f"seed {seed}: {np.degrees(angle):.0f} degrees"


@pytest.mark.parametrize("action", ["wave", "clap", "read", "drink", "stand", "punch", "squat"])
def test_an_action_takes_about_as_long_as_the_script_says(action: str) -> None:
    for seed in SEEDS:
        move = MOVES[action](bones_of(seed), Direction(for_s=4.0), np.random.default_rng(seed))
        took = (move.end - move.onset) / FPS
        assert 2.4 < took < 6.0, f"seed {seed}: {took:.1f} s"


def test_nobody_kicks_on_a_chair() -> None:
    with pytest.raises(ValueError, match="kick cannot be done on a chair; have the actor stand"):
        MOVES["kick"](bones_of(0), Direction(seated=True), np.random.default_rng(0))


@needs_assets
@pytest.mark.parametrize("action", ["wave", "clap", "jump", "punch", "kick", "sit_down", "squat",
                                    "stand_up"])  # fmt: skip
def test_recordings_come_between_rests(action: str) -> None:
    making = makers(MoveLibrary.of("train"))[action]
    sources = set()
    for seed in SEEDS:
        move = making(bones_of(seed), Direction(), np.random.default_rng(seed))
        if move.source is None:
            continue
        sources.add(move.source)
        assert 0 < move.onset < move.end <= len(move.joints)
        assert np.isfinite(move.joints).all()
        assert FITS[move.begins](move.joints[0]), f"seed {seed} does not begin {move.begins}"
        assert FITS[move.ends](move.joints[-1]), f"seed {seed} does not end {move.ends}"
        fastest = np.linalg.norm(np.diff(move.joints, axis=0), axis=2).max() * FPS
        assert fastest < 14, f"seed {seed}: {fastest:.1f} m/s"
        assert move.joints[:, [15, 16], 2].min() > -0.03, f"seed {seed}"
    assert sources
    assert not any(source.startswith("hdm05") for source in sources)
