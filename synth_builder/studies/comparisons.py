from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, groupby, pairwise

from synth_builder.progress import bar
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.statistics.holm import holm
from synth_builder.scoring.statistics.significance import LEVEL, PairedComparison, compare_predictions
from synth_builder.studies.results.parts import Asked, StudiedDifference

RESAMPLES = 100_000
"""A correction over some hundred comparisons needs p-values that can be so small."""

AllScores = Mapping[str, Mapping[str, Mapping[str, Scores]]]
"""Task -> title of the classifier -> variant -> its scores."""


@dataclass(frozen=True)
class _Question:
    task: str
    classifier: str
    variant: str
    asked: Asked
    baseline: str
    candidate: str
    labels: Sequence[int]
    runs: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]]
    real_rows: int | None = None
    baseline_rows: int | None = None
    candidate_rows: int | None = None


def compared(scores: AllScores, real_rows: Sequence[int]) -> list[StudiedDifference]:
    """
    Compare what a study trained, on the same test rows: what a variant adds to real rows (`gain`), its rows alone
    against real rows alone (`alone`), all of its rows against fewer (`more`), and the variants against each other
    (`variant`). See `compare_predictions` for the tests.

    The comparisons of one question by one classifier, over all tasks and variants, are one family: Holm's correction
    is over them. Cells whose predictions were not kept are not compared.

    Args:
        scores (`Mapping`):
            Task -> title of the classifier -> variant -> its scores.
        real_rows (`Sequence[int]`):
            Sizes of the real rows that are asked about; those of a sweep over the share of real rows are not.

    Returns:
        `list[StudiedDifference]`: By question and classifier, in the order of tasks and variants.
    """
    questions = [
        question
        for task, by_classifier in scores.items()
        for classifier, by_variant in by_classifier.items()
        for question in _questions(task, classifier, by_variant, sorted(set(real_rows)))
    ]
    questions.sort(key=_family)
    found: list[StudiedDifference] = []
    with bar(len(questions), "compare", unit="comparison") as shown:
        for _, family in groupby(questions, key=_family):
            asked, results = list(family), []
            for question in asked:
                results.append(compare_predictions(question.labels, *question.runs, resamples=RESAMPLES))
                shown.update()
            adjusted = holm([result.p_value for result in results])
            found += map(_difference, asked, results, adjusted)
    return found


def _family(question: _Question) -> tuple[str, str]:
    return question.asked, question.classifier


def _questions(
    task: str, classifier: str, by_variant: Mapping[str, Scores], real_rows: Sequence[int]
) -> Iterator[_Question]:
    for variant, found in by_variant.items():
        for asked, baseline, candidate in _pairs(found, real_rows):
            runs = _runs(found, baseline), _runs(found, candidate)
            if found.test_labels is None or runs[0] is None or runs[1] is None:
                continue
            size = found.synthetic.rows
            more = asked == "more"
            yield _Question(
                task,
                classifier,
                variant,
                asked,
                baseline.title,
                candidate.title,
                found.test_labels,
                (runs[0], runs[1]),
                real_rows=baseline.real_rows,
                baseline_rows=(baseline.synthetic_rows or size) if more else None,
                candidate_rows=(candidate.synthetic_rows or size) if more else None,
            )
    for (earlier, one), (later, other) in combinations(by_variant.items(), 2):
        runs = _runs(one, Cell("synthetic")), _runs(other, Cell("synthetic"))
        if other.test_labels is not None and runs[0] is not None and runs[1] is not None:
            pair = (runs[0], runs[1])
            yield _Question(task, classifier, later, "variant", earlier, later, other.test_labels, pair)


def _pairs(found: Scores, real_rows: Sequence[int]) -> Iterator[tuple[Asked, Cell, Cell]]:
    for size in real_rows:
        yield "gain", Cell("real", size), Cell("augmented", size)
        yield "alone", Cell("real", size), Cell("synthetic")
    sizes = sorted(
        {result.synthetic_rows for result in found.results if result.regime == "synthetic" and result.synthetic_rows}
    )
    points = [*(Cell("synthetic", None, size) for size in sizes), Cell("synthetic")]
    for smaller, larger in pairwise(points):
        yield "more", smaller, larger


def _runs(found: Scores, cell: Cell) -> Sequence[Sequence[int]] | None:
    return next((result.predictions for result in found.results if result.cell == cell), None)


def _difference(question: _Question, found: PairedComparison, adjusted: float) -> StudiedDifference:
    verdict = found.verdict if adjusted < LEVEL else "within noise"
    return StudiedDifference(
        task=question.task,
        classifier=question.classifier,
        variant=question.variant,
        asked=question.asked,
        baseline=question.baseline,
        candidate=question.candidate,
        real_rows=question.real_rows,
        baseline_rows=question.baseline_rows,
        candidate_rows=question.candidate_rows,
        difference=found.interval.difference,
        low=found.interval.low,
        high=found.interval.high,
        p_value=found.p_value,
        adjusted_p_value=adjusted,
        verdict=verdict,
    )
