import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.recipes.task import Task
from synth_builder.releases.rows_digest import RowsDigest
from synth_builder.releases.split_files import named_files

if TYPE_CHECKING:
    import pyarrow

ROWS_PER_GROUP = 5_000
"""Rows of a row group: some megabytes of texts, which the Hub's viewer fetches for one of its pages."""
BYTES_PER_GROUP = 100_000_000
"""Most bytes of a row group in memory, as `datasets` has it; the viewer refuses groups of more than 300 MB."""
BYTES_PER_FILE = 400_000_000
"""A file that has so many bytes gets no further row group: with the last one it stays below 500 MB."""

_TEXT = {"dtype": "string", "_type": "Value"}
_PROVENANCE: dict[str, Any] = {
    "strategy": _TEXT,
    "prompt": _TEXT,
    "topic": _TEXT,
    "demonstrations": {"feature": _TEXT, "_type": "List"},
    "attributes": {"feature": {"name": _TEXT, "value": _TEXT}, "_type": "List"},
    "checks": {"feature": {"name": _TEXT, "value": {"dtype": "float32", "_type": "Value"}}, "_type": "List"},
    "request": _TEXT,
    "seed": {"dtype": "int64", "_type": "Value"},
    "draw": {"dtype": "int32", "_type": "Value"},
}


@dataclass(frozen=True)
class Written:
    """
    What was written of one split.

    Args:
        num_bytes (`int`):
            Size of the rows in memory, as `datasets` counts it.
        rows_sha256 (`str`):
            `RowsDigest` of the rows.
        files (`tuple[Path, ...]`):
            Where they stand, in their order.
    """

    num_bytes: int
    rows_sha256: str
    files: tuple[Path, ...]


def feature_dict(task: Task) -> dict[str, Any]:
    """
    The columns of a built dataset, in the form in which `datasets` writes its features into files: texts, label, `id`,
    and where the row comes from.
    """
    return {
        **dict.fromkeys(task.columns, _TEXT),
        task.label_column: {"names": task.label_names, "_type": "ClassLabel"},
        "id": _TEXT,
        "provenance": _PROVENANCE,
    }


def rows_schema(task: Task) -> "pyarrow.Schema":
    """
    The same as an Arrow schema. Its metadata hold the features, so that `load_dataset` knows the names of the labels
    without this package.
    """
    import pyarrow

    features = feature_dict(task)
    fields = [pyarrow.field(name, _arrow_type(feature)) for name, feature in features.items()]
    return pyarrow.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": features}})})


def write_rows(rows: Iterable[dict[str, Any]], path: Path, task: Task) -> Written:
    """
    Write one split, a group of rows at a time: into one parquet file, or into several where one would get too big.
    What `SyntheticDatasetBuilder` prepares is the same, but takes the import of `datasets`, which is slower than a
    small build.

    Args:
        rows (`Iterable[dict[str, Any]]`):
            Texts, label by its name, `id`, `provenance`.
        path (`Path`):
            The file. Where it takes several, they are called `train-00000-of-00003.parquet` and so on, which is known
            at the end only; nothing of these names is there before all rows are written.
        task (`Task`):
            Says which columns and labels there are.

    Returns:
        `Written`: Size and digest of the rows, and their files.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = _digest(task), 0
    with _unfinished() as parts:
        groups = _groups(rows, task, digest)
        group = next(groups, None)
        while group is not None or not parts:  # a split without rows is one file
            parts.append(path.with_name(f"{path.stem}.{len(parts):05d}.part"))
            with _File(parts[-1], task) as file:
                while group is not None:
                    size += file.write(group)
                    group = next(groups, None)
                    if file.bytes >= BYTES_PER_FILE:
                        break
        files = named_files(path, len(parts))
        for part, name in zip(parts, files, strict=True):
            part.replace(name)
    return Written(size, digest.hexdigest(), files)


def rewrite_rows(files: Sequence[Path], rows: Callable[[Path], Iterable[dict[str, Any]]], task: Task) -> Written:
    """
    Write each file of a split anew, all of them or none. Rows stay in the file that they were in: whoever is killed
    between two of them leaves no row twice, and loses none.

    Args:
        files (`Sequence[Path]`):
            The files, in their order.
        rows (`Callable[[Path], Iterable[dict[str, Any]]]`):
            File -> its rows as `write_rows` takes them. The file may be read meanwhile.
        task (`Task`):
            Says which columns and labels there are.
    """
    digest, size = _digest(task), 0
    with _unfinished() as parts:
        for path in files:
            parts.append(path.with_name(f"{path.name}.part"))
            with _File(parts[-1], task) as file:
                size += sum(map(file.write, _groups(rows(path), task, digest)))
        for part, path in zip(parts, files, strict=True):
            part.replace(path)
    return Written(size, digest.hexdigest(), tuple(files))


class _File:
    """A parquet file that is being written."""

    def __init__(self, path: Path, task: Task) -> None:
        import pyarrow
        import pyarrow.parquet

        self._sink = pyarrow.OSFile(str(path), "wb")
        self._writer = pyarrow.parquet.ParquetWriter(self._sink, rows_schema(task))

    def __enter__(self) -> "_File":
        return self

    def __exit__(self, *error: object) -> None:
        with self._sink:
            self._writer.close()

    @property
    def bytes(self) -> int:
        """How many there are already; what the end of the file takes is not among them."""
        return int(self._sink.tell())

    def write(self, group: "pyarrow.Table") -> int:
        """Add a group of rows; gives its size in memory."""
        self._writer.write_table(group)
        return int(group.nbytes)


@contextmanager
def _unfinished() -> Iterator[list[Path]]:
    """A list for files under names that do not last; those that are there at the end go."""
    parts: list[Path] = []
    try:
        yield parts
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _groups(rows: Iterable[dict[str, Any]], task: Task, digest: RowsDigest) -> "Iterator[pyarrow.Table]":
    """The rows in groups, with their labels as numbers."""
    import pyarrow

    schema = rows_schema(task)
    numbers = {label: number for number, label in enumerate(task.label_names)}
    iterator = iter(rows)
    while group := list(islice(iterator, ROWS_PER_GROUP)):
        for row in group:
            row[task.label_column] = numbers[row[task.label_column]]
        digest.update(group)
        table = pyarrow.Table.from_pylist(group, schema)
        most = ceil(table.num_rows / ceil(table.nbytes / BYTES_PER_GROUP))
        for first in range(0, table.num_rows, most):
            yield table.slice(first, most)


def _digest(task: Task) -> RowsDigest:
    return RowsDigest([*task.columns, task.label_column])


def _arrow_type(feature: dict[str, Any]) -> "pyarrow.DataType":
    import pyarrow

    match feature.get("_type"):
        case None:
            return pyarrow.struct([(name, _arrow_type(part)) for name, part in feature.items()])
        case "ClassLabel":
            return pyarrow.int64()
        case "List":
            return pyarrow.list_(_arrow_type(feature["feature"]))
        case _:
            return pyarrow.type_for_alias(feature["dtype"])
