from pathlib import Path

import pytest

from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.sizes import fitting_sizes, mixtures_of
from synth_builder.studies.studied import open_tasks
from synth_builder.studies.study import RealShare
from synth_builder.studies.study_folder import StudyFolder
from tests.studies.small_study import small_study


def test_a_sweep_keeps_the_size_and_changes_the_share() -> None:
    cells = mixtures_of(RealShare(rows=8, shares=(0, 25, 50, 75, 100)))
    assert cells == (
        Cell("synthetic", None, 8),
        Cell("augmented", 2, 6),
        Cell("augmented", 4, 4),
        Cell("augmented", 6, 2),
        Cell("real", 8),
    )


def test_a_share_of_no_row_is_none() -> None:
    assert mixtures_of(RealShare(rows=4, shares=(10,))) == (Cell("synthetic", None, 4),)


@pytest.mark.parametrize(
    ("changes", "synthetic", "left"),
    [
        ({}, 12, 0),
        ({"real_rows": [4, 12]}, 12, 1),  # one of the twelve real rows stands in the test rows, too
        ({"synthetic_rows": [6, 13]}, 12, 1),
        ({"real_share": {"rows": 12}}, 12, 1),
        ({"real_share": {"rows": 8}}, 7, 1),
        ({"regimes": ["synthetic"], "real_rows": [1000], "real_share": None}, 12, 0),
    ],
)
def test_what_a_task_has_no_rows_for_is_left_out_and_noted(
    tmp_path: Path, changes: dict[str, object], synthetic: int, left: int
) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"}, **changes)
    (task,) = open_tasks(study, StudyFolder(tmp_path / "out"))
    sizes = fitting_sizes(study, task, synthetic)
    assert len(sizes.notes) == left
    assert all(size <= 11 for size in sizes.real_rows)
    assert all(size <= synthetic for size in sizes.synthetic_rows)
    assert all((cell.real_rows or 0) <= 11 and (cell.synthetic_rows or 0) <= synthetic for cell in sizes.mixtures)
