import math
import statistics
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.studies.leaderboard.validation.bounds import (
    EXACT,
    of_other_measures,
    of_rows,
    of_seeds,
    outside,
)
from synth_builder.studies.leaderboard.validation.comparisons import of_comparisons
from synth_builder.studies.leaderboard.validation.counts import of_skill, of_task, of_training, of_variant
from synth_builder.studies.leaderboard.validation.scores import of_test_rows
from synth_builder.studies.results.parts import CellScores
from synth_builder.studies.results.study_results import StudyResults

F1_MISSES_BY = 0.02
"""An interval of macro-F1 by percentiles may miss the mean by a little: a resample lacks labels of few rows."""


def implausible(results: StudyResults) -> list[str]:
    """
    What can't be true in the results of a study, in sentences that begin with the place.

    Every number is finite. Accuracies and F1s lie in `[0, 1]`, means are means of the seeds' accuracies, each of which
    is a whole number of the test rows; macro-F1 fits the accuracy, intervals lie around their means and are not too
    narrow, and no way of training stands there twice. What is compared is there, with the difference that the scores
    give, a p-value after Holm's correction, and a verdict that interval and p-value give. Measures lie within their
    bounds, and numbers of rows fit together. Scores may lack an interval: of very large test sets no predictions are
    kept.

    Args:
        results (`StudyResults`):
            Any results that have the right form.

    Returns:
        `list[str]`: Empty where nothing is wrong.
    """
    wrong = [f"{place} is {number}; expected a finite number" for place, number in _endless("", results)]
    if wrong:
        return wrong
    wrong += _of_the_whole(results)
    tasks = {task.name: task for task in results.tasks}
    classifiers = {classifier.title for classifier in results.classifiers}
    variants = {(variant.task, variant.variant): variant for variant in results.variants}
    for number, task in enumerate(results.tasks):
        wrong += [f"tasks[{number}].{sentence}" for sentence in of_task(task)]
    for number, variant in enumerate(results.variants):
        if variant.task not in tasks:
            wrong.append(f"variants[{number}] is about the task {variant.task!r}, which the file does not have")
        found = [*of_variant(variant, tasks.get(variant.task)), *of_rows(variant)]
        wrong += [f"variants[{number}].{sentence}" for sentence in found]
    seen: set[tuple[Any, ...]] = set()
    for number, cell in enumerate(results.cells):
        place = f"cells[{number}]"
        if cell.task not in tasks:
            wrong.append(f"{place} is about the task {cell.task!r}, which the file does not have")
        if cell.classifier not in classifiers:
            wrong.append(f"{place} is about the classifier {cell.classifier!r}, which the file does not have")
        if (cell.variant is None) != (cell.regime == "real"):
            wrong.append(f"{place} has the regime {cell.regime!r} and the variant {cell.variant!r}")
        elif cell.variant is not None and (cell.task, cell.variant) not in variants:
            wrong.append(f"{place} is about the variant {cell.variant!r}, which {cell.task!r} does not have")
        key = (cell.task, cell.classifier, cell.variant, cell.cell)
        if key in seen:
            wrong.append(f"{place} stands there a second time: {cell.variant or 'real rows'}, {cell.cell.title}")
        seen.add(key)
        wrong += [f"{place}.{sentence}" for sentence in _of_scores(cell, results.seeds)]
        wrong += [f"{place}.{sentence}" for sentence in of_test_rows(cell, tasks.get(cell.task))]
        trained = of_training(cell, tasks.get(cell.task), variants.get((cell.task, cell.variant or "")))
        wrong += [f"{place}.{sentence}" for sentence in trained]
    wrong += of_comparisons(results)
    for number, skill in enumerate(results.skills):
        for name, spread in (("accuracy", skill.accuracy), ("macro_f1", skill.macro_f1)):
            wrong += [f"skills[{number}].{name} {sentence}" for sentence in _of_share(spread, F1_MISSES_BY)]
        wrong += [f"skills[{number}].{sentence}" for sentence in of_skill(skill, tasks.get(skill.task))]
    return wrong


def _of_the_whole(results: StudyResults) -> Iterator[str]:
    yield from outside("seconds", results.seconds, 0, None)
    yield from outside("seeds", results.seeds, 1, None)
    try:
        datetime.fromisoformat(results.created)
    except ValueError:
        yield f"created is {results.created[:40]!r}; expected a time as ISO 8601 writes it, 2026-01-31T12:00:00+00:00"


def _of_scores(cell: CellScores, seeds: int) -> Iterator[str]:
    if not cell.accuracies:
        yield "accuracies is empty; expected one for each seed"
        return
    for number, accuracy in enumerate(cell.accuracies):
        if not 0 <= accuracy <= 1:
            yield f"accuracies[{number}] is {accuracy}; expected 0 to 1"
    mean = statistics.fmean(cell.accuracies)
    if abs(mean - cell.accuracy.mean) > EXACT:
        yield f"accuracy.mean is {cell.accuracy.mean}; the mean of its accuracies is {mean}"
    yield from (f"accuracy {sentence}" for sentence in _of_share(cell.accuracy, EXACT))
    yield from (f"macro_f1 {sentence}" for sentence in _of_share(cell.macro_f1, F1_MISSES_BY))
    yield from of_seeds(cell, seeds)
    yield from of_other_measures(cell)


def _of_share(spread: Spread, misses_by: float) -> Iterator[str]:
    if not -EXACT <= spread.mean <= 1 + EXACT:
        yield f"has the mean {spread.mean}; expected 0 to 1"
    if spread.low is None or spread.high is None:
        if spread.low is not spread.high:
            yield "has one end of an interval and not the other"
    elif not (-EXACT <= spread.low <= spread.high + EXACT and spread.high <= 1 + EXACT):
        yield f"has the interval [{spread.low}, {spread.high}]; expected both ends in order and from 0 to 1"
    elif not spread.low - misses_by <= spread.mean <= spread.high + misses_by:
        yield f"has the mean {spread.mean} outside of its interval [{spread.low}, {spread.high}]"


def _endless(place: str, value: Any) -> Iterator[tuple[str, float]]:
    """Place and value of each number that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        yield place, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _endless(f"{place}.{name}" if place else name, getattr(value, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _endless(f"{place}.{name}", inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _endless(f"{place}[{number}]", inner)
