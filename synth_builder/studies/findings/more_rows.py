from synth_builder.studies.findings.over_tasks import Answer
from synth_builder.studies.findings.verdicts import VerdictCounts, differences_of
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 asks it. Reported by secondary sources: more synthetic rows do not improve results "
    "monotonically, and a large number guarantees nothing."
)


def more_rows(results: StudyResults) -> tuple[Finding, ...]:
    """
    Are more synthetic rows always better?

    The question is about each step, so tasks are not averaged: `no` if any step from fewer to more synthetic rows of
    one variant has the verdict `worse` (after Holm's correction), `yes` if all have the verdict `better`, else
    `not decided`. It is decided in the same way for one task and for many.
    """
    steps = differences_of(results, "more")
    if not steps:
        return ()
    counts = VerdictCounts.of(steps)
    answer: Answer = "no" if counts.worse else "yes" if counts.better == counts.compared else "not decided"
    fallen = [
        f"{each.task}, {each.variant}: {_rows(each.baseline_rows)} to {_rows(each.candidate_rows)} rows"
        for each in steps
        if each.verdict == "worse"
    ]
    because = f"Steps from fewer to more synthetic rows. {counts.in_words(len(steps))}."
    if fallen:
        more = f" and {len(fallen) - 3} more" if len(fallen) > 3 else ""
        because += f" Accuracy fell in {'; '.join(fallen[:3])}{more}."
    tasks = float(len({each.task for each in steps}))
    return (
        Finding(
            key="more_rows",
            question="Are more synthetic rows always better?",
            answer=answer,
            because=because,
            numbers={**counts.numbers, "tasks": tasks},
            source=SOURCE,
        ),
    )


def _rows(count: int | None) -> str:
    return "all" if count is None else f"{count:,}"
