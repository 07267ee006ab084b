"""Where nvinfer puts a rectangle of the frame in a network's input: its rounding, its letterbox."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkInput:
    """Size of the network's input, px, and how a picture is brought to it.

    channels: 3, or 1 for grey. channels_last: (height, width, channels), not planes.
    """

    width: int
    height: int
    keep_aspect: bool = False
    symmetric: bool = False
    channels: int = 3
    channels_last: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a rectangle of the muxed frame lies in the network's input.

    left, top, width, height: the rectangle that was cut out, px of the muxed frame.
    filled_width, filled_height: its size in the input, px; the rest of the input is black.
    offset_left, offset_top: where it starts in the input, px.
    """

    left: int
    top: int
    width: int
    height: int
    filled_width: int
    filled_height: int
    offset_left: int
    offset_top: int

    @property
    def scale_x(self) -> float:
        """Px of the input per px of the frame, across."""
        return self.filled_width / self.width

    @property
    def scale_y(self) -> float:
        """Px of the input per px of the frame, down."""
        return self.filled_height / self.height


def place(
    rect: tuple[float, float, float, float], frame_size: tuple[int, int], network: NetworkInput
) -> Placement | None:
    """Find where a rectangle goes (get_converted_buffer of gstnvinfer.cpp).

    rect: left, top, width, height, px. frame_size: width, height, px. Fractions are cut off; left
    and top are then rounded up to even, width and height down to even. Returns None where less than
    two pixels are left inside the frame.
    """
    left, top = (max(0, int(value)) for value in rect[:2])
    left, top = left + left % 2, top + top % 2
    width = min(int(rect[2]) // 2 * 2, frame_size[0] - left)
    height = min(int(rect[3]) // 2 * 2, frame_size[1] - top)
    if width < 2 or height < 2:
        return None
    filled_width, filled_height = network.width, network.height
    if network.keep_aspect:
        at_full_width = network.width * height / width
        if at_full_width <= network.height:
            filled_height = max(1, int(at_full_width))
        else:
            filled_width = max(1, int(network.height * width / height))
    offset_left = offset_top = 0
    if network.symmetric:
        offset_left = (network.width - filled_width) // 2
        offset_top = (network.height - filled_height) // 2
    return Placement(left, top, width, height, filled_width, filled_height, offset_left, offset_top)
