import json
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

ROWS_PER_GROUP = 10_000


def write_rejections(rejections: Iterable[dict[str, Any]], path: Path) -> None:
    """
    Write rejections as a parquet file, a group of rows at a time.

    Args:
        rejections (`Iterable[dict[str, Any]]`):
            Split, slot, draw, label, reason, detail, raw text, columns as read, request key.
        path (`Path`):
            The file; it is there, with no rows, also when nothing was rejected.
    """
    import pyarrow
    import pyarrow.parquet

    schema = pyarrow.schema(
        [
            ("split", pyarrow.string()),
            ("slot", pyarrow.int64()),
            ("draw", pyarrow.int32()),
            ("label", pyarrow.string()),
            ("reason", pyarrow.string()),
            ("detail", pyarrow.string()),
            ("raw", pyarrow.string()),
            ("columns", pyarrow.string()),  # JSON, as the columns are the task's
            ("request", pyarrow.string()),
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    iterator = iter(rejections)
    with pyarrow.parquet.ParquetWriter(unfinished, schema) as writer:
        while rows := list(islice(iterator, ROWS_PER_GROUP)):
            for row in rows:
                row["columns"] = json.dumps(row["columns"], ensure_ascii=False) if row["columns"] else None
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))
    unfinished.replace(path)
