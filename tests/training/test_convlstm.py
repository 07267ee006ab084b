"""The heat maps of encoder ``convlstm`` show where joints are, and its memory goes forward only."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.fusion_input import SLOTS
from training.model.blocks import STEPS
from training.model.convlstm import ConvLstmEncoder, HeatMaps

MAPS = HeatMaps()
CELL = float(MAPS.centres[1] - MAPS.centres[0])
EDGE = float(MAPS.centres[-1])
inside = st.floats(-EDGE, EDGE)


@settings(deadline=None, max_examples=40)
@given(x=inside, y=inside, score=st.floats(0.05, 1), joint=st.integers(0, 16))
def test_a_map_is_brightest_where_its_joint_is_and_dark_for_all_others(
    x: float, y: float, score: float, joint: int
) -> None:
    pose = torch.zeros(1, STEPS, 17, 3)
    pose[:, :, joint] = torch.tensor([x, y, score])
    maps = MAPS(pose)[0]
    assert maps.shape == (SLOTS, 17, len(MAPS.centres), len(MAPS.centres))
    row, column = divmod(int(maps[0, joint].argmax()), len(MAPS.centres))
    assert abs(float(MAPS.centres[row]) - y) <= CELL / 2 + 1e-5
    assert abs(float(MAPS.centres[column]) - x) <= CELL / 2 + 1e-5
    assert 0 < float(maps[0, joint].max()) <= score + 1e-6
    assert float(maps.sum(dim=(0, 2, 3)).count_nonzero()) == 1


def test_a_joint_that_moves_leaves_a_smear_of_less_height() -> None:
    still, moving = torch.zeros(2, 1, STEPS, 17, 3).unbind()
    still[..., 9, 2] = moving[..., 9, 2] = 1
    moving[:, :, 9, 0] = torch.tensor([-0.6, -0.2, 0.2, 0.6]).repeat(SLOTS)
    assert float(MAPS(moving)[0, 5, 9].max()) < 0.8 * float(MAPS(still)[0, 5, 9].max())


def test_a_token_tells_of_its_slot_and_of_those_before_and_of_none_after() -> None:
    torch.manual_seed(0)
    encoder = ConvLstmEncoder(16, 0.0).eval()
    pose = torch.rand(1, STEPS, 17, 3)
    changed = pose.clone()
    per_slot = STEPS // SLOTS
    changed[:, 5 * per_slot : 6 * per_slot, :, :2] *= -1
    with torch.no_grad():
        differs = (encoder(pose) != encoder(changed)).any(dim=2)[0]
    assert differs.tolist() == [slot >= 5 for slot in range(SLOTS)]
