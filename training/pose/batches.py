"""Draws training batches and measures a network on whole crops."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from recognition.frames import Float
from training.pose.crops import Crops, Pixels
from training.pose.loss import ABSENT, SEEN, similarity
from training.pose.network import JOINTS, PoseNet
from training.pose.views import plain_view, random_view, visible_count

Batch = tuple[Tensor, Tensor, Tensor]
"""Pixels (B, 128, 96, 3) uint8, joints (B, 17, 3) px, px, visibility, and sizes (B,) px."""

_TRIES = 4
_LEAST_JOINTS = 3


class Batches(Dataset[Batch]):
    """Batch number n of a run: always the same one, so that a broken-off run can go on.

    real: crops with teachers' labels, a share ``real_share`` of each batch; none where empty.
    """

    def __init__(
        self, rendered: Crops, real: Crops, *, steps: int, batch: int, real_share: float, seed: int
    ) -> None:
        self._sources = (rendered, real)
        self._steps, self._batch, self._seed = steps, batch, seed
        self._real = round(batch * real_share) if len(real) else 0

    def __len__(self) -> int:
        """How many batches."""
        return self._steps

    def __getitem__(self, step: int) -> Batch:
        """Draw a batch."""
        rng = np.random.default_rng([self._seed, step])
        drawn = []
        for row in range(self._batch):
            crops = self._sources[row < self._real]
            drawn.append(_draw(crops, rng))
        return collate(drawn)


def _draw(crops: Crops, rng: np.random.Generator) -> tuple[Pixels, Float, float]:
    for _ in range(_TRIES):
        view = random_view(crops, int(rng.integers(len(crops))), rng)
        if visible_count(view[1]) >= _LEAST_JOINTS:
            break
    return view


def collate(views: list[tuple[Pixels, Float, float]]) -> Batch:
    """Views as one batch."""
    pixels, joints, sizes = zip(*views, strict=True)
    return (
        torch.from_numpy(np.stack(pixels)),
        torch.from_numpy(np.stack(joints)).float(),
        torch.tensor(sizes, dtype=torch.float32),
    )


def to_input(pixels: Tensor) -> Tensor:
    """Pixels (B, H, W, 3) uint8 RGB as the network wants them: (B, 3, H, W), -1..1."""
    return (pixels.permute(0, 3, 1, 2).float() - 127.5) / 127.5


@torch.no_grad()
def measure(model: PoseNet, crops: Crops, *, rows: range) -> dict[str, float]:
    """How the network does on people in their true boxes.

    Returns oks: mean over people; right: share of people whose OKS is at least 0.5; score: mean
    score of seen joints; absent_score: mean score of joints that are not in the crop.
    """
    device = next(model.parameters()).device
    model.eval()
    people, scores, visible = [], [], []
    for start in range(rows.start, rows.stop, 64):
        views = [plain_view(crops, i) for i in range(start, min(start + 64, rows.stop))]
        pixels, joints, size = (part.to(device) for part in collate(views))
        along_x, along_y = model(to_input(pixels))
        score, column = along_x.max(dim=2)
        points = torch.stack([column, along_y.argmax(dim=2)], dim=2).float()
        known = (joints[..., 2] > ABSENT).float()
        reached = similarity(points, joints, size) * known
        people.append(reached.sum(dim=1) / known.sum(dim=1).clamp(min=1))
        scores.append(score.reshape(-1, JOINTS))
        visible.append(joints[..., 2])
    oks, score, seen = torch.cat(people), torch.cat(scores), torch.cat(visible)
    labelled = (seen > ABSENT).any(dim=1)
    return {
        "oks": float(oks[labelled].mean()),
        "right": float((oks[labelled] >= 0.5).float().mean()),
        "score": float(score[seen == SEEN].mean()),
        "absent_score": float(score[seen == ABSENT].mean()),
    }
