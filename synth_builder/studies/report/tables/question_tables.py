"""Tables that answer questions over all tasks: differences, quantity, share of real rows, worth, skill."""

from collections.abc import Iterable

from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.table import shown_spread
from synth_builder.studies.findings.real_share import share_points, swept_rows
from synth_builder.studies.findings.skill_and_worth import skills_and_worths
from synth_builder.studies.findings.wording import numbered, points
from synth_builder.studies.report.file_stem import file_stem
from synth_builder.studies.report.tables.numbers import ABSENT, interval, p_value, share
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.results.parts import Asked, StudiedDifference
from synth_builder.studies.results.study_results import StudyResults

_TITLES: dict[Asked, str] = {
    "gain": "What synthetic rows add to real rows",
    "alone": "Synthetic rows alone against real rows alone",
    "more": "More synthetic rows against fewer",
    "variant": "Variants against each other, each alone",
}


def difference_table(results: StudyResults, asked: Asked, classifier: str) -> Table | None:
    """
    Differences of one question, with their verdicts; `None` where nothing was asked.

    Args:
        results (`StudyResults`):
            The study.
        asked (`"gain"`, `"alone"`, `"more"` or `"variant"`):
            Which question.
        classifier (`str`):
            Title of the classifier.
    """
    found = [each for each in results.differences if (each.asked, each.classifier) == (asked, classifier)]
    if not found:
        return None
    return Table(
        name=file_stem(f"differences-{asked}", classifier),
        title=f"{_TITLES[asked]}, {classifier}",
        caption=(
            "Difference of mean accuracy in points, candidate minus baseline on the same test rows, with its 95 % "
            "interval by a bootstrap. p is the greatest of three tests (bootstrap, McNemar, Welch); the verdict and p "
            f"are after Holm's correction over the {numbered(len(found), 'comparison')} of this table."
        ),
        header=("task", "variant", "baseline", "candidate", "difference", "95 % interval", "p", "verdict"),
        rows=tuple(_difference(each) for each in found),
        words=4,
    )


def quantity_table(results: StudyResults, classifier: str) -> Table | None:
    """Accuracy by number of synthetic rows; `None` where a study tried no smaller numbers."""
    sizes = {each.synthetic_rows for each in _alone(results, classifier)}
    smaller = sorted(size for size in sizes if size is not None)
    if not smaller:
        return None
    columns = [*smaller, *([None] if None in sizes else [])]
    rows = []
    for task, variant in _pairs(results):
        cells = [results.scored(task, classifier, Cell("synthetic", None, size), variant) for size in columns]
        if any(cells):
            rows.append((task, variant, *(ABSENT if cell is None else shown_spread(cell.accuracy) for cell in cells)))
    return Table(
        name=file_stem("quantity", classifier),
        title=f"Accuracy by number of synthetic rows, {classifier}",
        caption="Trained on so many rows of the variant alone.",
        header=("task", "variant", *(f"{size:,} rows" if size is not None else "all rows" for size in columns)),
        rows=tuple(rows),
        words=2,
    )


def share_table(results: StudyResults, classifier: str) -> Table | None:
    """Accuracy by the share of real rows in training sets of one size; `None` without such a sweep."""
    found = {
        (task, variant): {point.percent: point.cell for point in share_points(results, task, variant, classifier)}
        for task, variant in _pairs(results)
    }
    # The two ends alone are no sweep: a study has them anyway where its sizes happen to fit.
    shares = sorted({percent for points in found.values() for percent in points})
    if not any(0 < percent < 100 for percent in shares):
        return None
    return Table(
        name=file_stem("real-share", classifier),
        title=f"Accuracy by share of real rows, {classifier}",
        caption=f"All training sets have {swept_rows(results) or 0:,} rows; the rest of them is of the variant.",
        header=("task", "variant", *(f"{percent} % real" for percent in shares)),
        rows=tuple(
            (
                *pair,
                *(shown_spread(points[percent].accuracy) if percent in points else ABSENT for percent in shares),
            )
            for pair, points in found.items()
            if points
        ),
        words=2,
    )


def worth_table(results: StudyResults, classifier: str) -> Table | None:
    """What each variant is worth in real rows; `None` where the study does not tell."""
    found = [each for each in results.worths if each.classifier == classifier]
    if not found:
        return None
    return Table(
        name=file_stem("worth", classifier),
        title=f"Worth in real rows, {classifier}",
        caption="So many real rows alone train a classifier that is as accurate as one of the variant's rows alone.",
        header=("task", "variant", "worth in real rows"),
        rows=tuple((each.task, each.variant, str(each.worth)) for each in found),
        words=3,
    )


def skill_table(results: StudyResults, classifier: str) -> Table | None:
    """The language model itself as a classifier, beside the best of its variants; `None` where it was not tried."""
    if not results.skills:
        return None
    rows = []
    for skill in results.skills:
        asked = (skill.task, skill.model)
        pairs = [pair for pair in skills_and_worths(results, skill.demonstrations) if (pair.task, pair.model) == asked]
        best = results.scored(skill.task, classifier, Cell("synthetic"), pairs[0].variant) if pairs else None
        rows.append(
            (
                skill.task,
                skill.model,
                str(skill.demonstrations),
                share(skill.accuracy.mean),
                interval(skill.accuracy),
                share(skill.macro_f1.mean),
                f"{skill.unreadable} of {skill.rows}",
                share(skill.majority_accuracy),
                ABSENT if best is None else share(best.accuracy.mean),
                best.variant or ABSENT if best is not None else ABSENT,
            )
        )
    return Table(
        name="language-model",
        title="The language model as a classifier, and the best of its rows",
        caption=(
            "Accuracy on real test rows; an answer without a label counts as wrong. At the right: what a classifier "
            f"({classifier}) reaches that was trained on the best variant alone, of those that this model wrote."
        ),
        header=(
            *("task", "model", "shown rows", "accuracy", "95 % interval", "macro-F1", "no label"),
            *("commonest label", "best variant alone", "which"),
        ),
        rows=tuple(rows),
        words=2,
    )


def _difference(each: StudiedDifference) -> tuple[str, ...]:
    return (
        each.task,
        each.variant,
        each.baseline,
        each.candidate,
        points(each.difference),
        f"{points(each.low)} to {points(each.high)}",
        p_value(each.adjusted_p_value),
        each.verdict,
    )


def _alone(results: StudyResults, classifier: str) -> Iterable[Cell]:
    return [each.cell for each in results.cells if (each.classifier, each.regime) == (classifier, "synthetic")]


def _pairs(results: StudyResults) -> list[tuple[str, str]]:
    return [(variant.task, variant.variant) for variant in results.variants]
