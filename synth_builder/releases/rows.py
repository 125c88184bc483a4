import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.recipes.task import Task
from synth_builder.releases.rows_digest import RowsDigest

if TYPE_CHECKING:
    import pyarrow

ROWS_PER_GROUP = 5_000

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
    """

    num_bytes: int
    rows_sha256: str


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
    Write one split as a parquet file, a group of rows at a time. What `SyntheticDatasetBuilder` prepares is the same,
    but takes the import of `datasets`, which is slower than a small build.

    Args:
        rows (`Iterable[dict[str, Any]]`):
            Texts, label by its name, `id`, `provenance`.
        path (`Path`):
            The file; nothing of that name is there before all rows are written.
        task (`Task`):
            Says which columns and labels there are.

    Returns:
        `Written`: Size and digest of the rows.
    """
    import pyarrow
    import pyarrow.parquet

    schema = rows_schema(task)
    numbers = {label: number for number, label in enumerate(task.label_names)}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    size, digest = 0, RowsDigest([*task.columns, task.label_column])
    iterator = iter(rows)
    with pyarrow.parquet.ParquetWriter(unfinished, schema) as writer:
        while group := list(islice(iterator, ROWS_PER_GROUP)):
            for row in group:
                row[task.label_column] = numbers[row[task.label_column]]
            digest.update(group)
            table = pyarrow.Table.from_pylist(group, schema)
            size += table.nbytes
            writer.write_table(table)
    unfinished.replace(path)
    return Written(size, digest.hexdigest())


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
