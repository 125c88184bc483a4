import pytest

from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.report.tables.question_tables import (
    difference_table,
    quantity_table,
    share_table,
    skill_table,
    worth_table,
)
from synth_builder.studies.report.tables.study_tables import finding_table, uneven_labels, variety_table
from synth_builder.studies.report.tables.subjectivity_tables import agreement_table, subjectivity_table
from synth_builder.studies.report.tables.table import Table
from tests.studies.findings.parts import CLASSIFIER, cell, difference, with_differences
from tests.studies.made_up import made_up
from tests.studies.report.studies import whole


def of(table: Table | None) -> Table:
    assert table is not None
    return table


def test_a_gain_stands_in_points_with_its_corrected_verdict() -> None:
    gain = difference("a", 0.0234, verdict="better", adjusted_p_value=0.0004)
    other = difference("a", -0.5, classifier="tfidf")
    table = of(difference_table(with_differences([gain, other]), "gain", CLASSIFIER))
    assert table.rows == (("a", "zero_shot", "one", "other", "+2.3", "+1.3 to +3.3", "< 0.001", "better"),)
    # That of the other classifier is of another family.
    assert "over the 1 comparison of this table" in table.caption
    assert "interval by a bootstrap. p is the greatest of three tests (bootstrap, McNemar, Welch)" in table.caption
    assert difference_table(with_differences([gain]), "alone", CLASSIFIER) is None


def test_the_quantity_curve_goes_from_few_rows_to_all() -> None:
    cells = [cell("a", Cell("synthetic", None, size), level, "zero_shot") for size, level in ((None, 0.7), (50, 0.6))]
    table = of(quantity_table(made_up(("a",), ("zero_shot", "few_shot"), cells=tuple(cells)), CLASSIFIER))
    assert table.header == ("task", "variant", "50 rows", "all rows")
    ((task, variant, few, every),) = table.rows
    assert (task, variant, few[:5], every[:5]) == ("a", "zero_shot", "0.600", "0.700")
    assert quantity_table(made_up(("a",), cells=tuple(cells[:1])), CLASSIFIER) is None


def test_the_sweep_has_a_column_for_each_share() -> None:
    table = of(share_table(made_up(("a",)), CLASSIFIER))
    assert table.header[2:] == ("0 % real", "25 % real", "50 % real", "75 % real", "100 % real")
    assert len(table.rows) == 3
    assert share_table(made_up(("a",), study={}), CLASSIFIER) is None


def test_worth_and_skill_are_of_this_classifier() -> None:
    results = made_up(("a",))
    assert of(worth_table(results, CLASSIFIER)).rows[0] == ("a", "zero_shot", "about 180 (95 % interval 120 to 260)")
    assert worth_table(results, "another") is None
    best = max(
        (each for each in results.cells if (each.classifier, each.cell) == (CLASSIFIER, Cell("synthetic"))),
        key=lambda each: each.accuracy.mean,
    )
    first = of(skill_table(results, CLASSIFIER)).rows[0]
    assert first[:3] == ("a", "SmolLM2-135M-Instruct", "0") and first[6] == "4 of 200"
    assert first[8:] == (f"{best.accuracy.mean:.3f}", best.variant)
    assert skill_table(made_up(skills=()), CLASSIFIER) is None


@pytest.mark.parametrize(
    ("counts", "labels", "uneven"),
    [
        ({"a": 50, "b": 50}, 2, 0.0),
        ({"a": 75, "b": 25}, 2, 0.25),  # a quarter of the rows would have to change sides
        ({"a": 100}, 2, 0.5),  # b is missing
        ({"a": 100}, 4, 0.75),
        ({}, 2, None),
    ],
)
def test_uneven_labels_are_the_share_of_rows_with_a_label_too_many(
    counts: dict[str, int], labels: int, uneven: float | None
) -> None:
    assert uneven_labels(counts, labels) == (None if uneven is None else pytest.approx(uneven))


def test_the_real_rows_stand_below_the_variants_of_their_task() -> None:
    table = of(variety_table(made_up(("a", "b"), ("zero_shot",))))
    assert [row[:2] for row in table.rows] == [
        ("a", "zero_shot"),
        ("a", "as many real rows"),
        ("b", "zero_shot"),
        ("b", "as many real rows"),
    ]
    assert variety_table(made_up(variants=())) is None


def test_people_are_asked_only_where_they_were() -> None:
    results = whole()
    assert of(subjectivity_table(results)).rows[0] == ("rte", "+1.00", "+0.00 to +2.00", "12")
    assert of(agreement_table(results, CLASSIFIER)).rows[0] == (
        *("sst2", "-", "real 100", "0.600 (90 rows)", "0.700 (90 rows)"),
    )
    assert subjectivity_table(made_up()) is None and agreement_table(made_up(), CLASSIFIER) is None
    assert of(finding_table(results)).rows[0][1] == results.findings[0].answer
    assert finding_table(made_up()) is None
