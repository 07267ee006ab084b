"""Sound as patches for an encoder: on the clock's grid, never from the future."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.frames import Float, SoundFrame
from recognition.sound import BANDS, HOP_NS, TOKEN_SIZE
from recognition.sound_tokens import (
    PATCH_COLUMNS,
    PatchStream,
    TokenMemory,
    encoder_input,
    patches,
)

SLOT_NS = 266_666_667


def columns(count: int) -> Float:
    """Columns that each hold their own number."""
    return np.repeat(np.arange(count, dtype=np.float32)[:, None], BANDS, axis=1)


def frame(part: Float, pts_ns: int) -> SoundFrame:
    rms = np.zeros(len(part), np.float32)
    return SoundFrame(source_id=0, pts_ns=pts_ns, log_mel=part, rms=rms)


def cut(sizes: list[int], start_ns: int) -> tuple[list[int], Float]:
    stream, ends, found, at = PatchStream(hop_ns=SLOT_NS), [], [], 0
    everything = columns(sum(sizes))
    for size in sizes:
        more, made = stream.push(frame(everything[at : at + size], start_ns + at * HOP_NS))
        ends += more
        found += list(made)
        at += size
    return ends, np.array(found)


def test_a_clip_gives_a_patch_for_every_hop() -> None:
    made = patches(columns(496), hop=48)
    assert made.shape == (9, PATCH_COLUMNS, BANDS)
    assert made[:, 0, 0].tolist() == list(range(0, 401, 48))
    assert patches(columns(95), hop=1).shape == (0, PATCH_COLUMNS, BANDS)


def test_the_encoder_gets_bands_by_time() -> None:
    made = encoder_input(patches(columns(100), hop=4))
    assert made.shape == (2, 1, BANDS, PATCH_COLUMNS)
    assert made[1, 0, 7].tolist() == list(range(4, 100))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 150), min_size=1, max_size=12), st.integers(0, 10**12))
def test_patches_do_not_depend_on_how_buffers_were_cut(sizes: list[int], start_ns: int) -> None:
    ends, found = cut(sizes, start_ns)
    whole_ends, whole = cut([sum(sizes)], start_ns)
    assert ends == whole_ends
    assert np.array_equal(found, whole)
    for end_ns, patch in zip(ends, found, strict=True):
        newest = (end_ns - start_ns) // HOP_NS
        assert patch[:, 0].tolist() == list(range(newest - PATCH_COLUMNS + 1, newest + 1))


def test_there_is_a_patch_for_every_slot_once_the_first_is_complete() -> None:
    ends, _ = cut([1000], 123_456_789)
    assert len(ends) == pytest.approx((1000 - PATCH_COLUMNS) * HOP_NS / SLOT_NS, abs=1)
    assert set(np.diff(np.array(ends) // SLOT_NS)) == {1}


def test_after_a_jump_of_the_clock_no_patch_holds_both_sides() -> None:
    stream = PatchStream(hop_ns=SLOT_NS)
    stream.push(frame(columns(90), 0))
    ends, _ = stream.push(frame(columns(90), 60_000_000_000))
    assert ends == []


def token(value: float) -> Float:
    return np.full(TOKEN_SIZE, value, np.float32)


def memory(count: int) -> TokenMemory:
    """Tokens 0, 1, 2 ... at the ends of the first slots of the clock."""
    made = TokenMemory(keep=40, reach_ns=SLOT_NS)
    for number in range(count):
        made.push(number * SLOT_NS, token(number))
    return made


@settings(max_examples=40, deadline=None)
@given(st.integers(0, SLOT_NS - 1))
def test_a_slot_hears_the_newest_token_before_its_end_and_no_later_one(late_ns: int) -> None:
    tokens = memory(40).tokens(30 * SLOT_NS + late_ns, slots=12, slot_ns=SLOT_NS)
    assert tokens is not None
    assert tokens[:, 0].tolist() == list(range(19, 31))


def test_little_sound_is_none_and_a_gap_is_zero() -> None:
    heard = memory(20)
    some = heard.tokens(24 * SLOT_NS, slots=12, slot_ns=SLOT_NS)
    assert some is not None
    assert some[:, 0].tolist() == [13, 14, 15, 16, 17, 18, 19, 0, 0, 0, 0, 0]
    assert heard.tokens(27 * SLOT_NS, slots=12, slot_ns=SLOT_NS) is None
    assert memory(0).tokens(SLOT_NS, slots=12, slot_ns=SLOT_NS) is None
