import statistics

from synth_builder.studies.findings.rank_correlation import rank_correlation
from synth_builder.studies.findings.verdicts import differences_of
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2310.07849 asks it. Its abstract: subjectivity at the level of tasks and of instances is negatively "
    "associated with the performance of a model trained on synthetic data."
)


def subjectivity(results: StudyResults) -> tuple[Finding, ...]:
    """
    Is the gap between synthetic and real rows larger for more subjective tasks?

    Spearman's rank correlation over the tasks, of the subjectivity score and of the gap (accuracy of the most real
    rows alone minus that of synthetic rows alone, variants averaged): `yes` if rho is positive with p < 0.05 by a
    permutation test, `no` if it is negative with p < 0.05, else `not decided`; always so with fewer than 4 tasks.
    """
    asked = differences_of(results, "alone")
    sizes = [each.real_rows for each in asked if each.real_rows is not None]
    if not results.subjectivity or not sizes:
        return ()
    most = max(sizes)
    gaps: dict[str, list[float]] = {}
    for each in asked:
        if each.real_rows == most:
            gaps.setdefault(each.task, []).append(-each.difference)
    both = [(each.score, statistics.fmean(gaps[each.task])) for each in results.subjectivity if each.task in gaps]
    if not both:
        return ()
    found = rank_correlation([score for score, _ in both], [gap for _, gap in both])
    return (
        Finding(
            key="subjectivity",
            question="Is the gap between synthetic and real rows larger for more subjective tasks?",
            answer=found.answer,
            because=f"Subjectivity against the gap to {most:,} real rows alone: {found}.",
            numbers={"real rows": float(most), **found.numbers},
            source=SOURCE,
        ),
    )
