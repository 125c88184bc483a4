"""Skill and worth, real share, subjectivity and agreement."""

from typing import Any

import pytest

from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.findings.agreement import agreement, slope
from synth_builder.studies.findings.real_share import real_share, share_points
from synth_builder.studies.findings.skill_and_worth import above_chance, skill_and_worth, skills_and_worths
from synth_builder.studies.findings.subjectivity import subjectivity
from synth_builder.studies.results.parts import AgreementCurve, AgreementPoint, CellScores, TaskSubjectivity
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.findings.parts import CLASSIFIER, SIX, about, cell, difference, with_differences
from tests.studies.made_up import made_up, spread


def test_above_chance_is_0_for_the_commonest_label_and_1_without_error() -> None:
    assert above_chance(0.5, 0.5) == 0 and above_chance(1.0, 0.5) == 1 and above_chance(0.8, 0.6) == pytest.approx(0.5)
    assert above_chance(1.0, 1.0) is None


def skilled(skills: list[float], worths: list[float]) -> StudyResults:
    base = made_up(SIX)
    shown = [
        skill.model_copy(update={"accuracy": spread(value), "majority_accuracy": 0.5})
        for skill, value in zip([s for s in base.skills if s.demonstrations == 0], skills, strict=False)
    ]
    cells = [cell(task, Cell("synthetic"), worth, "zero_shot") for task, worth in zip(SIX, worths, strict=False)]
    cells += [cell(task, Cell("synthetic"), 0.1, "few_shot") for task in SIX[: len(worths)]]
    return base.model_copy(update={"skills": tuple(shown), "cells": tuple(cells)})


def test_the_best_variant_alone_is_what_skill_is_held_against() -> None:
    (pair,) = skills_and_worths(skilled([0.75], [0.76]), 0)
    assert pair.variant == "zero_shot"
    assert pair.skill == pytest.approx(0.5) and pair.worth == pytest.approx(0.24 / 0.48)


@pytest.mark.parametrize(
    ("skills", "worths", "answer"),
    [
        ([0.5, 0.6, 0.7, 0.8, 0.9], [0.5, 0.6, 0.7, 0.8, 0.9], "yes"),
        ([0.9, 0.8, 0.7, 0.6, 0.5], [0.5, 0.6, 0.7, 0.8, 0.9], "no"),
        ([0.5, 0.9, 0.6, 0.8, 0.7], [0.5, 0.6, 0.7, 0.8, 0.9], "not decided"),
        ([0.5, 0.6, 0.7], [0.5, 0.6, 0.7], "not decided"),
    ],
)
def test_skill_predicts_worth_where_their_ranks_agree(skills: list[float], worths: list[float], answer: str) -> None:
    (found,) = skill_and_worth(skilled(skills, worths))
    assert found.answer == answer
    assert found.numbers["tasks, 0 demonstrations"] == len(skills)


def by_models(results: StudyResults, **models: str) -> StudyResults:
    """Variants of these names are written by these models."""
    variants = [each.model_copy(update={"model": models.get(each.variant, each.model)}) for each in results.variants]
    return results.model_copy(update={"variants": tuple(variants)})


def test_rows_of_another_model_are_not_held_against_the_skill_of_this_one() -> None:
    results = skilled([0.5, 0.6, 0.7, 0.8, 0.9], [0.5, 0.6, 0.7, 0.8, 0.9])
    assert "are left out" not in skill_and_worth(results)[0].because
    mixed = by_models(results, zero_shot="owner/Big")  # the better ones of all five tasks
    assert {(pair.variant, pair.model) for pair in skills_and_worths(mixed, 0)} == {
        ("few_shot", "SmolLM2-135M-Instruct")
    }
    (found,) = skill_and_worth(mixed)
    assert found.because.endswith(" 5 variants of other models are left out.")
    assert found.numbers["variants of other models"] == 5
    assert skill_and_worth(by_models(results, zero_shot="owner/Big", few_shot="owner/Big")) == ()


def test_without_skills_nothing_is_asked_about_them() -> None:
    assert skill_and_worth(made_up(SIX, skills=())) == ()


def swept(mixes: dict[int, float], tasks: tuple[str, ...] = SIX, width: float = 0.02) -> StudyResults:
    """All real rows reach 0.7; of 100 rows."""
    cells: list[CellScores] = []
    for task in tasks:
        cells.append(cell(task, Cell("real", 100), 0.7, width=width))
        cells.append(cell(task, Cell("synthetic", None, 100), 0.5, "zero_shot", width))
        cells += [
            cell(task, Cell("augmented", share, 100 - share), about(task, accuracy), "zero_shot", width)
            for share, accuracy in mixes.items()
        ]
        cells.append(cell(task, Cell("augmented", 100), 0.99, "zero_shot"))  # 100 real + 200: another size
    return made_up(SIX, ("zero_shot",), cells=tuple(cells))


def test_the_sweep_has_the_training_sets_of_its_size() -> None:
    points = share_points(swept({25: 0.6, 50: 0.65}), "a", "zero_shot", CLASSIFIER)
    assert [(point.percent, round(point.cell.accuracy.mean, 4)) for point in points] == [
        (0, 0.5), (25, 0.5975), (50, 0.6475), (100, 0.7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("mixes", "answer"),
    [
        ({25: 0.6, 50: 0.8}, "yes"),  # one share is enough
        ({25: 0.6, 50: 0.65}, "no"),  # all are worse
        ({25: 0.6, 50: 0.7}, "not decided"),
    ],
)
def test_a_mix_is_better_where_one_share_is_and_worse_where_all_are(mixes: dict[int, float], answer: str) -> None:
    (found,) = real_share(swept(mixes))
    assert found.answer == answer
    assert found.numbers["50 % minus 100 %, mean"] == pytest.approx(mixes[50] - 0.7)
    if mixes[50] > 0.7:
        assert found.numbers["best share in percent"] == 50
    assert (real_share(swept(mixes, ("a",)))[0].answer) == answer


def test_of_one_task_overlapping_intervals_decide_nothing() -> None:
    assert real_share(swept({50: 0.8}, ("a",), width=0.06))[0].answer == "not decided"


def test_without_a_sweep_no_share_is_asked_about() -> None:
    assert real_share(made_up(study={})) == ()
    assert real_share(swept({})) == ()


def subjective(scores: list[float], gaps: list[float]) -> StudyResults:
    differences = [difference(task, -gap, "alone", 1000) for task, gap in zip(SIX, gaps, strict=False)]
    differences += [difference(task, 0.3, "alone", 100) for task in SIX]
    told = [
        TaskSubjectivity(task=task, score=score, low=score - 1, high=score + 1, votes=9)
        for task, score in zip(SIX, scores, strict=False)
    ]
    return with_differences(differences, subjectivity=tuple(told))


@pytest.mark.parametrize(
    ("gaps", "answer"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5], "yes"),
        ([0.5, 0.4, 0.3, 0.2, 0.1], "no"),
        ([0.1, 0.5, 0.2, 0.4, 0.3], "not decided"),
    ],
)
def test_the_gap_to_the_most_real_rows_is_held_against_subjectivity(gaps: list[float], answer: str) -> None:
    (found,) = subjectivity(subjective([-2, -1, 0, 1, 2], gaps))
    assert found.answer == answer and found.numbers["tasks"] == 5


def test_without_votes_subjectivity_is_not_asked_about() -> None:
    assert subjectivity(with_differences([difference("a", 0.1, "alone")])) == ()


def curve(
    task: str, variant: str | None, trained: str, steps: list[tuple[float, float]], **changes: Any
) -> AgreementCurve:
    points = tuple(AgreementPoint(agreement=at, rows=50, accuracy=spread(value)) for at, value in steps)
    values: dict[str, Any] = {"task": task, "classifier": CLASSIFIER, "variant": variant, "trained_on": trained}
    return AgreementCurve(points=points, **(values | changes))


def test_a_slope_is_that_of_the_least_squares() -> None:
    assert slope(curve("a", None, "real 100", [(0.0, 0.5), (0.5, 0.7), (1.0, 0.6)])) == pytest.approx(0.1)
    assert slope(curve("a", None, "real 100", [(0.5, 0.7)])) is None


@pytest.mark.parametrize(("end", "answer"), [(0.9, "yes"), (0.6, "no"), (0.7, "not decided")])
def test_accuracy_rises_more_steeply_where_the_synthetic_slope_is_larger(end: float, answer: str) -> None:
    curves = []
    for task in SIX:
        curves.append(curve(task, None, "real 100", [(0.0, 0.5), (1.0, 0.7)]))
        curves.append(curve(task, "zero_shot", "synthetic", [(0.0, 0.5), (1.0, about(task, end))]))
        curves.append(curve(task, "zero_shot", "real 100 + synthetic", [(0.0, 0.1), (1.0, 0.9)]))
        curves.append(curve(task, "zero_shot", "synthetic", [(0.0, 0.1), (1.0, 0.9)], classifier="tfidf"))
    (found,) = agreement(made_up(SIX, agreement_curves=tuple(curves)))
    assert found.answer == answer
    assert found.numbers["slope, mean"] == pytest.approx(end - 0.7)


def test_without_curves_of_both_agreement_is_not_asked_about() -> None:
    only = (curve("a", None, "real 100", [(0.0, 0.5), (1.0, 0.7)]),)
    assert agreement(made_up(SIX, agreement_curves=only)) == () == agreement(made_up(SIX))
