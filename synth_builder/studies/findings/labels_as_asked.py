from synth_builder.studies.findings.over_tasks import Answer
from synth_builder.studies.findings.wording import numbered
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 asks it. Reported by secondary sources: certain prompts bring biases and patterns into the "
    "rows; the paper recommends to give the label in the prompt, which keeps the distribution of labels in hand."
)


def labels_as_asked(results: StudyResults) -> tuple[Finding, ...]:
    """
    Has each label as many rows as were asked for?

    Counted, not estimated: `no` if any label of any variant has fewer rows than were asked for, `yes` if none has and
    it is known of all variants, `not decided` if it is not known of some. Left out where it is known of none.
    """
    known = [variant for variant in results.variants if variant.short is not None]
    if not known:
        return ()
    lacking = [variant for variant in known if any((variant.short or {}).values())]
    unknown = len(results.variants) - len(known)
    answer: Answer = "no" if lacking else "not decided" if unknown else "yes"
    missing = sum(sum((variant.short or {}).values()) for variant in lacking)
    because = f"{len(lacking)} of {numbered(len(known), 'variant')} have a label with fewer rows than were asked for"
    if lacking:
        worst = max(lacking, key=lambda variant: max((variant.short or {}).values()))
        label, count = max((worst.short or {}).items(), key=lambda each: each[1])
        because += (
            f", {numbered(missing, 'row')} in all; most in {worst.task}, {worst.variant}: "
            f"{numbered(count, 'row')} of {label}"
        )
    because += f"; it is not known of {unknown}." if unknown else "."
    return (
        Finding(
            key="labels_as_asked",
            question="Has each label as many synthetic rows as were asked for?",
            answer=answer,
            because=because,
            numbers={
                "variants short of a label": float(len(lacking)),
                "variants known": float(len(known)),
                "variants not known": float(unknown),
                "rows missing": float(missing),
            },
            source=SOURCE,
        ),
    )
