from synth_builder.scoring.diversity.catalogue import LIKENESS
from synth_builder.studies.findings.strategy_contrast import strategy_contrast
from synth_builder.studies.findings.wording import in_numbers, numbers_of
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = "arXiv 2310.07849 asks it. Reported by a secondary source: few-shot rows are more similar to real ones."
SHOWN = "Few-shot prompts showed some of the very real rows that closeness is measured to."
"""Copying from the prompt is closeness, too, so a yes says less than it seems to."""
PRIMARY = "similarity_to_real"
BESIDE = ("recall", "coverage")


def closeness(results: StudyResults) -> tuple[Finding, ...]:
    """
    Are rows of `few_shot` closer to real rows than rows of `zero_shot`?

    Decided by the mean cosine of each real row with its five nearest synthetic rows: `yes` if the 95 % interval over
    the tasks of the difference lies above 0, `no` if below, else `not decided`; so it is with one task. Recall and
    coverage are told beside.
    """
    measures = {each.name: each for each in LIKENESS}
    found = {name: strategy_contrast(results, "few_shot", "zero_shot", measures[name]) for name in (PRIMARY, *BESIDE)}
    decides = found[PRIMARY]
    if decides is None:
        return ()
    told = [f"{measures[name].title} {in_numbers(each)}" for name, each in found.items() if each is not None]
    numbers: dict[str, float | None] = {}
    for name, each in found.items():
        if each is not None:
            numbers |= numbers_of(each, measures[name].title)
    return (
        Finding(
            key="closeness",
            question="Are few-shot rows closer to real rows than zero-shot rows?",
            answer=decides.answer(),
            because=f"Few-shot minus zero-shot, decided by the first: {'; '.join(told)}. {SHOWN}",
            numbers=numbers,
            source=SOURCE,
        ),
    )
