"""Tables of subjectivity: scores of tasks, and accuracy by the annotators' agreement."""

from synth_builder.studies.report.file_stem import file_stem
from synth_builder.studies.report.tables.numbers import ABSENT
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.results.study_results import StudyResults


def subjectivity_table(results: StudyResults) -> Table | None:
    """How subjective tasks are; `None` without votes."""
    if not results.subjectivity:
        return None
    by_score = sorted(results.subjectivity, key=lambda each: -each.score)
    return Table(
        name="subjectivity",
        title="How subjective the tasks are",
        caption="Bradley-Terry scores of pairwise votes on the log scale; the mean is 0, more is more subjective.",
        header=("task", "score", "95 % interval", "votes"),
        rows=tuple(
            (each.task, f"{each.score:+.2f}", f"{each.low:+.2f} to {each.high:+.2f}", f"{each.votes:,}")
            for each in by_score
        ),
    )


def agreement_table(results: StudyResults, classifier: str) -> Table | None:
    """Accuracy on the test rows that annotators agree on at least so far; `None` without annotations."""
    curves = [curve for curve in results.agreement_curves if curve.classifier == classifier]
    levels = sorted({point.agreement for curve in curves for point in curve.points})
    if not curves:
        return None
    rows = []
    for curve in curves:
        at = {point.agreement: f"{point.accuracy.mean:.3f} ({point.rows:,} rows)" for point in curve.points}
        rows.append(
            (curve.task, curve.variant or ABSENT, curve.trained_on, *(at.get(each, ABSENT) for each in levels))
        )
    return Table(
        name=file_stem("agreement", classifier),
        title=f"Accuracy by the annotators' agreement, {classifier}",
        caption="On the test rows of at least so much agreement; each column is a part of the one before.",
        header=("task", "variant", "trained on", *(f"{level:g} or more" for level in levels)),
        rows=tuple(rows),
        words=3,
    )
