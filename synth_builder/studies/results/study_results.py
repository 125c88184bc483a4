from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError

from synth_builder.errors import StudyError
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.record import Record
from synth_builder.scoring.results.results_file import json_text
from synth_builder.scoring.results.scores import Machine
from synth_builder.scoring.results.whole_file import whole_file
from synth_builder.studies.results.parts import (
    AgreementCurve,
    CellScores,
    Finding,
    Skill,
    StudiedClassifier,
    StudiedDifference,
    StudiedTask,
    StudiedVariant,
    StudiedWorth,
    TaskSubjectivity,
)


class StudyResults(Record):
    """
    What a study found: `results.json`. Everything that its tables, figures, report and leaderboard show stands here.

    Args:
        name, description (`str`):
            The study's.
        fingerprint (`str`):
            SHA-256 over what decides the results: the study as resolved, the rows of all variants, and the test rows.
        study (`dict[str, Any]`):
            The study as resolved, plain values.
        seeds (`int`):
            Trainings of each cell.
        tasks, variants, classifiers (`tuple`):
            What was studied. The first classifier is the one that the findings are about.
        cells (`tuple[CellScores, ...]`):
            What was reached, for each task, classifier, variant and way of training.
        differences (`tuple[StudiedDifference, ...]`):
            What was compared, with Holm's correction over those of one question by one classifier.
        worths (`tuple[StudiedWorth, ...]`):
            What each variant is worth in real rows.
        skills (`tuple[Skill, ...]`):
            What the language model reaches as a classifier; empty where the study does not ask.
        agreement_curves, subjectivity (`tuple`):
            Of tasks with several annotators per row, and of tasks with votes; empty where there are none.
        findings (`tuple[Finding, ...]`):
            Questions with their answers.
        notes (`tuple[str, ...]`):
            What a reader has to know: rows that are missing, sizes that were left out.
        machine (`Machine`):
            Where the classifiers were trained.
        versions (`dict[str, str]`):
            Library -> version.
        created (`str`):
            Time of the end in UTC, ISO 8601.
        seconds (`float`):
            Time of all trainings and tests.
        schema_version (`int`, defaults to 1):
            Form of this file.
    """

    schema_version: Literal[1] = 1
    name: str
    description: str
    fingerprint: str
    study: dict[str, Any]
    seeds: int
    tasks: tuple[StudiedTask, ...]
    variants: tuple[StudiedVariant, ...]
    classifiers: tuple[StudiedClassifier, ...]
    cells: tuple[CellScores, ...]
    differences: tuple[StudiedDifference, ...]
    worths: tuple[StudiedWorth, ...] = ()
    skills: tuple[Skill, ...] = ()
    agreement_curves: tuple[AgreementCurve, ...] = ()
    subjectivity: tuple[TaskSubjectivity, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    machine: Machine
    versions: dict[str, str]
    created: str
    seconds: float

    @property
    def task_names(self) -> tuple[str, ...]:
        """Names of the tasks, in the study's order."""
        return tuple(task.name for task in self.tasks)

    @property
    def variant_names(self) -> tuple[str, ...]:
        """Names of the variants of all tasks, each once, in the order in which they come first."""
        return tuple(dict.fromkeys(variant.variant for variant in self.variants))

    def task(self, name: str) -> StudiedTask:
        """A task by its name; `KeyError` where there is none."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise KeyError(name)

    def variant(self, task: str, name: str) -> StudiedVariant | None:
        """A variant of a task; `None` where the task has none of that name."""
        return next((each for each in self.variants if (each.task, each.variant) == (task, name)), None)

    def scored(self, task: str, classifier: str, cell: Cell, variant: str | None = None) -> CellScores | None:
        """What one way of training reached; `None` where it was not tried. Real rows alone have no variant."""
        named = None if cell.regime == "real" else variant
        for each in self.cells:
            # The task first: most cells are of others, and a study has thousands.
            if each.task == task and each.variant == named and each.classifier == classifier and each.cell == cell:
                return each
        return None

    def write(self, path: Path) -> None:
        """Write the file, and the folder that it is in when it is missing; never half of it."""
        with whole_file(path) as stream:
            stream.write((json_text(self.model_dump(mode="json")) + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """
        Read a file that `write` wrote.

        Raises:
            StudyError: It is no such file, or one of another version of the form.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise StudyError(
                f"{str(path)!r} can't be read as the results of a study: {error}\nExpected a results.json that "
                "`synth-builder study` wrote; run the study again."
            ) from error
