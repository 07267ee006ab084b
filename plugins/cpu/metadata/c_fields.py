"""Fields of C structs as pybind11 binds them: integers of a size, texts, nested structs.

A field takes the values that NVIDIA's pyds takes and refuses the others in the same way, so that an
application fails here as it would on the device. Values lie in the slot ``_<name>``.
"""

from __future__ import annotations

import ctypes
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.c_memory import c_text
from plugins.cpu.metadata.meta_list import Castable

MAX_USER_FIELDS = 4
"""Elements of ``misc_obj_info`` and its like (nvdsmeta.h)."""


class Field:
    """A field without rules; it is ``zero`` until it is written."""

    zero: Any = None

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._where = f"{owner.__name__}.{name}"
        self._slot = f"_{name}"

    def __get__(self, struct: Any, owner: type[Any] | None = None) -> Any:
        return self if struct is None else getattr(struct, self._slot, self.zero)

    def __set__(self, struct: Any, value: Any) -> None:
        object.__setattr__(struct, self._slot, value)


class IntField(Field):
    """An integer of C: a float or a value that does not fit is refused."""

    zero = 0

    def __init__(self, bits: int = 32, *, signed: bool = False) -> None:
        self._low = -(1 << bits - 1) if signed else 0
        self._high = (1 << bits - signed) - 1

    def __set__(self, struct: Any, value: Any) -> None:
        if type(value) is not int:
            try:
                value = operator.index(value)
            except TypeError:
                got = type(value).__name__
                raise TypeError(f"{self._where}: wanted an int, got {got} {value!r}") from None
        if not self._low <= value <= self._high:
            raise TypeError(f"{self._where}: wanted {self._low}..{self._high}, got {value}")
        object.__setattr__(struct, self._slot, value)


class TextField(Field):
    """A ``char *``: written as a string and read as an address, for ``pyds.get_string``."""

    def __get__(self, struct: Any, owner: type[Any] | None = None) -> Any:
        if struct is None:
            return self
        memory = getattr(struct, self._slot, None)
        return ctypes.addressof(memory) if memory is not None else 0

    def __set__(self, struct: Any, value: Any) -> None:
        if not isinstance(value, str):
            got = type(value).__name__
            raise TypeError(
                f"{self._where}: wanted a str, got {got}; reading such a field gives an address: "
                "use pyds.get_string on it"
            )
        object.__setattr__(struct, self._slot, c_text(value))


class LazyField(Field):
    """A nested struct or array, made when it is first read."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __get__(self, struct: Any, owner: type[Any] | None = None) -> Any:
        if struct is None:
            return self
        made = getattr(struct, self._slot, None)
        if made is None:
            made = self._make()
            object.__setattr__(struct, self._slot, made)
        return made


def user_fields() -> npt.NDArray[np.int32]:
    """Make the array behind ``misc_obj_info``: pyds shows the first 16 bytes as 4 int32."""
    return np.zeros(MAX_USER_FIELDS, np.int32)


class Struct(Castable):
    """A C struct that is seldom used: zero at first, and without other fields than its own."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not hasattr(type(self), name):
            raise AttributeError(f"{type(self).__name__} has no field '{name}'")
        super().__setattr__(name, value)
