from dataclasses import dataclass

from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.findings.over_tasks import Answer
from synth_builder.studies.findings.rank_correlation import rank_correlation
from synth_builder.studies.findings.verdicts import first_classifier
from synth_builder.studies.findings.wording import numbered
from synth_builder.studies.results.parts import Finding, StudiedVariant
from synth_builder.studies.results.study_results import StudyResults

SOURCE = (
    "arXiv 2407.12813 asks it. Reported by secondary sources: the model's own skill does not reliably predict the "
    "worth of its rows, and rows of a model that is poor at the task can still help."
)


@dataclass(frozen=True)
class SkillAndWorth:
    """
    A task's two accuracies, each as the share of the way from always giving the commonest label (0) to no error (1).

    Args:
        task, model (`str`):
            Where, and which model.
        demonstrations (`int`):
            Real rows that the model was shown with each question.
        variant (`str`):
            The variant whose rows alone train the best classifier.
        skill (`float`):
            The model's.
        worth (`float`):
            That classifier's.
    """

    task: str
    model: str
    demonstrations: int
    variant: str
    skill: float
    worth: float


def above_chance(accuracy: float, majority: float) -> float | None:
    """`(accuracy - majority) / (1 - majority)`; `None` where the commonest label is the only one."""
    return (accuracy - majority) / (1 - majority) if majority < 1 else None


def skills_and_worths(results: StudyResults, demonstrations: int) -> list[SkillAndWorth]:
    """
    Of each task that has both: the model's skill with so many demonstrations, and the best accuracy of a classifier
    that is trained on a variant's rows alone. Only variants whose rows this model wrote count.
    """
    found = []
    for skill in results.skills:
        if skill.demonstrations != demonstrations:
            continue
        scored = [
            (accuracy, variant.variant)
            for variant, accuracy in _alone(results, skill.task)
            if variant.model == skill.model
        ]
        if not scored:
            continue
        best, name = max(scored, key=lambda each: each[0])
        own = above_chance(skill.accuracy.mean, skill.majority_accuracy)
        worth = above_chance(best, results.task(skill.task).majority_accuracy)
        if own is not None and worth is not None:
            found.append(SkillAndWorth(skill.task, skill.model, demonstrations, name, own, worth))
    return found


def _alone(results: StudyResults, task: str) -> list[tuple[StudiedVariant, float]]:
    """A task's variants, and the accuracy of the first classifier on the rows of each alone."""
    title = first_classifier(results)
    return [
        (variant, cell.accuracy.mean)
        for variant in results.variants
        if variant.task == task
        and title is not None
        and (cell := results.scored(task, title, Cell("synthetic"), variant.variant)) is not None
    ]


def _of_others(results: StudyResults) -> int:
    """Variants of the tasks whose rows another model wrote than the one whose skill is known."""
    tried = {(skill.task, skill.model) for skill in results.skills}
    tasks = {task for task, _ in tried}
    return sum((task, variant.model) not in tried for task in tasks for variant, _ in _alone(results, task))


def skill_and_worth(results: StudyResults) -> tuple[Finding, ...]:
    """
    Does the language model's own skill predict what its rows are worth?

    Spearman's rank correlation over the tasks, of the model's accuracy and of the best accuracy of a classifier
    trained on a variant's rows alone, both chance-corrected (`above_chance`). Variants whose rows another model wrote
    are left out, and so is the question where no others are there. Decided with the fewest demonstrations:
    `yes` if rho is positive with p < 0.05 by a permutation test, `no` if it is negative with p < 0.05, else
    `not decided`; always so with fewer than 4 tasks.
    """
    told: list[str] = []
    answers: list[Answer] = []
    numbers: dict[str, float | None] = {}
    for shown in sorted({skill.demonstrations for skill in results.skills}):
        pairs = skills_and_worths(results, shown)
        if not pairs:
            continue
        found = rank_correlation([pair.skill for pair in pairs], [pair.worth for pair in pairs])
        told.append(f"with {shown} demonstrations {found}")
        numbers |= {f"{name}, {shown} demonstrations": value for name, value in found.numbers.items()}
        answers.append(found.answer)
    if not told:
        return ()
    because = f"The model's skill against the best variant alone, decided by the first: {'; '.join(told)}."
    others = _of_others(results)
    if others:
        are = "is" if others == 1 else "are"
        because += f" {numbered(others, 'variant')} of other models {are} left out."
    return (
        Finding(
            key="skill_and_worth",
            question="Does the language model's own skill at a task predict the worth of its rows?",
            answer=answers[0],
            because=because,
            numbers={**numbers, "variants of other models": float(others)},
            source=SOURCE,
        ),
    )
