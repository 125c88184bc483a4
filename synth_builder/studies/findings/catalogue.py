from collections.abc import Callable

from synth_builder.studies.findings.agreement import agreement
from synth_builder.studies.findings.alone import alone
from synth_builder.studies.findings.closeness import closeness
from synth_builder.studies.findings.labels_as_asked import labels_as_asked
from synth_builder.studies.findings.mixing import mixing
from synth_builder.studies.findings.more_rows import more_rows
from synth_builder.studies.findings.real_share import real_share
from synth_builder.studies.findings.self_similarity import self_similarity
from synth_builder.studies.findings.shrinking_gain import shrinking_gain
from synth_builder.studies.findings.skill_and_worth import skill_and_worth
from synth_builder.studies.findings.subjectivity import subjectivity
from synth_builder.studies.findings.topics import topics
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

QUESTIONS: tuple[Callable[[StudyResults], tuple[Finding, ...]], ...] = (
    mixing,
    shrinking_gain,
    alone,
    more_rows,
    real_share,
    topics,
    closeness,
    labels_as_asked,
    self_similarity,
    skill_and_worth,
    subjectivity,
    agreement,
)
"""Each answers a question, of two numbers of rows where it asks about both; the order of the report."""


def findings(results: StudyResults) -> tuple[Finding, ...]:
    """
    The questions of arXiv 2407.12813 and 2310.07849, answered by a study, about its first classifier.

    Args:
        results (`StudyResults`):
            The study; findings that it has already are not looked at.

    Returns:
        `tuple[Finding, ...]`: In the order of the report. What the study has no data for is left out.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    return tuple(finding for question in QUESTIONS for finding in question(results))
