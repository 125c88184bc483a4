from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synth_builder.errors import StudyError
from synth_builder.recipes.task import Task
from synth_builder.registry import nearest
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.results.parts import AgreementCurve, TaskSubjectivity
from synth_builder.studies.study import Study
from synth_builder.studies.subjectivity.agreement import Agreements, row_agreements
from synth_builder.studies.subjectivity.agreement_curves import agreement_curves
from synth_builder.studies.subjectivity.bradley_terry import bradley_terry
from synth_builder.studies.subjectivity.votes import Vote, read_votes, refuse_separate_groups


@dataclass(frozen=True)
class TaskRows:
    """
    A task with its test rows.

    Args:
        task (`Task`):
            Its columns and labels.
        test (`TextRows`):
            The real test rows, in the order in which classifiers are tested.
    """

    task: Task
    test: TextRows


@dataclass(frozen=True)
class SubjectivityFound:
    """
    What a study finds with the help of what people said.

    Args:
        curves (`tuple[AgreementCurve, ...]`):
            Accuracy by least agreement, of tasks with annotations.
        tasks (`tuple[TaskSubjectivity, ...]`):
            Scores of the tasks with votes, the most subjective one first.
        notes (`tuple[str, ...]`):
            What was left out, and what else a reader has to know.
    """

    curves: tuple[AgreementCurve, ...]
    tasks: tuple[TaskSubjectivity, ...]
    notes: tuple[str, ...]


def check_subjectivity(study: Study, rows: Mapping[str, TaskRows]) -> None:
    """
    Read the files of votes and annotations, so that an error comes before anything is trained.

    Args:
        study (`Study`):
            The study.
        rows (`Mapping[str, TaskRows]`):
            Each of its tasks with its test rows.

    Raises:
        StudyError: A file can't be used.
    """
    _agreements(study, rows)
    _votes(study)


def subjectivity_of(
    study: Study, scores: Mapping[str, Mapping[str, Mapping[str, Scores]]], rows: Mapping[str, TaskRows]
) -> SubjectivityFound:
    """
    How subjective the tasks and their test rows are, and how accuracy goes with it (arXiv 2310.07849).

    Args:
        study (`Study`):
            The study; what it does not ask for is empty in what is found.
        scores (`Mapping[str, Mapping[str, Mapping[str, Scores]]]`):
            Task -> title of a classifier -> variant -> its scores.
        rows (`Mapping[str, TaskRows]`):
            Each task with its test rows.

    Raises:
        StudyError: A file can't be used, or scores are of other test rows.
        MissingExtraError: There are votes, and scikit-learn is not installed.
    """
    asked = study.subjectivity
    if asked is None:
        return SubjectivityFound((), (), ())
    curves: list[AgreementCurve] = []
    notes: list[str] = []
    for task, found in _agreements(study, rows).items():
        _refuse_other_rows(task, scores[task], rows[task].test)
        of_task, told = agreement_curves(task, scores[task], found.values, asked.agreements)
        curves.extend(of_task)
        notes.extend(f"{task}: {note}" for note in (*found.notes, *told))
    votes = _votes(study)
    if not votes:
        return SubjectivityFound(tuple(curves), (), tuple(notes))
    notes.extend(_told_of(votes, study))
    return SubjectivityFound(tuple(curves), bradley_terry(votes, study.tasks), tuple(notes))


def _agreements(study: Study, rows: Mapping[str, TaskRows]) -> dict[str, Agreements]:
    annotations = study.subjectivity.annotations if study.subjectivity is not None else {}
    return {
        task: row_agreements(
            study.directory / file,
            rows[task].task,
            rows[task].test,
            called=f"subjectivity.annotations.{task} ({file})",
        )
        for task, file in annotations.items()
    }


def _votes(study: Study) -> tuple[Vote, ...]:
    if study.subjectivity is None or study.subjectivity.votes is None:
        return ()
    file = study.subjectivity.votes
    called = f"subjectivity.votes ({file})"
    votes = read_votes(study.directory / file, called=called)
    named = list(dict.fromkeys(task for vote in votes for task in vote))
    if len(set(named).intersection(study.tasks)) < 2:
        unknown = next(name for name in named if name not in study.tasks)
        raise StudyError(
            f"{called} names fewer than two tasks of the study; it names {', '.join(named)}, and the study has "
            f"{', '.join(study.tasks)}.{nearest(unknown, list(study.tasks))}"
        )
    refuse_separate_groups(votes)
    return votes


def _told_of(votes: Sequence[Vote], study: Study) -> list[str]:
    """What a reader of the scores has to know of the votes."""
    more, less = {vote.more for vote in votes}, {vote.less for vote in votes}
    notes = []
    others = sorted((more | less).difference(study.tasks))
    if others:
        notes.append(
            f"Votes name {', '.join(others)}, which the study does not have: they link the others, and have no score."
        )
    without = [task for task in study.tasks if task not in more | less]
    if without:
        notes.append(f"No vote names {', '.join(without)}: they have no score of subjectivity.")
    one_sided = [task for task in study.tasks if (task in more) != (task in less)]
    if one_sided:
        notes.append(
            f"All votes about {', '.join(one_sided)} say the same: how far their scores are from the others' is up "
            "to the penalty, and their intervals are too narrow."
        )
    return notes


def _refuse_other_rows(task: str, scores: Mapping[str, Mapping[str, Scores]], test: TextRows) -> None:
    fingerprint = test.fingerprint()
    for classifier, of_variants in scores.items():
        for variant, found in of_variants.items():
            if found.test.fingerprint != fingerprint:
                raise StudyError(
                    f"The scores of {task}, {classifier}, {variant} are of other test rows than the annotations were "
                    "matched to; score the task again."
                )
