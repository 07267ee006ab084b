"""Puts the CPU twins into GStreamer's registry under NVIDIA's names.

From then on ``Gst.ElementFactory.make``, ``Gst.parse_launch`` and the decoders that plug elements
by themselves find the twins, in this process only.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

from plugins.cpu.registry import TWINS, twin_class
from plugins.cpu.streammux.nvstreammux import chosen
from plugins.errors import GraphError
from plugins.gst import Gst

RANKS = {
    # Above the software decoders, as NVIDIA's decoder is, so that uridecodebin plugs it.
    "nvv4l2decoder": int(Gst.Rank.PRIMARY) + 20,
    # autovideosink takes it, so an application that asks for any display runs without one, too.
    "nveglglessink": int(Gst.Rank.PRIMARY) + 20,
}

MUX = "nvstreammux"

_gobject = ctypes.PyDLL("libgobject-2.0.so.0")
_ref, _force_floating = _gobject["g_object_ref"], _gobject["g_object_force_floating"]
for _function in (_ref, _force_floating):
    _function.argtypes = (ctypes.c_void_p,)
    _function.restype = ctypes.c_void_p


def register_twins() -> None:
    """Register every twin; an element of the same name that is installed gives way.

    nvstreammux comes with the application's ``Gst.init``: which of both it is, the environment
    (``USE_NEW_NVSTREAMMUX``) says, and an application may set that before it calls ``Gst.init``.

    Raises:
        GraphError: GStreamer refused one of them.
    """
    for factory in TWINS:
        if factory != MUX:
            _register(factory, twin_class(factory))
    init, registered = Gst.init, threading.Event()

    def init_with_mux(*arguments: Any) -> Any:
        if not registered.is_set():
            registered.set()
            _register(MUX, chosen())
        return init(*arguments)

    Gst.init = init_with_mux


def _register(factory: str, twin: type[Any]) -> None:
    kind = _for_factory(factory, twin)
    if not Gst.Element.register(None, factory, RANKS.get(factory, 0), kind):
        raise GraphError(f"GStreamer does not take the twin of '{factory}'")


def tell_of_missing_twins(tell: Callable[[str], object]) -> None:
    """Let ``Gst.ElementFactory.make`` say so, once each, where NVIDIA's element has no twin.

    It gives None as before; a program that does not look fails far from the cause.
    """
    make = Gst.ElementFactory.make
    told: set[str] = set()

    def make_or_tell(factory: str, name: str | None = None) -> Gst.Element | None:
        element = make(factory, name)
        if element is None and factory.startswith("nv") and factory not in told:
            told.add(factory)
            tell(
                f"platform cpu has no twin of '{factory}', so the program gets None for it; "
                "docs/cpu-run.md lists the twins"
            )
        return element

    Gst.ElementFactory.make = staticmethod(make_or_tell)


def _for_factory(factory: str, twin: type[Any]) -> type[Any]:
    """Make the class whose objects GStreamer's factory constructs."""

    def construct(self: Any) -> None:
        # A factory hands out floating references, and PyGObject has sunk the only one there is. So
        # its own becomes a second one, and the first floats again for whoever asked for it.
        twin.__init__(self)
        _ref(hash(self))
        _force_floating(hash(self))

    # Elements without a name are called by their type: nvv4l2decoder0, as applications look for.
    return type(twin.__name__, (twin,), {"__gtype_name__": f"Gst{factory}", "__init__": construct})
