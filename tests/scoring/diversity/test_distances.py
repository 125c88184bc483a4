import pytest

from synth_builder.scoring.diversity import cosines
from synth_builder.scoring.diversity.distances import chamfer_distance, remote_clique
from tests.scoring.diversity.unit_vectors import at_degrees


def test_remote_clique_by_hand() -> None:
    # Two equal ones and one at a right angle: the distances of the three pairs are 0, 1 and 1.
    assert remote_clique(at_degrees([0, 90, 0])) == pytest.approx(2 / 3)
    assert remote_clique(at_degrees([0, 180])) == pytest.approx(2)
    assert remote_clique(at_degrees([0])) is None


def test_chamfer_distance_by_hand() -> None:
    # The two equal ones have 0 to each other, the third has 1 to both.
    assert chamfer_distance(at_degrees([0, 90, 0])) == pytest.approx(1 / 3)
    # 60 degrees are a cosine, and a distance, of 1/2.
    assert chamfer_distance(at_degrees([0, 60, 180])) == pytest.approx((1 / 2 + 1 / 2 + 3 / 2) / 3)
    assert chamfer_distance(at_degrees([33.3] * 5)) == pytest.approx(0, abs=1e-6)
    assert chamfer_distance(at_degrees([0])) is None


def test_blocks_do_not_change_who_is_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = at_degrees([0, 60, 180, 200, 275])
    whole = chamfer_distance(vectors)
    monkeypatch.setattr(cosines, "BLOCK", 2)
    assert chamfer_distance(vectors) == pytest.approx(whole, abs=1e-6)
