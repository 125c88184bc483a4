from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synth_builder.errors import RealDataError, StudyError
from synth_builder.recipes.records import read_records
from synth_builder.recipes.reference import LOCAL_SUFFIXES


def read_annotation_file(path: Path, columns: Sequence[str], called: str) -> list[tuple[int, dict[str, Any]]]:
    """
    Read a file of what annotators said: of rows, or of tasks.

    Args:
        path (`Path`):
            A csv, json, jsonl or parquet file.
        columns (`Sequence[str]`):
            Columns that it has to have; others may stand beside them.
        called (`str`):
            What messages call it.

    Returns:
        `list[tuple[int, dict[str, Any]]]`: Position, from 0, and each row; at least one.

    Raises:
        StudyError: It is missing, can't be read, has no rows, or lacks a column.
    """
    if path.suffix.lower() not in LOCAL_SUFFIXES:
        raise StudyError(f"{called} is no file of rows; expected one that ends in {', '.join(LOCAL_SUFFIXES)}.")
    try:
        found, records = read_records(path, path.name)
    except FileNotFoundError as error:
        raise StudyError(f"{called} is missing; a relative path starts where the study file lies.") from error
    except RealDataError as error:
        raise StudyError(f"{called} can't be used: {error}") from error
    rows = list(enumerate(records))
    if not rows:
        raise StudyError(f"{called} holds no rows; expected at least one.")
    absent = [name for name in columns if name not in found]
    if absent:
        raise StudyError(
            f"{called} has no column {', '.join(map(repr, absent))}; it has: {', '.join(found) or 'none'}. Name its "
            f"columns {', '.join(columns)}."
        )
    return rows
