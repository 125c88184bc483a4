from typing import Any

import pytest

from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.report.tables.task_tables import main_cells, task_tables, told_apart
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.findings.parts import CLASSIFIER, cell, difference
from tests.studies.made_up import made_up

ALONE = Cell("synthetic")
BOTH = Cell("augmented", 100)


def study(alone: tuple[float, float], both: tuple[float, float] = (0.7, 0.7), *differences: Any) -> StudyResults:
    cells = [cell("a", Cell("real", 100), 0.65)]
    for variant, first, second in zip(("zero_shot", "few_shot"), alone, both, strict=True):
        cells += [cell("a", ALONE, first, variant), cell("a", BOTH, second, variant)]
        cells.append(cell("a", Cell("synthetic", None, 50), 0.3, variant))
    return made_up(("a",), ("zero_shot", "few_shot"), cells=tuple(cells), differences=differences)


def test_columns_go_from_synthetic_over_real_to_both_without_points_of_curves() -> None:
    assert main_cells(study((0.5, 0.6)), "a", CLASSIFIER) == [ALONE, Cell("real", 100), BOTH]


def test_a_row_has_what_its_variant_reaches_and_real_rows_are_shared() -> None:
    results = study((0.5, 0.6), (0.7, 0.8))
    table, intervals = task_tables(results, results.tasks[0], CLASSIFIER)
    deviation = results.cells[0].accuracy.std
    assert table.header == ("variant", "synthetic", "real 100", "real 100 + synthetic")
    assert table.rows == (
        ("zero_shot", f"0.500 ± {deviation:.3f}", f"0.650 ± {deviation:.3f}", f"0.700 ± {deviation:.3f}"),
        ("few_shot", f"0.600 ± {deviation:.3f}", f"0.650 ± {deviation:.3f}", f"0.800 ± {deviation:.3f}"),
    )
    assert table.best == {(1, 1), (1, 3)}
    assert [row[:2] for row in intervals.rows] == [
        ("synthetic", "zero_shot"),
        ("synthetic", "few_shot"),
        ("real 100", "-"),
        ("real 100 + synthetic", "zero_shot"),
        ("real 100 + synthetic", "few_shot"),
    ]
    assert intervals.rows[0][3:5] == ("0.500", "0.480 to 0.520")


def test_where_intervals_overlap_nothing_is_bold_and_nothing_says_so() -> None:
    results = study((0.50, 0.53), (0.7, 0.7))
    table = task_tables(results, results.tasks[0], CLASSIFIER)[0]
    assert table.best == frozenset() and len(table.notes) == 1


@pytest.mark.parametrize(
    ("baseline", "candidate", "verdict", "best"),
    [
        ("zero_shot", "few_shot", "better", "few_shot"),
        ("few_shot", "zero_shot", "worse", "few_shot"),
        ("zero_shot", "few_shot", "within noise", None),
    ],
)
def test_a_paired_comparison_goes_before_intervals(
    baseline: str, candidate: str, verdict: str, best: str | None
) -> None:
    compared = difference(
        "a", 0.03, "variant", None, verdict, variant=candidate, baseline=baseline, candidate=candidate
    )
    # By intervals alone, these would be told apart in the first case only if they lay 4 points apart.
    for accuracies in ((0.50, 0.53), (0.50, 0.60)):
        results = study(accuracies, (0.7, 0.7), compared)
        scored = [each for each in results.cells if each.cell == ALONE]
        assert told_apart(results, scored) == best


def test_a_task_without_trainings_has_no_tables() -> None:
    results = made_up(("a",), cells=())
    assert task_tables(results, results.tasks[0], CLASSIFIER) == []
    assert told_apart(results, []) is None
