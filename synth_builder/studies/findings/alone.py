from synth_builder.studies.findings.verdicts import decided_by_differences, differences_of
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 and 2310.07849 ask it. Reported by secondary sources: synthetic rows alone do badly, and real "
    "rows are best on every task."
)


def alone(results: StudyResults) -> tuple[Finding, ...]:
    """
    Are synthetic rows alone worse than real rows alone? A finding for each number of real rows.

    `yes` if the 95 % interval of the mean difference over the tasks (accuracy of all synthetic rows minus that of the
    real rows, variants within a task averaged) lies below 0, `no` if above, else `not decided`. One task is decided by
    its paired verdicts.
    """
    asked = differences_of(results, "alone")
    findings = []
    for rows in sorted({each.real_rows for each in asked if each.real_rows is not None}):
        found = decided_by_differences(
            results,
            [each for each in asked if each.real_rows == rows],
            "worse",
            f"Mean accuracy of synthetic rows alone minus that of {rows:,} real rows alone",
        )
        findings.append(
            Finding(
                key=f"alone_{rows}",
                question=f"Are synthetic rows alone worse than {rows:,} real rows alone?",
                answer=found.answer,
                because=found.because,
                numbers={"real rows": float(rows), **found.numbers},
                source=SOURCE,
            )
        )
    return tuple(findings)
