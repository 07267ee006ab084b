"""The network: a plain convolutional pyramid with YOLOX's heads, small enough for one core."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

STRIDES = (8, 16, 32)
CLASSES = 9
VALUES = 5 + CLASSES
"""cx, cy, width, height, objectness and a score of each class."""

_PRIOR = 0.01


class Conv(nn.Sequential):
    """Convolution, batch norm and, unless it is linear, ReLU. Padding keeps the size."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 3, *, stride: int = 1, groups: int = 1,
        linear: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
            nn.Identity() if linear else nn.ReLU(inplace=True),
        )


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity; ``inner`` channels between them."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.first = Conv(channels, inner)
        self.second = Conv(inner, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Keep shape (B, C, H, W)."""
        added: Tensor = x + self.second(self.first(x))
        return added


class Separable(nn.Sequential):
    """A 5x5 convolution of each channel, then a mix of the channels."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            Conv(inputs, inputs, 5, groups=inputs, linear=True), Conv(inputs, outputs, 1)
        )


class Head(nn.Module):
    """Boxes, objectness and classes of one level, in towers of their own."""

    def __init__(self, channels: int, class_channels: int) -> None:
        super().__init__()
        self.box_tower = Separable(channels, channels)
        self.class_tower = Separable(channels, class_channels)
        self.box = nn.Conv2d(channels, 5, 1)
        self.classes = nn.Conv2d(class_channels, CLASSES, 1)
        rare = -math.log((1 - _PRIOR) / _PRIOR)
        with torch.no_grad():
            self.box.bias[4] = rare  # type: ignore[index]
            self.classes.bias.fill_(rare)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, 14, H, W) of features (B, C, H, W)."""
        return torch.cat([self.box(self.box_tower(x)), self.classes(self.class_tower(x))], dim=1)


class NanoDetector(nn.Module):
    """Pictures (B, 3, H, W), BGR 0..1, H and W multiples of 32, to cells (B, N, 14).

    While training the last ten values are logits; in evaluation they are sigmoids, which is what
    YOLOX's exported graph gives and its parser reads (cells of strides 8, 16, 32, row by row).
    """

    def __init__(self, widths: tuple[int, ...] = (16, 16, 32, 64, 96), neck: int = 32) -> None:
        super().__init__()
        w2, w4, w8, w16, w32 = widths
        self.stem = nn.Sequential(Conv(3, w2, stride=2), Conv(w2, w4, stride=2))
        self.stage8 = nn.Sequential(Conv(w4, w8, stride=2), Residual(w8, w8), Residual(w8, w8))
        self.stage16 = nn.Sequential(
            Conv(w8, w16, stride=2), Residual(w16, w16 // 2), Residual(w16, w16 // 2)
        )
        self.stage32 = nn.Sequential(Conv(w16, w32, stride=2), Residual(w32, w32 // 2))
        self.lateral8, self.lateral16, self.lateral32 = (
            Conv(width, neck, 1) for width in (w8, w16, w32)
        )
        self.top16, self.top8 = Separable(neck, neck), Separable(neck, neck)
        self.down16, self.down32 = (Conv(neck, neck, stride=2, groups=neck) for _ in range(2))
        self.bottom16, self.bottom32 = Separable(neck, neck), Separable(neck, neck)
        self.twice = nn.Upsample(scale_factor=2, mode="nearest")
        self.heads = nn.ModuleList(Head(neck, 2 * neck) for _ in STRIDES)

    def forward(self, pictures: Tensor) -> Tensor:
        """See the class."""
        level8 = self.stage8(self.stem(pictures))
        level16 = self.stage16(level8)
        deep32 = self.lateral32(self.stage32(level16))
        deep16 = self.top16(self.lateral16(level16) + self.twice(deep32))
        out8 = self.top8(self.lateral8(level8) + self.twice(deep16))
        out16 = self.bottom16(deep16 + self.down16(out8))
        out32 = self.bottom32(deep32 + self.down32(out16))
        levels = (out8, out16, out32)
        maps = [head(level) for head, level in zip(self.heads, levels, strict=True)]
        if not self.training:
            maps = [torch.cat([x[:, :4], x[:, 4:].sigmoid()], dim=1) for x in maps]
        return torch.cat([x.flatten(2) for x in maps], dim=2).transpose(1, 2)


def folded(network: NanoDetector) -> NanoDetector:
    """A copy for evaluation whose batch norms are inside the convolutions."""
    plain = copy.deepcopy(network).eval()
    for part in plain.modules():
        if isinstance(part, Conv):
            convolution, norm = part[0], part[1]
            assert isinstance(convolution, nn.Conv2d)
            assert isinstance(norm, nn.BatchNorm2d)
            part[0] = fuse_conv_bn_eval(convolution, norm)
            part[1] = nn.Identity()
    return plain
