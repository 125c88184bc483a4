import pytest

from synth_builder.scoring.diversity.vendi import vendi_score
from tests.scoring.diversity.unit_vectors import at_degrees


@pytest.mark.parametrize("dimensions", [2, 5])  # fewer than the rows, and more
def test_the_vendi_score_by_hand(dimensions: int) -> None:
    assert vendi_score(at_degrees([0, 90], dimensions)) == pytest.approx(2)
    assert vendi_score(at_degrees([40] * 4, dimensions)) == pytest.approx(1, abs=1e-5)
    # The eigenvalues are 2/3 and 1/3.
    assert vendi_score(at_degrees([0, 0, 90], dimensions)) == pytest.approx((3 / 2) ** (2 / 3) * 3 ** (1 / 3))
    # A cosine of 1/2 gives the eigenvalues 3/4 and 1/4.
    assert vendi_score(at_degrees([0, 60], dimensions)) == pytest.approx((4 / 3) ** (3 / 4) * 4 ** (1 / 4))


def test_no_rows_have_none() -> None:
    assert vendi_score(at_degrees([])) is None
