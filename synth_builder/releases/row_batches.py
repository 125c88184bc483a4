from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.errors import ReleaseError

if TYPE_CHECKING:
    import pyarrow

ROWS_AT_A_TIME = 2_000


def row_batches(
    files: Iterable[Path | BytesIO], columns: Sequence[str] | None = None
) -> "Iterator[pyarrow.RecordBatch]":
    """
    The rows of parquet files, one file after the other and a batch in memory at a time.

    Args:
        files (`Iterable[Path | BytesIO]`):
            The files, or what they hold, in their order; each is asked for when the one before is read.
        columns (`Sequence[str]`, *optional*):
            Which columns are read; all when not given.

    Raises:
        ReleaseError: A file is missing or no parquet file.
    """
    import pyarrow.parquet

    for path in files:
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                yield from file.iter_batches(ROWS_AT_A_TIME, columns=columns)
        except (pyarrow.ArrowInvalid, OSError) as error:
            where = "a file of rows" if isinstance(path, BytesIO) else repr(str(path))
            raise ReleaseError(
                f"{where} can't be read as a parquet file: {error}. Delete it and build that variant again: what was "
                "answered is kept."
            ) from error
