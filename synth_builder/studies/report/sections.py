from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from synth_builder.studies.findings.verdicts import first_classifier
from synth_builder.studies.report.figures.curve_figures import agreement_picture, quantity_picture, share_picture
from synth_builder.studies.report.figures.gain_figure import gain_picture
from synth_builder.studies.report.figures.picture import Picture
from synth_builder.studies.report.figures.scatter_figures import diversity_picture, skill_picture
from synth_builder.studies.report.figures.task_figure import task_picture
from synth_builder.studies.report.tables.label_table import label_table
from synth_builder.studies.report.tables.question_tables import (
    difference_table,
    quantity_table,
    share_table,
    skill_table,
    worth_table,
)
from synth_builder.studies.report.tables.study_tables import finding_table, task_list, variant_list, variety_table
from synth_builder.studies.report.tables.subjectivity_tables import agreement_table, subjectivity_table
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.report.tables.task_tables import task_tables
from synth_builder.studies.results.parts import Finding, StudiedTask
from synth_builder.studies.results.study_results import StudyResults

_T = TypeVar("_T")
_KEYS = {
    "together": ("mixing_", "shrinking_gain"),
    "alone": ("alone_",),
    "quantity": ("more_rows",),
    "share": ("real_share",),
    "rows": ("topics", "closeness", "labels_as_asked", "self_similarity"),
    "skill": ("skill_and_worth",),
    "people": ("subjectivity", "agreement"),
}
"""Section -> how the keys of its findings begin."""


@dataclass(frozen=True)
class Section:
    """
    A part of the report: questions, and what answers them.

    Args:
        key (`str`):
            Anchor in the page.
        title (`str`):
            Heading.
        findings (`tuple[Finding, ...]`):
            Questions with their answers.
        tables (`tuple[Table, ...]`):
            Beside them.
        pictures (`tuple[Picture, ...]`):
            Beside them.
    """

    key: str
    title: str
    findings: tuple[Finding, ...]
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class TaskPart:
    """What the report has of a task: its tables by each classifier, and a figure by the first one."""

    task: StudiedTask
    tables: tuple[Table, ...]
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Contents:
    """
    Everything that a report shows.

    Args:
        studied (`tuple[Table, ...]`):
            What was studied.
        sections (`tuple[Section, ...]`):
            Questions and answers, about the first classifier.
        tasks (`tuple[TaskPart, ...]`):
            Each task.
        others (`tuple[Table, ...]`):
            The tables of the sections once more, of the other classifiers.
        answers (`Table`, *optional*):
            All answers; a file only, as the page has them anyway.
    """

    studied: tuple[Table, ...]
    sections: tuple[Section, ...]
    tasks: tuple[TaskPart, ...]
    others: tuple[Table, ...]
    answers: Table | None

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables."""
        of_sections = [table for section in self.sections for table in section.tables]
        of_tasks = [table for part in self.tasks for table in part.tables]
        return (*self.studied, *_there([self.answers]), *of_sections, *of_tasks, *self.others)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All figures."""
        of_sections = [picture for section in self.sections for picture in section.pictures]
        return (*of_sections, *(picture for part in self.tasks for picture in part.pictures))


def contents(results: StudyResults) -> Contents:
    """
    What a report of a study shows. Only what there are data for is in it.

    Args:
        results (`StudyResults`):
            The study, with its findings.
    """
    titles = [classifier.title for classifier in results.classifiers]
    return Contents(
        studied=_there([task_list(results), variant_list(results)]),
        sections=_sections(results),
        tasks=tuple(
            TaskPart(
                task,
                tuple(table for title in titles for table in task_tables(results, task, title)),
                _there([task_picture(results, task, title) for title in titles[:1]]),
            )
            for task in results.tasks
        ),
        others=tuple(table for title in titles[1:] for tables in _tables(results, title).values() for table in tables),
        answers=finding_table(results),
    )


def _sections(results: StudyResults) -> tuple[Section, ...]:
    title = first_classifier(results)
    tables = {} if title is None else _tables(results, title)
    pictures = {} if title is None else _pictures(results, title)
    tables["rows"] = _there([variety_table(results), label_table(results)])
    tables["skill"] = () if title is None else _there([skill_table(results, title)])
    tables["people"] = (*_there([subjectivity_table(results)]), *tables.get("people", ()))
    headings = {
        "together": "Synthetic rows together with real ones",
        "alone": "Synthetic rows alone",
        "quantity": "How many synthetic rows",
        "share": "How many of them real",
        "rows": "What the rows are like",
        "skill": "The language model as a classifier",
        "people": "Subjective tasks and rows",
    }
    made = []
    for key, heading in headings.items():
        found = tuple(each for each in results.findings if each.key.startswith(_KEYS[key]))
        section = Section(key, heading, found, tables.get(key, ()), pictures.get(key, ()))
        if section.findings or section.tables or section.pictures:
            made.append(section)
    known = tuple(start for starts in _KEYS.values() for start in starts)
    further = tuple(each for each in results.findings if not each.key.startswith(known))
    if further:
        made.append(Section("further", "Further questions", further, (), ()))
    return tuple(made)


def _tables(results: StudyResults, title: str) -> dict[str, tuple[Table, ...]]:
    """Section -> its tables that are about one classifier."""
    return {
        "together": _there([difference_table(results, "gain", title)]),
        "alone": _there(
            [
                worth_table(results, title),
                difference_table(results, "alone", title),
                difference_table(results, "variant", title),
            ]
        ),
        "quantity": _there([quantity_table(results, title), difference_table(results, "more", title)]),
        "share": _there([share_table(results, title)]),
        "people": _there([agreement_table(results, title)]),
    }


def _pictures(results: StudyResults, title: str) -> dict[str, tuple[Picture, ...]]:
    return {
        "together": _there([gain_picture(results, title)]),
        "quantity": _there([quantity_picture(results, title)]),
        "share": _there([share_picture(results, title)]),
        "rows": _there([diversity_picture(results, title)]),
        "skill": _there([skill_picture(results)]),
        "people": _there([agreement_picture(results, title)]),
    }


def _there(found: "Iterable[_T | None]") -> "tuple[_T, ...]":
    return tuple(each for each in found if each is not None)
