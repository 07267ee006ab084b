"""The application's own functions and structs for user metas."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

from plugins.cpu.metadata.c_fields import IntField, Struct, TextField
from plugins.cpu.metadata.object_meta import NvDsMetaType, NvDsUserMeta

_types: dict[str, int] = {}
_type_numbers = itertools.count(NvDsMetaType.NVDS_START_USER_META + 1)
_with_callbacks: weakref.WeakSet[Any] = weakref.WeakSet()

Callback = Callable[[Any, Any], Any]


class CustomDataStruct(Struct):
    """pyds' example of a struct of one's own; ``message`` is read with ``get_string``."""

    structId = IntField(signed=True)
    sampleInt = IntField(signed=True)
    message = TextField()


def alloc_custom_struct(meta: NvDsUserMeta) -> CustomDataStruct:
    """Make an empty struct; it lives as long as the user meta that it is hung on."""
    NvDsUserMeta.cast(meta)
    return CustomDataStruct()


def nvds_get_user_meta_type(name: str) -> int:
    """Give the number of a user meta type such as ``VENDOR.COMPONENT.NAME``, always the same."""
    if name not in _types:
        _types[name] = next(_type_numbers)
    return _types[name]


def set_user_copyfunc(meta: NvDsUserMeta, func: Callback) -> None:
    """Tell how the data of a user meta is copied.

    DeepStream calls it where it copies a batch; here copies of a buffer share their metadata, so
    it is kept and never called.
    """
    NvDsUserMeta.cast(meta).base_meta.copy_func = _callable(func)


def set_user_releasefunc(meta: NvDsUserMeta, func: Callback) -> None:
    """Tell how the data of a user meta is freed: called with the meta and None when it goes."""
    base = NvDsUserMeta.cast(meta).base_meta
    base.release_func = _callable(func)
    _with_callbacks.add(base)


def register_user_copyfunc(func: Callback) -> None:
    """Do nothing: pyds keeps the name for programs of DeepStream 5."""
    _callable(func)


def register_user_releasefunc(func: Callback) -> None:
    """Do nothing: pyds keeps the name for programs of DeepStream 5."""
    _callable(func)


def unset_callback_funcs() -> None:
    """Forget all functions; an application calls this before it ends."""
    for base in list(_with_callbacks):
        base.copy_func = base.release_func = None
    _with_callbacks.clear()


def _callable(func: Callback) -> Callback:
    if not callable(func):
        raise TypeError(f"wanted a function of the meta and user data, got {type(func).__name__}")
    return func
