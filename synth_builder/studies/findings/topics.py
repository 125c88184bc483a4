from synth_builder.scoring.diversity.catalogue import VARIETY
from synth_builder.studies.findings.strategy_contrast import strategy_contrast
from synth_builder.studies.findings.wording import in_numbers, numbers_of
from synth_builder.studies.results.parts import Finding
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 asks it. Reported by secondary sources: the diversity of generated rows matters, and prompts "
    "with topics gave useful results on certain tasks, not on all."
)
MEASURES = (("vendi_score", None), ("self_bleu", 4), ("distinct", 2), ("remote_clique", None))
"""The first that the study has decides: topics are about meaning, and the Vendi score is about how varied it is."""


def topics(results: StudyResults) -> tuple[Finding, ...]:
    """
    Do topics in the prompt (`zero_shot_topic`) make rows more diverse than the same prompt without (`zero_shot`)?

    Decided by the Vendi score, or by Self-BLEU-4 where the study has no embeddings: `yes` if the 95 % interval over
    the tasks of its difference lies on the more diverse side of 0, `no` if on the other, else `not decided`; so it is
    with one task. The other measures are told beside.
    """
    found = []
    for name, key in MEASURES:
        measure = next(each for each in VARIETY if (each.name, each.key) == (name, key))
        contrast = strategy_contrast(results, "zero_shot_topic", "zero_shot", measure)
        if contrast is not None:
            found.append((measure, contrast))
    if not found:
        return ()
    primary, decides = found[0]
    told = [f"{measure.title} ({measure.good} is more diverse) {in_numbers(contrast)}" for measure, contrast in found]
    numbers: dict[str, float | None] = {}
    for measure, contrast in found:
        numbers |= numbers_of(contrast, measure.title)
    return (
        Finding(
            key="topics",
            question="Do topics in the prompt make rows more diverse?",
            answer=decides.answer("above" if primary.good == "higher" else "below"),
            because=f"With topics minus without, decided by the first: {'; '.join(told)}.",
            numbers=numbers,
            source=SOURCE,
        ),
    )
