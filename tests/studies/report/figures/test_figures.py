"""What the figures show. How they look was looked at by eye."""

from typing import Any

import pytest

from synth_builder.releases.pictures.picture_style import THEMES
from synth_builder.studies.report.figures.curve_figures import agreement_picture, quantity_picture, share_picture
from synth_builder.studies.report.figures.figure_files import figure_files
from synth_builder.studies.report.figures.gain_figure import gain_picture
from synth_builder.studies.report.figures.picture import Picture, style
from synth_builder.studies.report.figures.scatter_figures import diversity_picture, skill_picture
from synth_builder.studies.report.figures.task_figure import task_picture
from synth_builder.studies.report.sections import contents
from tests.studies.findings.parts import CLASSIFIER, difference, with_differences
from tests.studies.made_up import made_up
from tests.studies.report.studies import hostile, whole

pytest.importorskip("matplotlib")


def drawn(picture: Picture | None) -> Any:
    assert picture is not None
    return picture.draw(THEMES[0])


def test_kinds_differ_by_marker_and_line_and_not_by_colour_alone() -> None:
    kinds = [style(THEMES[0], number)[1:] for number in range(4)]
    assert len({marker for marker, _ in kinds}) == len({line for _, line in kinds}) == 4


def test_a_task_has_a_mark_for_each_way_of_training_and_the_level_of_chance() -> None:
    results = made_up(("a",))
    (axes,) = drawn(task_picture(results, results.tasks[0], CLASSIFIER)).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        *("synthetic", "real 100", "real 100\n+ synthetic", "real 1000", "real 1000\n+ synthetic"),
    ]
    real = axes.containers[0]
    assert real.get_label() == "real rows alone" and real.lines[0].get_xdata().tolist() == [1, 3]
    assert len(axes.containers) == 4 and all(len(each.lines[0].get_xdata()) == 3 for each in axes.containers[1:])
    assert [line.get_ydata()[0] for line in axes.get_lines() if line.get_linestyle() == ":"] == [0.52]


def test_gains_stand_at_their_points_hollow_where_nothing_is_decided() -> None:
    gains = [
        difference("a", 0.05, verdict="better"),
        difference("b", -0.02),
        difference("a", 0.01, real_rows=300),
        difference("a", 0.01, real_rows=1000),
    ]
    picture = gain_picture(with_differences(gains), CLASSIFIER)
    few, many = drawn(picture).axes  # 300 real rows are in the table only
    assert (few.get_title(loc="left"), many.get_title(loc="left")) == ("with 100 real rows", "with 1,000 real rows")
    better, worse, noise = few.containers
    assert better.lines[0].get_xydata().tolist() == [[5.0, 1.0]] and noise.lines[0].get_xydata().tolist() == [
        [-2.0, 0.0]
    ]
    assert len(worse.lines[0].get_xydata()) == 0
    assert noise.lines[0].get_markerfacecolor() == THEMES[0].ground != better.lines[0].get_markerfacecolor()
    assert picture is not None
    assert picture.alt.startswith(
        "Gains with 100 real rows go from -2.0 points (b, zero_shot) to +5.0 points (a, zero_shot); better in 1 of 2"
    )


def test_curves_have_a_panel_for_each_task_and_a_line_for_each_variant() -> None:
    results = made_up()
    for picture, places in (
        (quantity_picture(results, CLASSIFIER), [50, 100, 200]),
        (share_picture(results, CLASSIFIER), [0, 25, 50, 75, 100]),
    ):
        panels = drawn(picture).axes
        assert [axes.get_title(loc="left") for axes in panels] == ["sst2", "emotion", "rte"]
        for axes in panels:
            assert [line.get_label() for line in axes.get_lines()] == ["zero_shot", "zero_shot_topic", "few_shot"]
            assert all(line.get_xdata().tolist() == places for line in axes.get_lines())
    assert [
        line.get_ydata().tolist() for line in drawn(agreement_picture(whole(), CLASSIFIER)).axes[0].get_lines()
    ] == [
        [0.6, 0.7],
        [0.6, 0.7],
    ]


def test_scatters_have_a_point_for_each_pair() -> None:
    results = made_up()
    (axes,) = drawn(diversity_picture(results, CLASSIFIER)).axes
    assert sum(len(each.get_offsets()) for each in axes.collections) == 9
    variant = results.variants[0]
    assert variant.variety is not None and variant.real_variety is not None
    assert variant.variety.vendi_score is not None and variant.real_variety.vendi_score is not None
    first = axes.collections[0].get_offsets().tolist()[0][0]
    assert first == pytest.approx(variant.variety.vendi_score / variant.real_variety.vendi_score)
    (axes,) = drawn(skill_picture(results)).axes
    assert [len(each.get_offsets()) for each in axes.collections] == [3, 3]


def test_names_of_tasks_do_not_lie_over_each_other_and_stay_in_the_axes() -> None:
    # All worths are near each other, and the skills too: only places around the points keep the names apart.
    results = made_up(("nyt_topics", "amazon_reviews", "emotion"))
    skills = tuple(
        each.model_copy(update={"accuracy": each.accuracy.model_copy(update={"mean": 0.6 + 0.01 * number})})
        for number, each in enumerate(results.skills)
    )
    cells = tuple(
        each.model_copy(update={"accuracy": each.accuracy.model_copy(update={"mean": 0.7})}) for each in results.cells
    )
    figure = drawn(skill_picture(results.model_copy(update={"skills": skills, "cells": cells})))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 6
    assert not [(a, b) for at, a in enumerate(boxes) for b in boxes[at + 1 :] if a.overlaps(b)]
    assert all(axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 for box in boxes)


def test_points_of_one_task_that_lie_on_each_other_are_named_once() -> None:
    results = made_up(("a", "b"))
    skills = tuple(each.model_copy(update={"accuracy": results.skills[0].accuracy}) for each in results.skills)
    (axes,) = drawn(skill_picture(results.model_copy(update={"skills": skills}))).axes
    assert sorted(text.get_text() for text in axes.texts) == ["a", "b"]
    # And both are seen: the second kind is a ring around the first.
    first, second = axes.collections
    assert first.get_offsets().tolist() == second.get_offsets().tolist()
    assert len(first.get_facecolors()) == 1 and len(second.get_facecolors()) == 0
    assert second.get_sizes()[0] > 2 * first.get_sizes()[0]


def test_where_there_are_no_data_there_is_no_figure() -> None:
    empty = made_up(variants=(), cells=(), differences=(), skills=(), study={}, worths=())
    assert contents(empty).pictures == ()
    assert agreement_picture(made_up(), CLASSIFIER) is None


def test_the_same_picture_is_the_same_file_without_a_date() -> None:
    picture = skill_picture(made_up())
    assert picture is not None
    once, twice = figure_files([picture]), figure_files([picture])
    assert once == twice
    assert sorted(once) == [
        f"skill_and_worth-{theme}.{ending}" for theme in ("dark", "light") for ending in ("png", "svg")
    ]
    assert b"<dc:date>" not in once["skill_and_worth-light.svg"] and b"#0b0f19" in once["skill_and_worth-dark.svg"]


def test_hostile_names_are_drawn_as_they_are() -> None:
    # With formulas read, `$` twice in one label would be an error.
    pictures = contents(hostile()).pictures
    assert len(pictures) > 4
    assert len(figure_files([picture for picture in pictures if picture.name == "gains"])) == 4
    for picture in pictures:
        assert picture.draw(THEMES[0]).axes
