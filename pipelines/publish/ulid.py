"""Event ids that sort by time and come out the same when a file is run again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32."""


def ulid(time_ms: int, parts: Sequence[str | int]) -> str:
    """A ULID: 48 bits of time, then 80 bits of BLAKE2b over the parts instead of chance.

    time_ms: milliseconds since 1970, 0 .. 2**48 - 1; ValueError outside of that.
    Returns 26 characters. Format: https://github.com/ulid/spec.
    """
    if not 0 <= time_ms < 1 << 48:
        raise ValueError(f"time_ms must be within 0 .. 2**48 - 1, got {time_ms}")
    digest = hashlib.blake2b(json.dumps(list(parts)).encode(), digest_size=10).digest()
    number = time_ms << 80 | int.from_bytes(digest, "big")
    return "".join(ALPHABET[number >> shift & 31] for shift in range(125, -1, -5))
