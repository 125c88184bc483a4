import pytest

from synth_builder.scoring.diversity.real_similarity import similarity_to_real
from tests.scoring.diversity.unit_vectors import at_degrees


def test_similarity_of_the_real_rows_to_the_nearest_synthetic_ones_by_hand() -> None:
    # The real row at 0 degrees: 1 and 1/2 are the highest two; the one at 180 degrees: 1 and 0.
    synthetic, real = at_degrees([0, 60, 180, 90]), at_degrees([0, 180])
    assert similarity_to_real(synthetic, real, 2) == pytest.approx((1 + 1 / 2 + 1 + 0) / 4)


def test_too_few_rows_have_none() -> None:
    assert similarity_to_real(at_degrees([0, 1, 2, 3]), at_degrees([0])) is None
    assert similarity_to_real(at_degrees([0, 1, 2, 3, 4]), at_degrees([])) is None
