from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synth_builder.studies.findings.over_tasks import Answer, OverTasks, over_tasks
from synth_builder.studies.findings.verdicts import VerdictCounts, first_classifier
from synth_builder.studies.findings.wording import in_points, numbered, numbers_of
from synth_builder.studies.results.parts import CellScores, Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = "A question of this study, after arXiv 2407.12813, which mixes raw and synthetic rows; no known answer of it."


@dataclass(frozen=True)
class SharePoint:
    """
    A training set of the sweep.

    Args:
        percent (`int`):
            Real rows of it.
        cell (`CellScores`):
            What was reached.
    """

    percent: int
    cell: CellScores


def swept_rows(results: StudyResults) -> int | None:
    """Rows of each training set of the sweep over the share of real rows; `None` where the study has none."""
    swept = results.study.get("real_share")
    rows = swept.get("rows") if isinstance(swept, Mapping) else None
    return rows if isinstance(rows, int) and rows > 0 else None


def share_points(results: StudyResults, task: str, variant: str, classifier: str) -> list[SharePoint]:
    """The sweep of a variant, by rising share of real rows. All cells have the same number of training rows."""
    size, studied = swept_rows(results), results.variant(task, variant)
    if size is None or studied is None:
        return []
    found: dict[int, CellScores] = {}
    for each in results.cells:
        if (each.task, each.classifier) != (task, classifier) or each.variant not in (variant, None):
            continue
        synthetic = (
            0 if each.regime == "real" else studied.rows if each.synthetic_rows is None else each.synthetic_rows
        )
        real = each.real_rows or 0
        if real + synthetic == size:
            found[round(100 * real / size)] = each
    return [SharePoint(percent, found[percent]) for percent in sorted(found)]


def real_share(results: StudyResults) -> tuple[Finding, ...]:
    """
    Is a mix of real and synthetic rows better than as many real rows? At one size of the training set.

    For each share of real rows between 0 and 100 %: the mean over the tasks of the mix's accuracy minus that of all
    real rows (variants within a task averaged), with an interval of 1 - 0.05 / m confidence for m shares (Bonferroni).
    `yes` if the interval of any share lies above 0, `no` if those of all shares lie below, else `not decided`. Of one
    task: a mix counts as better or worse where its 95 % interval and that of all real rows do not overlap; a share is
    above 0 if more than half of the variants are better and none is worse, below 0 the other way round.
    """
    title, size = first_classifier(results), swept_rows(results)
    if title is None or size is None:
        return ()
    pairs: dict[int, list[tuple[CellScores, CellScores]]] = {}
    levels: dict[int, dict[str, list[float]]] = {}
    for task in results.task_names:
        for variant in results.variant_names:
            points = share_points(results, task, variant, title)
            real = next((point.cell for point in points if point.percent == 100), None)
            for point in points:
                levels.setdefault(point.percent, {}).setdefault(task, []).append(point.cell.accuracy.mean)
                if real is not None and 0 < point.percent < 100:
                    pairs.setdefault(point.percent, []).append((real, point.cell))
    if not pairs:
        return ()
    found = {percent: _over_tasks(pairs[percent], 1 - 0.05 / len(pairs)) for percent in sorted(pairs)}
    answers = [
        each.answer() if each.low is not None else _of_one_task(pairs[percent]) for percent, each in found.items()
    ]
    answer: Answer = "not decided"
    if "yes" in answers:
        answer = "yes"
    elif all(each == "no" for each in answers):
        answer = "no"
    means = {percent: over_tasks(levels[percent]).mean for percent in sorted(levels)}
    best = max(means, key=lambda percent: means[percent])
    told = "; ".join(f"{percent} % real {in_points(each)}" for percent, each in found.items())
    numbers: dict[str, float | None] = {"rows": float(size), "best share in percent": float(best)}
    for percent, mean in means.items():
        numbers[f"accuracy at {percent} %"] = mean
    for percent, each in found.items():
        numbers |= numbers_of(each, f"{percent} % minus 100 %")
    return (
        Finding(
            key="real_share",
            question=f"Is a mix of real and synthetic rows better than all real, of {size:,} rows each?",
            answer=answer,
            because=(
                f"Mixes minus {size:,} real rows, intervals corrected for {numbered(len(found), 'share')}: {told}. "
                f"The highest mean accuracy is at {best} % real rows."
            ),
            numbers=numbers,
            source=SOURCE,
        ),
    )


def _over_tasks(pairs: Sequence[tuple[CellScores, CellScores]], confidence: float) -> OverTasks:
    values: dict[str, list[float]] = {}
    for real, mix in pairs:
        values.setdefault(mix.task, []).append(mix.accuracy.mean - real.accuracy.mean)
    return over_tasks(values, confidence, most=1.0)


def _of_one_task(pairs: Sequence[tuple[CellScores, CellScores]]) -> Answer:
    better = sum(_above(mix, real) for real, mix in pairs)
    worse = sum(_above(real, mix) for real, mix in pairs)
    return VerdictCounts(better, worse, len(pairs) - better - worse).answer()


def _above(one: CellScores, other: CellScores) -> bool:
    low, high = one.accuracy.low, other.accuracy.high
    return low is not None and high is not None and low > high
