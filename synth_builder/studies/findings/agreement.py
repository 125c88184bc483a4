import statistics
from collections.abc import Sequence

from synth_builder.studies.findings.over_tasks import over_tasks
from synth_builder.studies.findings.verdicts import first_classifier
from synth_builder.studies.findings.wording import numbers_of, over, points
from synth_builder.studies.results.parts import AgreementCurve, Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2310.07849 asks it. Reported by a secondary source: accuracy rises with the annotators' agreement, and "
    "more steeply for models trained on synthetic rows than for those trained on real ones."
)
STEP = 0.1


def slope(curve: AgreementCurve) -> float | None:
    """Least-squares slope of accuracy over agreement; `None` of fewer than two points."""
    agreements = [point.agreement for point in curve.points]
    if len(set(agreements)) < 2:
        return None
    return statistics.linear_regression(agreements, [point.accuracy.mean for point in curve.points]).slope


def agreement(results: StudyResults) -> tuple[Finding, ...]:
    """
    Does accuracy rise more steeply with the annotators' agreement for synthetic-trained classifiers than for
    real-trained ones?

    Of each task with curves of both: the mean slope of the curves of synthetic rows alone minus the mean slope of the
    curves of real rows alone. `yes` if the 95 % interval over the tasks lies above 0, `no` if below, else
    `not decided`; so it is with one task.
    """
    title = first_classifier(results)
    values: dict[str, list[float]] = {}
    for task in results.task_names:
        curves = [curve for curve in results.agreement_curves if (curve.task, curve.classifier) == (task, title)]
        synthetic = _slopes([c for c in curves if c.variant is not None and c.trained_on.startswith("synthetic")])
        real = _slopes([curve for curve in curves if curve.variant is None])
        if synthetic and real:
            values[task] = [statistics.fmean(synthetic) - statistics.fmean(real)]
    if not values:
        return ()
    found = over_tasks(values)
    return (
        Finding(
            key="agreement",
            question="Does accuracy rise more steeply with annotators' agreement when trained on synthetic rows?",
            answer=found.answer(),
            because=(
                f"Slope of synthetic minus slope of real rows: {points(STEP * found.mean)} points of accuracy more "
                f"for each {STEP} of agreement {over(found, lambda value: points(STEP * value))}."
            ),
            numbers=numbers_of(found, "slope"),
            source=SOURCE,
        ),
    )


def _slopes(curves: Sequence[AgreementCurve]) -> list[float]:
    return [found for curve in curves if (found := slope(curve)) is not None]
