"""A small top-down pose network whose output is one distribution along x and one along y."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

JOINTS = 17
INPUT = (96, 128)
"""Width and height of the network's input, px. One bin of an output is one px of it."""

STRIDE = 4
"""Px of the input per cell of the joint maps."""

_FLOOR = 1e-5
"""Least probability of a row or column of cells; large enough for half precision."""


class PoseNet(nn.Module):
    """Person crop to joints.

    Strided convolutions down to 1/16 of the input, back up to 1/4, and there one map per joint. A
    softmax over the map's cells is summed over rows and over columns (so that x and y speak of the
    same place) and brought to one bin per px, which is the representation of SimCC (Li et al.,
    ECCV 2022, arXiv:2107.03332). The score of a joint is read off the features where its map lies.

    channels: of the features at 1/2, 1/4, 1/8 and 1/16 of the input. blocks: residual blocks at
    1/4, 1/8 and 1/16. expansion: of the inverted residuals (Sandler et al., CVPR 2018) at 1/16.
    """

    def __init__(
        self,
        channels: tuple[int, int, int, int] = (16, 32, 64, 96),
        blocks: tuple[int, int, int] = (1, 2, 3),
        expansion: int = 3,
    ) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = channels
        width, height = INPUT
        self.stem = convolution(3, half, stride=2)
        self.down4 = nn.Sequential(
            convolution(half, quarter, stride=2), *(Residual(quarter) for _ in range(blocks[0]))
        )
        self.down8 = nn.Sequential(
            convolution(quarter, eighth, stride=2), *(Residual(eighth) for _ in range(blocks[1]))
        )
        self.down16 = nn.Sequential(
            convolution(eighth, sixteenth, stride=2),
            *(InvertedResidual(sixteenth, expansion) for _ in range(blocks[2])),
        )
        self.up8 = convolution(sixteenth, eighth, size=1)
        self.merge8 = Residual(eighth)
        self.up4 = convolution(eighth, quarter, size=1)
        self.merge4 = convolution(quarter, quarter)
        self.twofold = nn.Upsample(scale_factor=2, mode="nearest")
        self.maps = nn.Conv2d(quarter, JOINTS, 1)
        self.fine_x = finer(width // STRIDE, width)
        self.fine_y = finer(height // STRIDE, height)
        self.score_here = nn.Parameter(torch.zeros(JOINTS, quarter))
        self.score_whole = nn.Linear(sixteenth, JOINTS)

    def logits(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Unnormalised log probabilities along x (B, 17, W) and y (B, 17, H), score logits (B, 17).

        image: (B, 3, 128, 96) RGB, -1..1.
        """
        return self.read(*self.features(image))

    def features(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Features at 1/4 and at 1/16 of the input, (B, C, H, W) each."""
        at4 = self.down4(self.stem(image))
        at8 = self.down8(at4)
        at16 = self.down16(at8)
        at8 = self.merge8(at8 + self.twofold(self.up8(at16)))
        return self.merge4(at4 + self.twofold(self.up4(at8))), at16

    def read(self, at4: Tensor, at16: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What ``logits`` gives, from the features; wants float32."""
        maps = self.maps(at4)
        weight = torch.exp(maps - maps.amax(dim=(2, 3), keepdim=True))
        columns, rows = weight.sum(dim=2), weight.sum(dim=3)
        total = columns.sum(dim=2, keepdim=True)
        along_x = self.fine_x(torch.log(columns / total + _FLOOR))
        along_y = self.fine_y(torch.log(rows / total + _FLOOR))
        share = (weight / total[..., None]).flatten(2)
        here = torch.matmul(share, at4.flatten(2).transpose(1, 2))
        local = (here * self.score_here).sum(dim=2)
        return along_x, along_y, local + self.score_whole(at16.mean(dim=(2, 3)))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """simcc_x (B, 17, W) and simcc_y (B, 17, H), 0..1; each one's maximum is the score."""
        along_x, along_y, score = self.logits(image)
        peak = torch.sigmoid(score)[..., None]
        return (
            peak * torch.exp(along_x - along_x.amax(dim=2, keepdim=True)),
            peak * torch.exp(along_y - along_y.amax(dim=2, keepdim=True)),
        )


def convolution(
    before: int, after: int, *, size: int = 3, stride: int = 1, groups: int = 1, relu: bool = True
) -> nn.Sequential:
    """Convolution, batch norm and, where wanted, ReLU."""
    conv = nn.Conv2d(before, after, size, stride, size // 2, groups=groups, bias=False)
    nn.init.normal_(conv.weight, std=math.sqrt(2 / (size * size * after / groups)))
    layers: list[nn.Module] = [conv, nn.BatchNorm2d(after)]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Residual(nn.Module):
    """Two dense 3x3 convolutions and a way round them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels), convolution(channels, channels, relu=False)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, H, W) to the same shape."""
        return torch.relu(features + self.body(features))


class InvertedResidual(nn.Module):
    """Widen, look about with 5x5 per channel, narrow again; and a way round."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.body = nn.Sequential(
            convolution(channels, wide, size=1),
            convolution(wide, wide, size=5, groups=wide),
            convolution(wide, channels, size=1, relu=False),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, C, H, W) to the same shape."""
        out: Tensor = features + self.body(features)
        return out


def finer(cells: int, bins: int) -> nn.Linear:
    """A trained interpolation that starts as the linear one; bin i lies at ``i`` px."""
    layer = nn.Linear(cells, bins)
    at = (torch.arange(bins) / (bins / cells) - 0.5).clamp(0, cells - 1)
    near = 1 - (at[:, None] - torch.arange(cells)[None]).abs()
    with torch.no_grad():
        layer.weight.copy_(near.clamp(min=0))
        layer.bias.zero_()
    return layer
