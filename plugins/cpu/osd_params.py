"""What the on-screen display draws: boxes, texts and colours, with NVIDIA's names."""

from __future__ import annotations

import ctypes

import numpy as np
import numpy.typing as npt

MAX_ELEMENTS_IN_DISPLAY_META = 16
"""Room for each kind of drawing in one display meta, as in DeepStream."""


class NvOSD_ColorParams:  # noqa: N801 - NVIDIA's name
    """A colour; each part is 0..1."""

    __slots__ = ("alpha", "blue", "green", "red")

    def __init__(self) -> None:
        self.red = self.green = self.blue = self.alpha = 0.0

    def set(self, red: float, green: float, blue: float, alpha: float) -> None:
        """Set all four parts."""
        self.red, self.green, self.blue, self.alpha = red, green, blue, alpha


class NvOSD_FontParams:  # noqa: N801 - NVIDIA's name
    """font_size in points of the on-screen display."""

    __slots__ = ("font_color", "font_name", "font_size")

    def __init__(self) -> None:
        self.font_name = "Serif"
        self.font_size = 0
        self.font_color = NvOSD_ColorParams()


class NvOSD_RectParams:  # noqa: N801 - NVIDIA's name
    """A box in px of the muxed frame."""

    __slots__ = (
        "bg_color",
        "border_color",
        "border_width",
        "has_bg_color",
        "height",
        "left",
        "top",
        "width",
    )

    def __init__(self) -> None:
        self.left = self.top = self.width = self.height = 0.0
        self.border_width = 0
        self.border_color = NvOSD_ColorParams()
        self.has_bg_color = 0
        self.bg_color = NvOSD_ColorParams()


class NvOSD_TextParams:  # noqa: N801 - NVIDIA's name
    """A text at x_offset, y_offset (px, upper left corner).

    ``display_text`` is written as a string and read as an address, as in pyds;
    ``pyds.get_string`` turns the address into the string again.
    """

    __slots__ = (
        "_c_text",
        "font_params",
        "set_bg_clr",
        "text",
        "text_bg_clr",
        "x_offset",
        "y_offset",
    )

    def __init__(self) -> None:
        self.text: str | None = None
        self._c_text: ctypes.Array[ctypes.c_char] | None = None
        self.x_offset = self.y_offset = 0
        self.font_params = NvOSD_FontParams()
        self.set_bg_clr = 0
        self.text_bg_clr = NvOSD_ColorParams()

    @property
    def display_text(self) -> int | str:
        """The address of the C string, 0 where there is none; a string is only ever written."""
        if self.text is None:
            return 0
        if self._c_text is None:
            self._c_text = ctypes.create_string_buffer(self.text.encode())
        return ctypes.addressof(self._c_text)

    @display_text.setter
    def display_text(self, text: str | int) -> None:
        if not isinstance(text, str):
            raise TypeError(
                f"display_text takes a str, got {type(text).__name__}; "
                "reading another display_text gives an address: use pyds.get_string on it"
            )
        self.text, self._c_text = text, None


class NvOSD_LineParams:  # noqa: N801 - NVIDIA's name
    """A line from x1, y1 to x2, y2, px."""

    __slots__ = ("line_color", "line_width", "x1", "x2", "y1", "y2")

    def __init__(self) -> None:
        self.x1 = self.y1 = self.x2 = self.y2 = self.line_width = 0
        self.line_color = NvOSD_ColorParams()


class NvOSD_ArrowParams:  # noqa: N801 - NVIDIA's name
    """An arrow from x1, y1 to x2, y2, px; arrow_head: 0 at the start, 1 at the end, 2 both."""

    __slots__ = ("arrow_color", "arrow_head", "arrow_width", "x1", "x2", "y1", "y2")

    def __init__(self) -> None:
        self.x1 = self.y1 = self.x2 = self.y2 = self.arrow_width = self.arrow_head = 0
        self.arrow_color = NvOSD_ColorParams()


class NvOSD_CircleParams:  # noqa: N801 - NVIDIA's name
    """A circle round xc, yc, px."""

    __slots__ = (
        "bg_color",
        "circle_color",
        "circle_width",
        "has_bg_color",
        "radius",
        "xc",
        "yc",
    )

    def __init__(self) -> None:
        self.xc = self.yc = self.radius = self.circle_width = 0
        self.circle_color = NvOSD_ColorParams()
        self.has_bg_color = 0
        self.bg_color = NvOSD_ColorParams()


class NvOSD_MaskParams:  # noqa: N801 - NVIDIA's name
    """What an instance parser found inside a box; size in bytes, width and height in px."""

    __slots__ = ("data", "height", "size", "threshold", "width")

    def __init__(self) -> None:
        self.data: npt.NDArray[np.float32] = np.zeros(0, np.float32)
        self.threshold = 0.0
        self.size = self.width = self.height = 0

    def get_mask_array(self) -> npt.NDArray[np.float32]:
        """Give the values, (size / 4,); empty where only the tracker saw the object."""
        return self.data
