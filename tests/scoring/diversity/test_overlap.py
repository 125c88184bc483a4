import pytest

from synth_builder.scoring.diversity.overlap import mean_overlap


def test_mean_overlap_by_hand() -> None:
    # {a b} and {b c}: 1 of 3; {a b} and {d}: 0; {b c} and {d}: 0.
    assert mean_overlap(["a b", "b c c", "d"]) == pytest.approx((1 / 3) / 3)
    assert mean_overlap(["a b", "B a!"]) == 1.0
    assert mean_overlap(["", "?"]) == 0.0
    assert mean_overlap(["alone"]) is None
