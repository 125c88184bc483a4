from collections.abc import Mapping, Sequence

from synth_builder.errors import StudyError
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.statistics.intervals import accuracy_interval
from synth_builder.studies.results.parts import AgreementCurve, AgreementPoint

LEAST_ROWS = 20
"""With fewer test rows a point would say nothing: with 20, its 95 % interval is about 0.4 wide."""


def agreement_curves(
    task: str,
    scores: Mapping[str, Mapping[str, Scores]],
    agreements: Sequence[float | None],
    thresholds: Sequence[float],
) -> tuple[tuple[AgreementCurve, ...], tuple[str, ...]]:
    """
    Accuracy on the test rows with at least so much agreement, for each least agreement (arXiv 2310.07849, instance
    level).

    There is a curve for each variant's rows alone, for the most real rows alone, and for all of a variant's rows with
    real ones. Nothing is trained anew: the predictions that the scores keep are counted on fewer rows.

    Args:
        task (`str`):
            The task's name.
        scores (`Mapping[str, Mapping[str, Scores]]`):
            Title of a classifier -> variant -> its scores, all on the same test rows.
        agreements (`Sequence[float | None]`):
            Agreement about each test row; `None` where nobody labelled it.
        thresholds (`Sequence[float]`):
            Least agreements.

    Returns:
        `tuple[tuple[AgreementCurve, ...], tuple[str, ...]]`: The curves, and notes about least agreements that fewer
        than 20 rows have, and about scores without predictions.

    Raises:
        StudyError: Scores are of another number of test rows.
    """
    at: dict[float, list[int]] = {}
    notes = []
    for least in sorted(set(thresholds)):
        places = [place for place, found in enumerate(agreements) if found is not None and found >= least]
        if len(places) < LEAST_ROWS:
            notes.append(
                f"{len(places)} annotated test rows have an agreement of at least {least:g}; curves leave out what "
                f"fewer than {LEAST_ROWS} rows have."
            )
        else:
            at[least] = places
    curves: dict[tuple[str, str | None, Cell], AgreementCurve] = {}
    for classifier, of_variants in scores.items():
        for variant, of_variant in of_variants.items():
            labels = of_variant.test_labels
            if of_variant.test.rows != len(agreements):
                raise StudyError(
                    f"The scores of {task}, {classifier}, {variant} are of {of_variant.test.rows} test rows, and the "
                    f"agreements of {len(agreements)}; expected those of the same rows. Score the task again."
                )
            for cell in _cells(of_variant):
                shown = None if cell.regime == "real" else variant
                runs = of_variant.result(*cell).predictions
                if (classifier, shown, cell) in curves:
                    continue  # real rows alone stand in the scores of each variant
                if labels is None or runs is None:
                    told = ", ".join(filter(None, (classifier, shown, cell.title)))
                    notes.append(f"{told}: the scores hold no predictions, so there is no curve.")
                    continue
                points = tuple(_point(least, places, labels, runs) for least, places in at.items())
                if points:
                    curves[classifier, shown, cell] = AgreementCurve(
                        task=task, classifier=classifier, variant=shown, trained_on=cell.title, points=points
                    )
    return tuple(curves.values()), tuple(dict.fromkeys(notes))


def _cells(scores: Scores) -> list[Cell]:
    """The variant's rows alone, the most real rows alone, and both at all sizes of the latter."""
    cells = [result.cell for result in scores.results if result.synthetic_rows is None]
    most = max((cell.real_rows or 0 for cell in cells if cell.regime == "real"), default=None)
    return [cell for cell in cells if cell.regime != "real" or cell.real_rows == most]


def _point(
    least: float, places: Sequence[int], labels: Sequence[int], runs: Sequence[Sequence[int]]
) -> AgreementPoint:
    right = [labels[place] for place in places]
    answered = [[run[place] for place in places] for run in runs]
    accuracies = [sum(map(int.__eq__, right, run)) / len(right) for run in answered]
    return AgreementPoint(
        agreement=least, rows=len(places), accuracy=Spread.of(accuracies, accuracy_interval(right, answered))
    )
