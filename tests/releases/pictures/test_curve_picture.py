"""What the curves show. How they look was looked at by eye."""

from typing import Any

import pytest

from synth_builder.releases.pictures.curve_picture import (
    LearningCurves,
    Point,
    curves_caption,
    curves_in_words,
    draw_curves,
    tick_places,
)
from synth_builder.releases.pictures.picture_style import THEMES
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.scores import Scores
from tests.releases.scored import result, scored, with_curves


def curves_of(scores: Scores) -> LearningCurves:
    found = LearningCurves.of(scores)
    assert found is not None
    return found


def points(drawn: Any) -> list[list[float]]:
    """Of a line, or corners of a rectangle, in the data's units."""
    found: list[list[float]]
    found = (drawn.get_xydata() if hasattr(drawn, "get_xydata") else drawn.get_corners()).tolist()
    return found


def corners(band: Any) -> set[tuple[float, ...]]:
    (path,) = band.get_paths()
    return {tuple(corner) for corner in path.vertices.tolist()}


def test_curves_are_read_off_the_scores_in_the_order_of_their_rows() -> None:
    assert curves_of(with_curves()) == LearningCurves(
        variant="few_shot",
        real=(Point(25, 0.5, 0.4, 0.6), Point(100, 0.8, 0.75, 0.85)),
        augmented=(Point(25, 0.72, 0.7, 0.74), Point(100, 0.82, 0.8, 0.84)),
        synthetic=(Point(50, 0.6, 0.5, 0.7), Point(200, 0.7, 0.65, 0.75)),
        alone=Point(200, 0.7, 0.65, 0.75),
        majority=("positive", 2 / 3),
        test_rows=3,
        seeds=3,
    )


def test_one_number_of_rows_makes_no_curve() -> None:
    alone, real = result(Cell("synthetic"), 0.7), result(Cell("real", 100), 0.8)
    more = result(Cell("augmented", 100), 0.9)
    assert LearningCurves.of(scored(alone, real, more)) is None
    # Points of the quantity curve of augmented rows are none of the curve over real rows.
    smaller = result(Cell("augmented", 25, 50), 0.6)
    assert LearningCurves.of(scored(alone, real, smaller)) is None
    over_real = curves_of(scored(alone, real, more, result(Cell("augmented", 25), 0.6)))
    assert [point.rows for point in over_real.augmented] == [25, 100] and over_real.synthetic == ()
    over_synthetic = curves_of(scored(alone, real, result(Cell("synthetic", None, 50), 0.6)))
    assert over_synthetic.real == () and [point.rows for point in over_synthetic.synthetic] == [50, 200]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_lines_and_bands_are_where_the_numbers_are(theme: Any) -> None:
    pytest.importorskip("matplotlib")
    left, right = draw_curves(theme, curves_of(with_curves())).axes
    assert {line.get_label(): points(line) for line in left.get_lines()} == {
        "real rows alone": [[25, 0.5], [100, 0.8]],
        "real rows + few_shot": [[25, 0.72], [100, 0.82]],
        "few_shot alone, all 200 rows": [[0, 0.7], [1, 0.7]],
        "always positive": [[0, 2 / 3], [1, 2 / 3]],
    }
    assert [corners(band) for band in left.collections] == [
        {(25, 0.4), (25, 0.6), (100, 0.75), (100, 0.85)},
        {(25, 0.7), (25, 0.74), (100, 0.8), (100, 0.84)},
    ]
    (level,) = left.patches
    assert {height for _, height in points(level)} == {0.65, 0.75}
    assert points(right.get_lines()[0]) == [[50, 0.6], [200, 0.7]]
    assert corners(right.collections[0]) == {(50, 0.5), (50, 0.7), (200, 0.65), (200, 0.75)}
    assert left.get_xscale() == right.get_xscale() == "log"
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["25", "100"]
    assert left.get_ylim() == right.get_ylim()


def test_each_curve_is_a_panel_and_what_is_not_known_is_not_drawn() -> None:
    pytest.importorskip("matplotlib")
    without = curves_of(scored(result(Cell("real", 10), 0.5), result(Cell("real", 20), 0.6)))
    (panel,) = draw_curves(THEMES[0], without).axes
    assert [line.get_label() for line in panel.get_lines()] == ["real rows alone", "always positive"]
    assert len(panel.collections) == 0
    assert not without.has_intervals
    assert curves_in_words(without) == (
        "Accuracy by training rows: real rows alone: 10 rows 0.500, 20 rows 0.600; always positive 0.667."
    )
    assert "shaded" not in curves_caption(without)


def test_the_curves_in_words_have_all_numbers() -> None:
    curves = curves_of(with_curves())
    assert curves_in_words(curves) == (
        "Accuracy by training rows with 95 % intervals: "
        "real rows alone: 25 rows 0.500 [0.400, 0.600], 100 rows 0.800 [0.750, 0.850]; "
        "real rows and all of few_shot: 25 rows 0.720 [0.700, 0.740], 100 rows 0.820 [0.800, 0.840]; "
        "few_shot alone: 50 rows 0.600 [0.500, 0.700], 200 rows 0.700 [0.650, 0.750]; always positive 0.667."
    )
    assert curves_caption(curves) == (
        "Accuracy on 3 real test rows by the number of training rows, mean over 3 seeds; shaded are 95 % intervals, "
        "over test rows and seeds. The dotted line is always answering positive."
    )


def test_numbers_on_the_axis_do_not_touch() -> None:
    assert tick_places([25, 50, 100, 50]) == [25, 50, 100]
    # 95 is 1 % of the axis away from 100, 80 is 10 %; 100 is the last one and stays.
    assert tick_places([10, 80, 95, 100]) == [10, 80, 100]
    assert tick_places([7]) == [7]
