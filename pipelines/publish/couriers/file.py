"""Appends each message to a file of JSON lines; a full file is set aside, the oldest one goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path

from pipelines.publish.couriers.config import FileConfig
from pipelines.publish.couriers.courier import Parcel, UnreachableError


class FileCourier:
    """Writes whole lines only: what a full disk cut off is taken back and written again later."""

    def __init__(self, config: FileConfig) -> None:
        self.name = f"file {config.path}"
        self._config = config
        self._file: FileIO | None = None
        self._whole = 0

    def deliver(self, parcels: Sequence[Parcel]) -> Iterator[str | None]:
        """A line each, flushed before the next one."""
        for parcel in parcels:
            try:
                self._write(parcel.payload + b"\n")
            except OSError as error:
                self._take_back()
                raise UnreachableError(f"cannot be written: {error.strerror}") from None
            yield None

    def check(self) -> None:
        """Whether the file can be opened to append; one that is not there is not made."""
        path = self._config.path
        try:
            if path.exists():
                path.open("ab").close()
            elif not path.absolute().parent.is_dir():
                raise UnreachableError(f"{path}: its folder does not exist; make it first")
        except OSError as error:
            raise UnreachableError(f"{path}: cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self, line: bytes) -> None:
        if self._file is None:
            self._file = self._config.path.open("ab", buffering=0)
            self._whole = self._file.tell()
        if 0 < self._whole > self._config.max_bytes - len(line):
            self._set_aside()
            self._write(line)
            return
        left = memoryview(line)
        while left:
            left = left[self._file.write(left) :]
        self._whole += len(line)

    def _set_aside(self) -> None:
        """``PATH`` becomes ``PATH.1``, that ``PATH.2``, and so on; the last one is replaced."""
        self.close()
        for number in range(self._config.keep, 0, -1):
            newer = self._numbered(number - 1)
            if newer.exists():
                newer.replace(self._numbered(number))

    def _numbered(self, number: int) -> Path:
        path = self._config.path
        return path.with_name(f"{path.name}.{number}") if number else path

    def _take_back(self) -> None:
        """Leave no piece of a line behind."""
        if self._file is not None:
            self._file.truncate(self._whole)
        self.close()
