from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from synth_builder.errors import StudyError
from synth_builder.studies.subjectivity.annotation_file import read_annotation_file

COLUMNS = ("more_subjective", "less_subjective")


class Vote(NamedTuple):
    """
    What somebody said about two tasks.

    Args:
        more, less (`str`):
            The task that they called the more subjective one, and the other.
    """

    more: str
    less: str


def read_votes(path: Path, *, called: str) -> tuple[Vote, ...]:
    """
    Read pairwise votes.

    Args:
        path (`Path`):
            A csv, json, jsonl or parquet file with a row for each vote and the columns `more_subjective` and
            `less_subjective`.
        called (`str`):
            What messages call it.

    Returns:
        `tuple[Vote, ...]`: At least one.

    Raises:
        StudyError: The file can't be read, or a row of it does not name two tasks.
    """
    votes = []
    for position, record in read_annotation_file(path, COLUMNS, called):
        names = [record[column] for column in COLUMNS]
        for column, name in zip(COLUMNS, names, strict=True):
            if not isinstance(name, str) or not name.strip():
                raise StudyError(
                    f"{called} holds {name!r} in column {column!r} of row {position}; expected a task's name."
                )
        vote = Vote(*(name.strip() for name in names))
        if vote.more == vote.less:
            raise StudyError(
                f"Row {position} of {called} compares {vote.more!r} with itself; expected the names of two tasks."
            )
        votes.append(vote)
    return tuple(votes)


def compared_groups(votes: Iterable[Vote]) -> list[set[str]]:
    """
    Groups of tasks that votes link, over however many others. Between two groups nobody has compared anything.

    Args:
        votes (`Iterable[Vote]`):
            The votes.

    Returns:
        `list[set[str]]`: In the order in which the votes name them first.
    """
    groups: list[set[str]] = []
    for vote in votes:
        linked = [group for group in groups if vote.more in group or vote.less in group]
        if linked:
            linked[0].update(vote, *linked[1:])
            groups = [group for group in groups if group not in linked[1:]]
        else:
            groups.append(set(vote))
    return groups


def refuse_separate_groups(votes: Iterable[Vote]) -> None:
    """
    Make sure that all tasks can be compared.

    Raises:
        StudyError: Some are not linked to the others by any votes.
    """
    groups = compared_groups(votes)
    if len(groups) > 1:
        told = "; ".join(", ".join(sorted(group)) for group in groups)
        raise StudyError(
            f"The votes compare tasks of {len(groups)} groups, and none of one group with one of another: {told}. "
            "Scores of separate groups can't be compared; add votes between them, or give the votes of one group."
        )
