from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.errors import StudyError
from synth_builder.recipes.task import Task
from synth_builder.recipes.text_identity import normalised
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.studies.subjectivity.annotation_file import read_annotation_file

ANNOTATIONS = "annotations"
SEPARATOR = "|"
"""Between the labels of a row, where they are one text."""
MOST_NAMED = 5


@dataclass(frozen=True)
class Agreements:
    """
    How far annotators agree about each test row.

    Args:
        values (`tuple[float | None, ...]`):
            One for each test row, in order; `None` where nobody labelled it.
        notes (`tuple[str, ...]`):
            What could not be matched, and what else a reader has to know.
    """

    values: tuple[float | None, ...]
    notes: tuple[str, ...]


def annotation_agreement(given: Sequence[str]) -> float:
    """
    Share of a row's annotators that gave its commonest label (arXiv 2310.07849, instance level): the largest over the
    labels `y` of `sum over k of 1(r_k = y) / K`, with `r_k` the label by annotator `k` of `K`. Lower is more
    subjective.

    Args:
        given (`Sequence[str]`):
            The label by each annotator; at least one.

    Returns:
        `float`: From 1 / K to 1.
    """
    return Counter(given).most_common(1)[0][1] / len(given)


def row_agreements(path: Path, task: Task, rows: TextRows, *, called: str) -> Agreements:
    """
    Read what annotators said about test rows, and match it to them by their texts: case and white space aside.

    Labels of the same text are put together, wherever they stand, so a file may as well hold a line for each
    annotator.

    Args:
        path (`Path`):
            A csv, json, jsonl or parquet file with the task's text columns and the column `annotations`: a list of
            labels, or a text in which `|` stands between them.
        task (`Task`):
            Its columns and labels.
        rows (`TextRows`):
            The test rows.
        called (`str`):
            What messages call the file.

    Raises:
        StudyError: The file is missing or in no such form, holds an unknown label, or none of the texts is a test row.
    """
    found = _given(path, task, called)
    identities = [normalised(texts) for texts in rows.texts]
    values = [annotation_agreement(found[identity][1]) if identity in found else None for identity in identities]
    known = set(identities)
    others = [place for identity, (place, _) in found.items() if identity not in known]
    if len(others) == len(found):
        raise StudyError(
            f"None of the {len(found)} annotated texts of {called} is a test row; expected the texts of the task's "
            "test rows, as they stand there."
        )
    notes = []
    without = values.count(None)
    if without:
        notes.append(f"{without} of {len(rows)} test rows have no annotations in {called}; they are in no curve.")
    if others:
        named = ", ".join(map(str, others[:MOST_NAMED])) + (", ..." if len(others) > MOST_NAMED else "")
        notes.append(f"{len(others)} annotated texts of {called} are no test rows and are not used: row {named}.")
    of_rows = [found[identity][1] for identity in identities if identity in found]
    single = sum(len(given) == 1 for given in of_rows)
    if single:
        notes.append(f"{single} test rows have one annotation in {called}; their agreement is 1 whatever it says.")
    outvoted = sum(
        _outvoted(task.label_names[label], found[identity][1])
        for identity, label in zip(identities, rows.labels, strict=True)
        if identity in found
    )
    if outvoted:
        notes.append(
            f"{outvoted} test rows have another label than most annotators in {called} gave; accuracy goes by the "
            "test rows' labels."
        )
    return Agreements(tuple(values), tuple(notes))


def _outvoted(label: str, given: Sequence[str]) -> bool:
    counts = Counter(given)
    return counts[label] < max(counts.values())


def _given(path: Path, task: Task, called: str) -> dict[str, tuple[int, list[str]]]:
    """Text -> the first row that has it, and the labels that it was given."""
    found: dict[str, tuple[int, list[str]]] = {}
    for position, record in read_annotation_file(path, (*task.columns, ANNOTATIONS), called):
        texts = [record[name] for name in task.columns]
        for name, text in zip(task.columns, texts, strict=True):
            if not isinstance(text, str):
                raise StudyError(
                    f"{called} holds {text!r} in column {name!r} of row {position}; expected the text of a test row."
                )
        given = _labels(record, task, f"row {position} of {called}")
        if given:
            found.setdefault(normalised(texts), (position, []))[1].extend(given)
    if not found:
        raise StudyError(f"{called} holds no annotations; expected at least one annotated row.")
    return found


def _labels(record: Mapping[str, Any], task: Task, place: str) -> list[str]:
    value = record[ANNOTATIONS]
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = [part.strip() for part in value.split(SEPARATOR)]
    if not isinstance(value, list):
        raise StudyError(
            f"The annotations of {place} are {value!r}; expected a list of labels, or a text in which "
            f"{SEPARATOR!r} stands between them."
        )
    labels = [str(label).lower() if isinstance(label, bool) else str(label) for label in value]
    for label in labels:
        if label not in task.labels:
            raise StudyError(
                f"The annotation {label!r} of {place} is no label of the task; expected some of "
                f"{', '.join(task.labels)}. Write the labels as the task does."
            )
    return labels
