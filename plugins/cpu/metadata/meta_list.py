"""None-terminated lists of metas and the casts of pyds."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Meta = TypeVar("Meta")


class GList(Generic[Item]):
    """One place in a meta list. Nodes are made while walking, so a list holds no cycle of nodes.

    A walk goes over the list as it was when the walk began; what is appended meanwhile is seen,
    what is removed is not taken out under the walker's feet.
    """

    __slots__ = ("_index", "_items", "data")

    def __init__(self, items: list[Item], index: int) -> None:
        self._items = items
        self._index = index
        self.data = items[index]

    @property
    def next(self) -> GList[Item] | None:
        """The node after this one, None at the end."""
        index = self._index + 1
        return GList(self._items, index) if index < len(self._items) else None

    @property
    def prev(self) -> GList[Item] | None:
        """The node before this one, None at the head."""
        return GList(self._items, self._index - 1) if self._index else None


def head(items: list[Item], owner: Any = None) -> GList[Item] | None:
    """Give the first node of a list, None where it is empty.

    owner: the meta that the list hangs on; the items are of its batch. Elements make metas without
    asking for a batch, so this is told when an application looks.
    """
    if owner is not None:
        batch = owner.base_meta.batch
        for item in items:
            item.base_meta.batch = batch  # type: ignore[attr-defined]
    return GList(items, 0) if items else None


class Castable:
    """``cast`` as in pyds: checks and returns, so that a wrong cast is found on the CPU."""

    __slots__ = ()

    @classmethod
    def cast(cls: type[Meta], data: Any) -> Meta:
        """Give ``data`` as this class. Raises TypeError where it is something else."""
        if not isinstance(data, cls):
            raise TypeError(f"wanted {cls.__name__}, got {type(data).__name__}")
        return data
