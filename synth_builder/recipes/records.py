import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synth_builder.errors import RealDataError


def read_records(path: Path, called: str) -> tuple[list[str], Iterator[dict[str, Any]]]:
    """
    Read a local file of rows.

    Args:
        path (`Path`):
            A parquet, csv, json or jsonl file.
        called (`str`):
            What messages call it.

    Returns:
        `tuple[list[str], Iterator[dict[str, Any]]]`: All columns, and the rows with all of them; what a row of a json
        or jsonl file lacks is `None`. In a csv file all values are texts.

    Raises:
        FileNotFoundError: There is no such file.
        RealDataError: It can't be read in the form that its name tells.
    """
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        if path.suffix.lower() == ".parquet":
            import pyarrow.parquet

            table = pyarrow.parquet.read_table(path)
            return table.column_names, iter(table.to_pylist())
        records = _text_records(path)
    except (OSError, ValueError, csv.Error) as error:  # pyarrow's and json's errors are ValueErrors
        raise RealDataError(f"{called!r} can't be read as {path.suffix[1:]}: {error}.") from error
    columns = list(dict.fromkeys(key for record in records for key in record))
    return columns, ({key: record.get(key) for key in columns} for record in records)


def _text_records(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() == ".csv":
            reader = csv.DictReader(file, strict=True)
            records = list(reader)
            for position, record in enumerate(records):
                if None in record or None in record.values():
                    raise ValueError(
                        f"row {position} has not the {len(reader.fieldnames or [])} fields that the header names"
                    )
            return records
        if path.suffix.lower() == ".jsonl":
            records = [json.loads(line) for line in file if line.strip()]
        else:
            records = json.load(file)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ValueError("expected a list of objects, one per row")
    return records
