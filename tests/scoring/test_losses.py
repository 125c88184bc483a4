import math
from typing import get_args

import pytest

torch = pytest.importorskip("torch")

from synth_builder.scoring.choices import LOSS_NAMES, REGIMES, LossName, Regime  # noqa: E402
from synth_builder.scoring.losses import LOSSES, CrossEntropy, Focal  # noqa: E402

# Softmax of (log 3, 0) is (3/4, 1/4).
LOGITS = [[math.log(3), 0.0], [math.log(3), 0.0]]
LABELS = [0, 1]


def test_cross_entropy_by_hand() -> None:
    value = CrossEntropy()(torch.tensor(LOGITS), torch.tensor(LABELS))
    assert value.item() == pytest.approx((math.log(4 / 3) + math.log(4)) / 2)


def test_cross_entropy_counts_each_row_by_its_weight_and_divides_by_the_rows() -> None:
    value = CrossEntropy()(torch.tensor(LOGITS), torch.tensor(LABELS), torch.tensor([2.0, 0.5]))
    assert value.item() == pytest.approx((2 * math.log(4 / 3) + 0.5 * math.log(4)) / 2)


def test_focal_by_hand() -> None:
    value = Focal()(torch.tensor(LOGITS), torch.tensor(LABELS))
    assert value.item() == pytest.approx((1 / 4 * math.log(4 / 3) + 3 / 4 * math.log(4)) / 2)


def test_focal_counts_each_row_by_its_weight() -> None:
    value = Focal()(torch.tensor(LOGITS), torch.tensor(LABELS), torch.tensor([2.0, 0.0]))
    assert value.item() == pytest.approx(2 * 1 / 4 * math.log(4 / 3) / 2)


def test_focal_with_gamma_zero_is_cross_entropy() -> None:
    logits, labels = torch.tensor(LOGITS), torch.tensor(LABELS)
    assert Focal(gamma=0)(logits, labels).item() == pytest.approx(CrossEntropy()(logits, labels).item())


def test_focal_has_a_finite_gradient_where_the_model_is_certain() -> None:
    logits = torch.tensor([[200.0, 0.0]], requires_grad=True)
    Focal(gamma=0.5)(logits, torch.tensor([0])).backward()
    assert torch.isfinite(logits.grad).all()


def test_the_names_are_those_of_the_table() -> None:
    assert tuple(LOSSES) == LOSS_NAMES == get_args(LossName)
    assert get_args(Regime) == REGIMES
