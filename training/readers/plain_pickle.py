"""Pickles of numbers and containers only: one that would run code is refused, not run.

A pickle names the functions that build its content, so that loading a stranger's is running it
(docs.python.org/3/library/pickle.html, "Restricting Globals"). Here a name means one of the few
functions below, or an error.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from training.readers.clips import DatasetError

_PROTOCOL = 3
"""The newest that writes names as lines, so that ``_with_old_names`` can exchange them."""


def read_pickle(path: Path) -> Any:
    """Read a pickle that holds numbers, text, containers and numpy arrays.

    Raises:
        DatasetError: it holds anything else, or cannot be read.
    """
    try:
        with path.open("rb") as file:
            return _PlainUnpickler(file).load()
    except OSError as error:
        raise DatasetError([f"{path}: cannot be read: {error.strerror}"]) from None
    except _CodeFoundError as found:
        raise DatasetError(
            [
                f"{path}: holds '{found}', which is neither a number, a text, a container nor a "
                "numpy array: loading it would run code. Nothing of it was run. If you trust its "
                "source, write it again with plain arrays only"
            ]
        ) from None
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError) as error:
        raise DatasetError([f"{path}: not a whole pickle: {error}"]) from None
    except (IndexError, KeyError, ImportError, MemoryError, OverflowError, RecursionError) as error:
        raise DatasetError([f"{path}: a damaged pickle: {error!r}"]) from None


def write_pickle(path: Path, content: Any) -> None:
    """Write such a pickle, whole or not at all; any numpy from 1.17 on can read it."""
    part = path.with_suffix(".part")
    part.write_bytes(_with_old_names(pickle.dumps(content, protocol=_PROTOCOL)))
    part.replace(path)


class _CodeFoundError(Exception):
    """A pickle names something that is not on the list."""


def _from_buffer(
    buffer: bytes, dtype: npt.DTypeLike, shape: tuple[int, ...], order: Any
) -> npt.NDArray[Any]:
    """What pickles of protocol 5 call for an array; a copy, as the buffer may be read-only."""
    made: npt.NDArray[Any] = np.frombuffer(buffer, dtype).reshape(shape, order=order).copy(order)
    return made


def _encode(text: str, coding: str = "latin1") -> bytes:
    """What pickles of protocol 2 call for bytes: always by Latin-1."""
    if coding not in {"latin1", "latin-1"}:
        raise _CodeFoundError(f"_codecs.encode with {coding}")
    return text.encode("latin1")


_BUILTINS: Mapping[str, Any] = {
    "set": set, "frozenset": frozenset, "complex": complex, "bytearray": bytearray,
    "dict": dict, "list": list, "tuple": tuple, "int": int, "float": float, "str": str,
    "bool": bool, "bytes": bytes,
}  # fmt: skip
_NUMPY: Mapping[str, Any] = {
    "multiarray._reconstruct": np.empty(0).__reduce__()[0],
    "multiarray.scalar": np.float32(0).__reduce__()[0],
    "numeric._frombuffer": _from_buffer,
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in {"builtins", "__builtin__"} and name in _BUILTINS:
            return _BUILTINS[name]
        if module == "numpy" and name in {"ndarray", "dtype"}:
            return {"ndarray": np.ndarray, "dtype": np.dtype}[name]
        package, _, rest = module.rpartition(".")
        if package in {"numpy.core", "numpy._core"} and f"{rest}.{name}" in _NUMPY:
            return _NUMPY[f"{rest}.{name}"]
        if (module, name) == ("_codecs", "encode"):
            return _encode
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        raise _CodeFoundError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        raise _CodeFoundError(f"a persistent id {pid!r}")


def _with_old_names(data: bytes) -> bytes:
    """The same pickle with ``numpy.core`` for ``numpy._core``, which numpy 1 does not know."""
    out, done = io.BytesIO(), 0
    new = b"cnumpy._core."
    for code, _, place in pickletools.genops(data):
        if code.name == "GLOBAL" and place is not None and data.startswith(new, place):
            out.write(data[done:place] + b"cnumpy.core.")
            done = place + len(new)
    out.write(data[done:])
    return out.getvalue()
