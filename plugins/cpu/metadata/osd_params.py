"""What the on-screen display draws: boxes, texts and colours, with NVIDIA's names."""

from __future__ import annotations

import ctypes
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from plugins.cpu.metadata.c_fields import IntField, TextField
from plugins.cpu.metadata.c_memory import CharArray, c_text
from plugins.cpu.metadata.meta_list import Castable

MAX_ELEMENTS_IN_DISPLAY_META = 16
"""Room for each kind of drawing in one display meta, as in DeepStream."""


class NvOSD_Mode(IntEnum):  # noqa: N801 - NVIDIA's name
    """What nvdsosd draws with."""

    MODE_CPU = 0
    MODE_GPU = 1
    MODE_NONE = 2


class NvOSD_Arrow_Head_Direction(IntEnum):  # noqa: N801 - NVIDIA's name
    """Which ends of an arrow have a head."""

    START_HEAD = 0
    END_HEAD = 1
    BOTH_HEAD = 2


class NvOSD_ColorParams(Castable):  # noqa: N801 - NVIDIA's name
    """A colour; each part is 0..1."""

    __slots__ = ("alpha", "blue", "green", "red")

    def __init__(self) -> None:
        self.red = self.green = self.blue = self.alpha = 0.0

    def set(self, red: float, green: float, blue: float, alpha: float) -> None:
        """Set all four parts."""
        self.red, self.green, self.blue, self.alpha = red, green, blue, alpha


class NvOSD_FontParams(Castable):  # noqa: N801 - NVIDIA's name
    """font_size in points of the on-screen display; font_name is read as an address."""

    __slots__ = ("_font_name", "_font_size", "font_color")
    font_name = TextField()
    font_size = IntField()

    def __init__(self) -> None:
        self.font_color = NvOSD_ColorParams()


class NvOSD_RectParams(Castable):  # noqa: N801 - NVIDIA's name
    """A box in px of the muxed frame."""

    __slots__ = (
        "_border_width",
        "_color_id",
        "_has_bg_color",
        "_has_color_info",
        "_reserved",
        "bg_color",
        "border_color",
        "height",
        "left",
        "top",
        "width",
    )
    border_width = IntField()
    has_bg_color = IntField()
    has_color_info = IntField(signed=True)
    color_id = IntField(signed=True)
    reserved = IntField()

    def __init__(self) -> None:
        self.left = self.top = self.width = self.height = 0.0
        self.border_color = NvOSD_ColorParams()
        self.bg_color = NvOSD_ColorParams()


class NvOSD_TextParams(Castable):  # noqa: N801 - NVIDIA's name
    """A text at x_offset, y_offset (px, upper left corner).

    ``display_text`` is written as a string and read as an address, as in pyds;
    ``pyds.get_string`` turns the address into the string again.
    """

    __slots__ = (
        "_c_text",
        "_set_bg_clr",
        "_x_offset",
        "_y_offset",
        "font_params",
        "text",
        "text_bg_clr",
    )
    x_offset = IntField()
    y_offset = IntField()
    set_bg_clr = IntField(signed=True)

    def __init__(self) -> None:
        self.text: str | None = None
        self._c_text: CharArray | None = None
        self.font_params = NvOSD_FontParams()
        self.text_bg_clr = NvOSD_ColorParams()

    @property
    def display_text(self) -> int | str:
        """The address of the C string, 0 where there is none; a string is only ever written."""
        if self.text is None:
            return 0
        if self._c_text is None:
            self._c_text = c_text(self.text)
        return ctypes.addressof(self._c_text)

    @display_text.setter
    def display_text(self, text: str | int) -> None:
        if not isinstance(text, str):
            raise TypeError(
                f"display_text takes a str, got {type(text).__name__}; "
                "reading another display_text gives an address: use pyds.get_string on it"
            )
        self.text, self._c_text = text, None


class NvOSD_LineParams(Castable):  # noqa: N801 - NVIDIA's name
    """A line from x1, y1 to x2, y2, px."""

    __slots__ = ("_line_width", "_x1", "_x2", "_y1", "_y2", "line_color")
    x1, y1, x2, y2, line_width = IntField(), IntField(), IntField(), IntField(), IntField()

    def __init__(self) -> None:
        self.line_color = NvOSD_ColorParams()


class NvOSD_ArrowParams(Castable):  # noqa: N801 - NVIDIA's name
    """An arrow from x1, y1 to x2, y2, px; arrow_head: 0 at the start, 1 at the end, 2 both."""

    __slots__ = (
        "_arrow_width",
        "_reserved",
        "_x1",
        "_x2",
        "_y1",
        "_y2",
        "arrow_color",
        "arrow_head",
    )
    x1, y1, x2, y2, arrow_width = IntField(), IntField(), IntField(), IntField(), IntField()
    reserved = IntField()

    def __init__(self) -> None:
        self.arrow_head = NvOSD_Arrow_Head_Direction.START_HEAD
        self.arrow_color = NvOSD_ColorParams()


class NvOSD_CircleParams(Castable):  # noqa: N801 - NVIDIA's name
    """A circle round xc, yc, px."""

    __slots__ = (
        "_circle_width",
        "_has_bg_color",
        "_radius",
        "_reserved",
        "_xc",
        "_yc",
        "bg_color",
        "circle_color",
    )
    xc, yc, radius, circle_width = IntField(), IntField(), IntField(), IntField()
    has_bg_color = IntField()
    reserved = IntField()

    def __init__(self) -> None:
        self.circle_color = NvOSD_ColorParams()
        self.bg_color = NvOSD_ColorParams()


class NvOSD_Color_info(Castable):  # noqa: N801 - NVIDIA's name
    """A colour of a number, for ``rect_params.color_id``."""

    __slots__ = ("_id", "color")
    id = IntField(signed=True)

    def __init__(self) -> None:
        self.color = NvOSD_ColorParams()


class NvOSD_MaskParams(Castable):  # noqa: N801 - NVIDIA's name
    """The mask of an object, or what an instance parser put there instead; size in bytes."""

    __slots__ = ("_height", "_size", "_width", "data", "threshold")
    width, height, size = IntField(), IntField(), IntField()

    def __init__(self) -> None:
        self.data: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self.threshold = 0.0

    def get_mask_array(self) -> npt.NDArray[np.float32]:
        """Give the values, (size / 4,); empty where only the tracker saw the object."""
        return self.data

    def alloc_mask_array(self) -> npt.NDArray[np.float32]:
        """Make room for width * height values, all zero, and give it."""
        self.data = np.zeros(self.width * self.height, np.float32)
        self.size = self.data.nbytes
        return self.data
