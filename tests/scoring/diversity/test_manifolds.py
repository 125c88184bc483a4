import numpy as np
import pytest

from synth_builder.scoring.diversity import cosines
from synth_builder.scoring.diversity.manifolds import ManifoldOverlap, manifold_overlap
from tests.scoring.diversity.unit_vectors import at_degrees

REAL = at_degrees([0, 10, 40, 50])  # with one neighbour, each ball reaches 10 degrees
SYNTHETIC = at_degrees([70, 71, 5])  # and here 1, 1 and 65


@pytest.mark.parametrize("block", [1, 2, 1_000])
def test_precision_recall_density_and_coverage_by_hand(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosines, "BLOCK", block)
    assert manifold_overlap(SYNTHETIC, REAL, k=1) == ManifoldOverlap(
        precision=1 / 3,  # the one at 5
        recall=1.0,  # the wide ball of the one at 5 holds all real rows
        density=2 / 3,  # the one at 5 lies in two balls
        coverage=2 / 4,  # those at 0 and 10 have it in their balls
    )


def test_the_second_neighbour_makes_wider_balls() -> None:
    # Radii: 40, 30, 30 and 40 of the real rows; 65, 66 and 66 of the synthetic ones.
    found = manifold_overlap(SYNTHETIC, REAL, k=2)
    # 5: in those of 0, 10 and not of 40 and 50 (35 and 45 degrees away); 70: of 40 and 50; 71: of 50.
    assert found == ManifoldOverlap(precision=1.0, recall=1.0, density=5 / (2 * 3), coverage=1.0)


def test_far_rows_have_nothing_in_common() -> None:
    found = manifold_overlap(at_degrees([180, 181, 182]), REAL, k=1)
    assert found == ManifoldOverlap(0, 0, 0, 0)


def test_each_row_has_a_ball_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    # The one at 100 reaches 29 degrees, which would be enough from 70 to 50.
    monkeypatch.setattr(cosines, "BLOCK", 1)
    assert manifold_overlap(at_degrees([100, 70, 71]), REAL, k=1) == ManifoldOverlap(0, 0, 0, 0)


def test_equal_texts_lie_in_each_others_balls_even_where_the_radius_is_zero() -> None:
    vectors = np.random.default_rng(0).normal(size=(40, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = manifold_overlap(np.repeat(vectors[::-1], 3, axis=0), np.repeat(vectors, 3, axis=0), k=2)
    assert found == ManifoldOverlap(precision=1, recall=1, density=3 / 2, coverage=1)


def test_more_rows_than_neighbours_are_needed() -> None:
    assert manifold_overlap(SYNTHETIC, REAL, k=3) is None
    assert manifold_overlap(REAL, SYNTHETIC, k=3) is None
