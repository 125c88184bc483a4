import pytest

pytest.importorskip("numpy")

from synth_builder.errors import StudyError
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.subjectivity.agreement_curves import agreement_curves
from tests.studies.predicted import predicted

# 60 test rows: 20 of agreement 1, 20 of 3/4, 15 of 1/2, and 5 that nobody labelled. All have label 1.
AGREEMENTS = [1.0] * 20 + [0.75] * 20 + [0.5] * 15 + [None] * 5
TEST = TextRows(tuple((f"row {place}",) for place in range(60)), (1,) * 60, tuple(map(str, range(60))))
THRESHOLDS = (0.0, 0.75, 1.0)


def right_on(clear: int, middle: int, unclear: int) -> list[int]:
    """Predictions that are right on so many of the 20, 20 and 15 rows, and on none that nobody labelled."""
    return [1] * clear + [0] * (20 - clear) + [1] * middle + [0] * (20 - middle) + [1] * unclear + [0] * (20 - unclear)


GRID = {
    Cell("synthetic", None, 5): [right_on(20, 20, 15)],
    Cell("synthetic"): [right_on(20, 10, 3), right_on(18, 8, 3)],
    Cell("real", 100): [right_on(20, 20, 15)],
    Cell("real", 1000): [right_on(20, 20, 4)],
    Cell("augmented", 100): [right_on(19, 13, 12)],
    Cell("augmented", 1000): [right_on(20, 16, 8)],
    Cell("augmented", 1000, 5): [right_on(20, 20, 15)],
}


def test_each_point_is_the_mean_accuracy_on_the_rows_with_so_much_agreement() -> None:
    curves, notes = agreement_curves(
        "mood", {"tfidf": {"few_shot": predicted("few_shot", TEST, GRID)}}, AGREEMENTS, THRESHOLDS
    )
    assert notes == ()
    found = {
        (curve.trained_on, curve.variant): [
            (point.agreement, point.rows, point.accuracy.mean) for point in curve.points
        ]
        for curve in curves
    }
    assert found == {
        ("synthetic", "few_shot"): [
            (0.0, 55, pytest.approx((33 + 29) / 2 / 55)),
            (0.75, 40, pytest.approx((30 + 26) / 2 / 40)),
            (1.0, 20, pytest.approx((20 + 18) / 2 / 20)),
        ],
        ("real 1000", None): [(0.0, 55, 44 / 55), (0.75, 40, 1.0), (1.0, 20, 1.0)],
        ("real 100 + synthetic", "few_shot"): [(0.0, 55, 44 / 55), (0.75, 40, 32 / 40), (1.0, 20, 19 / 20)],
        ("real 1000 + synthetic", "few_shot"): [(0.0, 55, 44 / 55), (0.75, 40, 36 / 40), (1.0, 20, 1.0)],
    }
    (synthetic, *_) = curves
    assert (synthetic.task, synthetic.classifier) == ("mood", "tfidf")
    spread = synthetic.points[0].accuracy
    assert spread.std == pytest.approx(((33 - 29) / 55) / 2**0.5)
    assert spread.low is not None and spread.high is not None
    assert spread.low < spread.mean < spread.high


def test_real_rows_alone_have_one_curve_and_each_variant_and_classifier_its_own() -> None:
    grid = {Cell("synthetic"): GRID[Cell("synthetic")], Cell("real", 100): GRID[Cell("real", 100)]}
    of_variants = {name: predicted(name, TEST, grid) for name in ("one_shot", "few_shot")}
    curves, _ = agreement_curves("mood", {"tfidf": of_variants, "minilm": of_variants}, AGREEMENTS, THRESHOLDS)
    assert [(curve.classifier, curve.variant, curve.trained_on) for curve in curves] == [
        (classifier, variant, title)
        for classifier in ("tfidf", "minilm")
        for variant, title in (("one_shot", "synthetic"), (None, "real 100"), ("few_shot", "synthetic"))
    ]


def test_a_point_of_fewer_than_20_rows_is_left_out_and_told() -> None:
    fewer = [*AGREEMENTS[1:], None]
    grid = {Cell("synthetic"): GRID[Cell("synthetic")]}
    curves, notes = agreement_curves("mood", {"tfidf": {"v": predicted("v", TEST, grid)}}, fewer, (1.0, 0.75))
    assert [point.agreement for point in curves[0].points] == [0.75]
    assert notes == (
        "19 annotated test rows have an agreement of at least 1; curves leave out what fewer than 20 rows have.",
    )


def test_where_no_point_is_left_there_is_no_curve() -> None:
    grid = {Cell("synthetic"): GRID[Cell("synthetic")]}
    curves, notes = agreement_curves("mood", {"tfidf": {"v": predicted("v", TEST, grid)}}, [0.5] * 60, (0.9,))
    assert curves == ()
    assert notes[0].startswith("0 annotated test rows have an agreement of at least 0.9")


def test_scores_without_predictions_are_told() -> None:
    scored = predicted("v", TEST, {Cell("synthetic"): None, Cell("real", 9): None})
    curves, notes = agreement_curves("mood", {"tfidf": {"v": scored}}, AGREEMENTS, THRESHOLDS)
    assert curves == ()
    assert notes == (
        "tfidf, v, synthetic: the scores hold no predictions, so there is no curve.",
        "tfidf, real 9: the scores hold no predictions, so there is no curve.",
    )


def test_scores_of_another_number_of_rows_are_refused() -> None:
    scored = predicted("v", TEST, {Cell("synthetic"): None})
    with pytest.raises(StudyError, match="of 60 test rows, and the agreements of 2"):
        agreement_curves("mood", {"tfidf": {"v": scored}}, [1.0, 0.5], THRESHOLDS)
