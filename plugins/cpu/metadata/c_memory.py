"""C memory as an application of pyds meets it: texts by address, buffers it allocates and frees.

Every address that pyds gives out is known here while its memory lives. An address that is not is
refused, where NVIDIA's pyds would read or free whatever lies there.
"""

from __future__ import annotations

import ctypes
import weakref
from datetime import datetime, timezone

CharArray = ctypes.Array[ctypes.c_char]

_texts: weakref.WeakValueDictionary[int, CharArray] = weakref.WeakValueDictionary()
_buffers: dict[int, CharArray] = {}


def c_text(text: str) -> CharArray:
    """Make the C form of a text; ``get_string`` reads it while the result lives."""
    memory = ctypes.create_string_buffer(text.encode())
    _texts[ctypes.addressof(memory)] = memory
    return memory


def _memory_at(address: int) -> CharArray:
    if not isinstance(address, int):
        raise TypeError(f"wanted an address, an int; got {type(address).__name__}")
    memory = _buffers.get(address) or _texts.get(address)
    if memory is None:
        raise ValueError(
            f"{address:#x} is no address that pyds gave, or what lay there has been freed; "
            "on the device this reads foreign memory"
        )
    return memory


def get_string(address: int) -> str | None:
    """Give the text at an address that a string field returned, None for address 0."""
    return _memory_at(address).value.decode(errors="replace") if address else None


def alloc_buffer(size: int) -> int:
    """Give the address of ``size`` zero bytes; they live until ``free_buffer``."""
    memory = ctypes.create_string_buffer(max(1, size))
    address = ctypes.addressof(memory)
    _buffers[address] = memory
    return address


def free_buffer(address: int) -> None:
    """Free what ``alloc_buffer``, ``strdup`` or ``memdup`` gave, or the text of a string field.

    Address 0 is nothing.

    Raises:
        ValueError: freed before, or not allocated by these.
    """
    if address and (_buffers.pop(address, None) or _texts.pop(address, None)) is None:
        raise ValueError(
            f"{address:#x} was not allocated by pyds, or has been freed; on the device this "
            "corrupts the heap"
        )


def strdup(address: int) -> int:
    """Copy the text at an address into a new buffer; gives its address, 0 for address 0."""
    if not address:
        return 0
    content = _memory_at(address).value
    copied = alloc_buffer(len(content) + 1)
    _buffers[copied].value = content
    return copied


def strdup2str(address: int) -> str:
    """Give the text at an address, an empty one for address 0."""
    return get_string(address) or ""


def memdup(address: int, size: int) -> int:
    """Copy ``size`` bytes at an address into a new buffer; gives its address.

    Raises:
        ValueError: there are fewer bytes.
    """
    if not address:
        return 0
    content = _memory_at(address).raw
    if size > len(content):
        raise ValueError(f"wanted {size} bytes at {address:#x}, there are {len(content)}")
    copied = alloc_buffer(size)
    _buffers[copied].raw = content[:size]
    return copied


def generate_ts_rfc3339(address: int, size: int) -> None:
    """Write the time of now, such as 2026-11-21T15:36:21.254Z, into a buffer of ``size`` bytes."""
    now = datetime.now(timezone.utc)
    text = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z".encode()
    memory = _memory_at(address)
    if size > len(memory):
        raise ValueError(f"wanted a buffer of {size} bytes, it has {len(memory)}")
    memory.value = text[: max(0, size - 1)]
