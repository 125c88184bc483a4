from collections.abc import Iterator

from synth_builder.studies.findings.catalogue import findings
from synth_builder.studies.results.study_results import StudyResults

_ROUNDING = 1e-6


def unfounded(results: StudyResults) -> Iterator[str]:
    """
    Findings that do not follow from what the file holds: each is computed again, and answer and numbers compared.

    Args:
        results (`StudyResults`):
            Results in which nothing else is implausible.

    Returns:
        `Iterator[str]`: Sentences that begin with the place.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    if not results.findings:
        return
    computed = {finding.key: finding for finding in findings(results)}
    seen: set[str] = set()
    for number, told in enumerate(results.findings):
        place, found = f"findings[{number}]", computed.get(told.key)
        if told.key in seen:
            yield f"{place} answers {told.key!r} a second time"
        seen.add(told.key)
        if found is None:
            yield f"{place} answers {told.key!r}, which what the file holds does not answer"
            continue
        if told.answer != found.answer:
            yield f"{place} answers {told.key!r} with {told.answer!r}; what the file holds gives {found.answer!r}"
        for name in sorted({*told.numbers, *found.numbers}):
            one, two = told.numbers.get(name), found.numbers.get(name)
            if (one is None) != (two is None) or abs((one or 0.0) - (two or 0.0)) > _ROUNDING:
                yield f"{place}.numbers[{name!r}] of {told.key!r} is {one}; what the file holds gives {two}"
