import pytest

pytest.importorskip("scipy")
pytest.importorskip("statsmodels")

from synth_builder.scoring.results.regime_scores import RegimeScores
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.statistics.family import with_differences
from tests.publishing.films import films_scores

LABELS = [1] * 200


def right_on(rows: int) -> list[int]:
    return [1] * rows + [0] * (200 - rows)


def scored(variant: str, *right: int) -> Scores:
    """A variant whose classifiers, one per seed, are right on so many of the 200 test rows."""
    return films_scores(LABELS, *(right_on(rows) for rows in right), variant=variant)


def in_regime(result: RegimeScores, regime: str, real_rows: int) -> RegimeScores:
    return result.model_copy(update={"regime": regime, "real_rows": real_rows})


def test_variants_are_compared_with_each_other_once() -> None:
    found = with_differences({name: scored(name, 100, 100, 101) for name in ("one", "two", "three")})
    assert [
        (found[name].variant, [(each.baseline, each.candidate) for each in found[name].differences]) for name in found
    ] == [("one", []), ("two", [("one", "two")]), ("three", [("one", "three"), ("two", "three")])]
    assert {each.compared for name in found for each in found[name].differences} == {3}


def test_a_clear_difference_stays_one_after_the_correction() -> None:
    found = with_differences({"one": scored("one", 100, 101, 102), "two": scored("two", 160, 161, 162)})
    (difference,) = found["two"].differences
    assert (difference.verdict, difference.question) == ("better", "variant")
    assert difference.difference == pytest.approx(0.3)
    assert difference.low <= 0.3 <= difference.high
    assert str(difference).startswith("two against one: +30.0 points [+")
    assert str(difference).endswith("], p < 0.001: better")


def test_what_is_clear_alone_may_be_chance_among_many() -> None:
    # 9 rows more, one way: p = 2 * 2**-9 = 0.004; times ten comparisons, 0.04; times fifteen, 0.06.
    def named(count: int) -> dict[str, Scores]:
        return {"worst": scored("worst", 100)} | {f"equal{n}": scored(f"equal{n}", 109) for n in range(count - 1)}

    five, six = with_differences(named(5)), with_differences(named(6))
    assert five["equal0"].differences[0].adjusted_p_value == pytest.approx(10 * 2**-8)
    assert five["equal0"].differences[0].verdict == "better"
    assert six["equal0"].differences[0].adjusted_p_value == pytest.approx(15 * 2**-8)
    assert six["equal0"].differences[0].verdict == "within noise"
    assert str(six["equal0"].differences[0]).endswith("], p = 0.059: within noise")
    assert "taken alone it would be better, but it is one of 15 comparisons" in six["equal0"].differences[0].basis


def test_rows_added_to_real_ones_are_compared_with_as_many_real_rows_alone() -> None:
    weak, strong = scored("few", 100, 101, 102).results[0], scored("few", 150, 151, 152).results[0]
    scores = scored("few", 90, 91, 92)
    results = (
        scores.results[0],
        in_regime(weak, "real", 50),
        in_regime(strong, "real", 100),
        in_regime(strong, "augmented", 50),
        in_regime(strong, "augmented", 100),
        in_regime(strong, "augmented", 200),  # nothing to compare with
    )
    found = with_differences({"few": scores.model_copy(update={"results": results})})
    assert [(each.baseline, each.candidate, each.verdict) for each in found["few"].differences] == [
        ("real 50", "real 50 + synthetic", "better"),
        ("real 100", "real 100 + synthetic", "within noise"),
    ]


def test_nothing_is_compared_where_predictions_were_not_kept() -> None:
    without = scored("two", 160).model_copy(update={"test_labels": None})
    assert with_differences({"one": scored("one", 100), "two": without})["two"].differences == ()
