"""YOLOX-nano's network, which takes up the published weights and is trained on from there.

Architecture: Megvii's YOLOX (Apache-2.0), "YOLOX: Exceeding YOLO Series in 2021", the nano size:
CSPDarknet with a quarter of the channels and a third of the depth, depthwise convolutions, a path
aggregation neck and decoupled heads. The published ONNX file has batch norms folded into the
convolutions; they stay folded here, so a convolution has a bias and nothing is averaged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

STRIDES = (8, 16, 32)
CLASSES = 9
VALUES = 5 + CLASSES
"""cx, cy, width, height, objectness and a score of each class."""

COCO_ROWS = (0, 39, 41, 67, 73, 32, 28, 79, 63)
"""COCO class from which each of our classes begins: person, bottle, cup, cell phone, book, sports
ball, suitcase (for box), toothbrush (for hammer), laptop."""

_PRIOR = 0.01


class Conv(nn.Sequential):
    """Convolution with bias and SiLU; a depthwise one when ``groups`` equals the channels."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups),
            nn.SiLU(inplace=True),
        )


class Depthwise(nn.Sequential):
    """A 3x3 convolution of each channel, then a mix of the channels."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__(
            Conv(inputs, inputs, 3, stride=stride, groups=inputs), Conv(inputs, outputs)
        )


class Bottleneck(nn.Module):
    """1x1, depthwise 3x3, and the identity beside them where ``shortcut`` is set."""

    def __init__(self, channels: int, *, shortcut: bool) -> None:
        super().__init__()
        self.body = nn.Sequential(Conv(channels, channels), Depthwise(channels, channels))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Keep shape (B, C, H, W)."""
        made: Tensor = self.body(x)
        return made + x if self.shortcut else made


class Split(nn.Module):
    """A cross-stage partial layer: half of the channels pass ``depth`` bottlenecks."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, *, shortcut: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.main, self.side = Conv(inputs, half), Conv(inputs, half)
        self.body = nn.Sequential(*(Bottleneck(half, shortcut=shortcut) for _ in range(depth)))
        self.join = Conv(outputs, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) to (B, outputs, H, W)."""
        joined: Tensor = self.join(torch.cat([self.body(self.main(x)), self.side(x)], dim=1))
        return joined


class Pooled(nn.Module):
    """Spatial pyramid pooling over 5, 9 and 13 cells."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.narrow = Conv(channels, channels // 2)
        self.pools = nn.ModuleList(nn.MaxPool2d(size, 1, size // 2) for size in (5, 9, 13))
        self.join = Conv(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Keep shape (B, C, H, W)."""
        x = self.narrow(x)
        joined: Tensor = self.join(torch.cat([x, *(pool(x) for pool in self.pools)], dim=1))
        return joined


class Head(nn.Module):
    """Classes, boxes and objectness of one level."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.stem = Conv(inputs, 64)
        self.class_tower = nn.Sequential(Depthwise(64, 64), Depthwise(64, 64))
        self.classes = nn.Conv2d(64, classes, 1)
        self.box_tower = nn.Sequential(Depthwise(64, 64), Depthwise(64, 64))
        self.box = nn.Conv2d(64, 4, 1)
        self.thing = nn.Conv2d(64, 1, 1)
        rare = -math.log((1 - _PRIOR) / _PRIOR)
        with torch.no_grad():
            self.thing.bias.fill_(rare)  # type: ignore[union-attr]
            self.classes.bias.fill_(rare)  # type: ignore[union-attr]

    def forward(self, x: Tensor) -> Tensor:
        """Logits (B, 5 + classes, H, W) of features (B, inputs, H, W)."""
        x = self.stem(x)
        box = self.box_tower(x)
        return torch.cat([self.box(box), self.thing(box), self.classes(self.class_tower(x))], dim=1)


class YoloxNano(nn.Module):
    """Images (B, 3, H, W), BGR 0..1, H and W multiples of 32, to cells (B, N, 5 + classes).

    While training objectness and classes are logits; in evaluation sigmoids, as YOLOX's exported
    graph gives them (cells of strides 8, 16, 32, row by row).
    """

    def __init__(self, classes: int = CLASSES) -> None:
        super().__init__()
        self.stem = Conv(12, 16, 3)
        self.stage4 = nn.Sequential(Depthwise(16, 32, stride=2), Split(32, 32))
        self.stage8 = nn.Sequential(Depthwise(32, 64, stride=2), Split(64, 64, 3))
        self.stage16 = nn.Sequential(Depthwise(64, 128, stride=2), Split(128, 128, 3))
        self.stage32 = nn.Sequential(
            Depthwise(128, 256, stride=2), Pooled(256), Split(256, 256, shortcut=False)
        )
        self.lateral32 = Conv(256, 128)
        self.top16 = Split(256, 128, shortcut=False)
        self.lateral16 = Conv(128, 64)
        self.top8 = Split(128, 64, shortcut=False)
        self.down16 = Depthwise(64, 64, stride=2)
        self.bottom16 = Split(128, 128, shortcut=False)
        self.down32 = Depthwise(128, 128, stride=2)
        self.bottom32 = Split(256, 256, shortcut=False)
        self.twice = nn.Upsample(scale_factor=2, mode="nearest")
        self.heads = nn.ModuleList(Head(width, classes) for width in (64, 128, 256))

    def forward(self, images: Tensor) -> Tensor:
        """See the class."""
        corners = [images[..., y::2, x::2] for x in (0, 1) for y in (0, 1)]
        level8 = self.stage8(self.stage4(self.stem(torch.cat(corners, dim=1))))
        level16 = self.stage16(level8)
        deep32 = self.lateral32(self.stage32(level16))
        deep16 = self.lateral16(self.top16(torch.cat([self.twice(deep32), level16], dim=1)))
        out8 = self.top8(torch.cat([self.twice(deep16), level8], dim=1))
        out16 = self.bottom16(torch.cat([self.down16(out8), deep16], dim=1))
        out32 = self.bottom32(torch.cat([self.down32(out16), deep32], dim=1))
        maps = [head(level) for head, level in zip(self.heads, (out8, out16, out32), strict=True)]
        if not self.training:
            maps = [torch.cat([x[:, :4], x[:, 4:].sigmoid()], dim=1) for x in maps]
        return torch.cat([x.flatten(2) for x in maps], dim=2).transpose(1, 2)


def published(path: Path, rows: Sequence[int] | None = COCO_ROWS) -> YoloxNano:
    """The network with the weights of YOLOX's published ``yolox_nano.onnx``.

    rows: for each of our classes the COCO class whose weights it begins with; None keeps all 80.
    The file wants pictures 0..255; the first convolution is scaled so that 0..1 gives the same.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file holds another network.
    """
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file. Prepare it: python -m export.fetch yolox_nano"
        )
    kept = list(range(80)) if rows is None else list(rows)
    network = YoloxNano(len(kept))
    graph = onnx.load(str(path)).graph
    stored = {part.name: numpy_helper.to_array(part) for part in graph.initializer}
    given = [
        [stored[name] for name in node.input[1:]] for node in graph.node if node.op_type == "Conv"
    ]
    layers = _in_order(network)
    if len(given) != len(layers):
        raise ValueError(f"{path}: {len(given)} convolutions; YOLOX-nano has {len(layers)}")
    with torch.no_grad():
        for layer, (weight, bias) in zip(layers, given, strict=True):
            if layer in [head.classes for head in network.heads]:
                weight, bias = weight[kept], bias[kept]
            if tuple(weight.shape) != tuple(layer.weight.shape):
                raise ValueError(
                    f"{path}: a convolution is {weight.shape}; wanted {tuple(layer.weight.shape)}"
                )
            layer.weight.copy_(torch.from_numpy(np.array(weight)))
            assert layer.bias is not None
            layer.bias.copy_(torch.from_numpy(np.array(bias)))
        layers[0].weight.mul_(255.0)
    return network


def _in_order(network: YoloxNano) -> list[nn.Conv2d]:
    """Convolutions in the order of the published file: as they are run, heads last."""
    return [part for part in network.modules() if isinstance(part, nn.Conv2d)]
