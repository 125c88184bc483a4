import math
from typing import Any, get_args

import pytest

torch = pytest.importorskip("torch")

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.scoring.choices import LOSS_NAMES, REGIMES, LossName, Regime  # noqa: E402
from synth_builder.scoring.losses import LOSSES, CrossEntropy, Dimp, Focal, Imp  # noqa: E402

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


def test_imp_by_hand() -> None:
    # Weights 0.9 / 0.3 = 3 and 0.2 / 0.8 = 1/4.
    checkers = torch.tensor([[0.9, 0.3], [0.2, 0.8]])
    expected = 3 * math.log(4 / 3), 0.25 * math.log(4)
    value = Imp()(torch.tensor(LOGITS), torch.tensor(LABELS), checkers)
    assert value.item() == pytest.approx(sum(expected) / 2)
    squared = Imp(gamma=2)(torch.tensor(LOGITS), torch.tensor(LABELS), checkers)
    assert squared.item() == pytest.approx((9 * math.log(4 / 3) + math.log(4) / 16) / 2)
    cut = Imp(max_weight=2)(torch.tensor(LOGITS), torch.tensor(LABELS), checkers)
    assert cut.item() == pytest.approx((2 * math.log(4 / 3) + 0.25 * math.log(4)) / 2)


def test_dimp_by_hand() -> None:
    # The model gives 3/4 and 1/4: weights 0.9 / 0.75 = 1.2 and 0.2 / 0.25 = 0.8.
    value = Dimp()(torch.tensor(LOGITS), torch.tensor(LABELS), torch.tensor([[0.9], [0.2]]))
    assert value.item() == pytest.approx((1.2 * math.log(4 / 3) + 0.8 * math.log(4)) / 2)


def test_equal_checkers_reduce_to_cross_entropy() -> None:
    logits, labels = torch.tensor(LOGITS), torch.tensor(LABELS)
    plain = CrossEntropy()(logits, labels).item()
    assert Imp()(logits, labels, torch.tensor([[0.3, 0.3], [0.9, 0.9]])).item() == pytest.approx(plain)
    assert Dimp()(logits, labels, torch.tensor([[3 / 4], [1 / 4]])).item() == pytest.approx(plain)
    assert Dimp(gamma=0)(logits, labels, torch.tensor([[0.1], [0.9]])).item() == pytest.approx(plain)


@pytest.mark.parametrize("name", ["imp", "dimp"])
def test_the_gradient_is_that_of_the_formula(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 3, generator=generator, dtype=torch.float64).requires_grad_()
    labels = torch.tensor([0, 1, 2, 2, 0])
    checkers = torch.rand(5, 2, generator=generator) * 0.9 + 0.05
    LOSSES[name]()(logits, labels, checkers).backward()  # type: ignore[index]
    with torch.no_grad():
        p = logits.softmax(dim=-1)
        of_label = p[range(5), labels]
        weights = checkers[:, 0] / (checkers[:, 1] if name == "imp" else of_label)
        # The derivative of -log p by the logits is p - 1 at the label and p elsewhere; the weight is a constant.
        expected = weights.unsqueeze(-1) * (p - torch.nn.functional.one_hot(labels, 3)) / 5
    torch.testing.assert_close(logits.grad, expected, rtol=1e-5, atol=1e-7)


def test_the_weights_have_no_gradient() -> None:
    checkers = torch.tensor([[0.9, 0.3], [0.2, 0.8]], requires_grad=True)
    logits = torch.tensor(LOGITS, requires_grad=True)
    for loss in (Imp(), Dimp()):
        loss(logits, torch.tensor(LABELS), checkers).backward()
    assert checkers.grad is None and logits.grad is not None


@pytest.mark.parametrize("value", [-1, -0.1, math.nan, math.inf, "1", None, True])
def test_a_power_that_is_none_is_refused(value: Any) -> None:
    for loss in (Focal, Imp, Dimp):
        with pytest.raises(ScoringError) as refused:
            loss(gamma=value)
        assert str(refused.value).startswith(f"gamma is {value!r}; expected a number of at least 0")


@pytest.mark.parametrize("value", [-1, 0, math.nan, "2", True])
def test_a_greatest_weight_that_lets_no_row_count_is_refused(value: Any) -> None:
    for loss in (Imp, Dimp):
        loss(max_weight=0.5)
        with pytest.raises(ScoringError) as refused:
            loss(max_weight=value)
        assert str(refused.value).startswith(f"max_weight is {value!r}; expected a number above 0")


def test_the_names_are_those_of_the_table() -> None:
    assert tuple(LOSSES) == LOSS_NAMES == get_args(LossName)
    assert get_args(Regime) == REGIMES
