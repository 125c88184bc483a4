from synth_builder.studies.findings.over_tasks import over_tasks
from synth_builder.studies.findings.wording import in_numbers, numbers_of
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 and 2310.07849 ask it. Reported by secondary sources: certain prompts bring patterns into the "
    "rows, and real rows are more diverse than few-shot rows, these more than zero-shot rows."
)
WORDS = 4


def self_similarity(results: StudyResults) -> tuple[Finding, ...]:
    """
    Are synthetic rows more alike among themselves than as many real rows?

    Decided by Self-BLEU-4 (higher is more alike): `yes` if the 95 % interval over the tasks of synthetic minus real
    (variants within a task averaged) lies above 0, `no` if below, else `not decided`; so it is with one task.
    """
    values: dict[str, list[float]] = {}
    for variant in results.variants:
        own = variant.variety.self_bleu.get(WORDS) if variant.variety else None
        real = variant.real_variety.self_bleu.get(WORDS) if variant.real_variety else None
        if own is not None and real is not None:
            values.setdefault(variant.task, []).append(own - real)
    if not values:
        return ()
    found = over_tasks(values, most=1.0)
    numbers = [value for of_task in values.values() for value in of_task]
    higher = sum(value > 0 for value in numbers)
    return (
        Finding(
            key="self_similarity",
            question="Are synthetic rows more alike among themselves than real rows?",
            answer=found.answer(),
            because=(
                f"Self-BLEU-{WORDS} of synthetic minus that of as many real rows is {in_numbers(found)}; it is higher "
                f"in {higher} of {len(numbers)} variants."
            ),
            numbers={
                **numbers_of(found, f"Self-BLEU-{WORDS}"),
                "variants": float(len(numbers)),
                "variants more alike": float(higher),
            },
            source=SOURCE,
        ),
    )
