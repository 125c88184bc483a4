from synth_builder.studies.findings.over_tasks import Answer, over_tasks
from synth_builder.studies.findings.verdicts import VerdictCounts, differences_of
from synth_builder.studies.findings.wording import in_points, numbers_of, points
from synth_builder.studies.results.parts import Finding, StudiedDifference
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 asks it. Reported by secondary sources: synthetic rows help most where real rows are few, and "
    "the gain is smaller with 1,000 raw rows than with 100."
)


def shrinking_gain(results: StudyResults) -> tuple[Finding, ...]:
    """
    Is the gain smaller at the most real rows than at the fewest?

    `yes` if the 95 % interval over the tasks of (gain at the fewest minus gain at the most, of the same variant;
    variants within a task averaged) lies above 0, `no` if below, else `not decided`. Of one task: a variant's gain
    shrank if the whole 95 % interval at the fewest lies above that at the most, and grew if it lies below; `yes` if
    more than half of the variants shrank and none grew, `no` the other way round.
    """
    gains = differences_of(results, "gain")
    sizes = sorted({each.real_rows for each in gains if each.real_rows is not None})
    if len(sizes) < 2:
        return ()
    fewest, most = sizes[0], sizes[-1]
    at = {(each.task, each.variant, each.real_rows): each for each in gains}
    pairs = [
        (each, at[each.task, each.variant, most])
        for each in gains
        if each.real_rows == fewest and (each.task, each.variant, most) in at
    ]
    if not pairs:
        return ()
    shrunk: dict[str, list[float]] = {}
    for few, many in pairs:
        shrunk.setdefault(few.task, []).append(few.difference - many.difference)
    found = over_tasks(shrunk, most=2.0)  # each of the two gains lies between -1 and 1
    few_mean, many_mean = (
        over_tasks({task: [pair[side].difference for pair in pairs if pair[0].task == task] for task in shrunk}).mean
        for side in (0, 1)
    )
    return (
        Finding(
            key="shrinking_gain",
            question=f"Is the gain smaller with {most:,} real rows than with {fewest:,}?",
            answer=found.answer() if found.low is not None else _of_one_task(pairs),
            because=(
                f"The mean gain is {points(few_mean)} points with {fewest:,} real rows and {points(many_mean)} points "
                f"with {most:,}; the difference of the two is {in_points(found)}."
            ),
            numbers={
                "fewest real rows": float(fewest),
                "most real rows": float(most),
                "gain at the fewest": few_mean,
                "gain at the most": many_mean,
                **numbers_of(found, "shrinks by"),
            },
            source=SOURCE,
        ),
    )


def _of_one_task(pairs: list[tuple[StudiedDifference, StudiedDifference]]) -> Answer:
    shrank = sum(few.low > many.high for few, many in pairs)
    grew = sum(few.high < many.low for few, many in pairs)
    return VerdictCounts(shrank, grew, len(pairs) - shrank - grew).answer()
