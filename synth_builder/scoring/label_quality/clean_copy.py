from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset


def write_clean_copy(dataset: "Dataset", left_out: Sequence[int], path: Path) -> None:
    """
    Write rows without some of them, with all columns and the names of the labels, as `load_dataset("parquet",
    data_files=...)` reads them.

    Args:
        dataset (`Dataset`):
            The rows.
        left_out (`Sequence[int]`):
            Positions of the rows that are not written.
        path (`Path`):
            The parquet file.
    """
    import pyarrow.parquet

    unwanted = set(left_out)
    kept = dataset.select([place for place in range(len(dataset)) if place not in unwanted])
    path.parent.mkdir(parents=True, exist_ok=True)
    # The features stand in the metadata of the schema. `Dataset.to_parquet` would write the same and show a bar.
    table = kept.with_format("arrow")[:]
    pyarrow.parquet.write_table(table.cast(dataset.features.arrow_schema), path)
