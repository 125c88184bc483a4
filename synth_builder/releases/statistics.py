import statistics
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.recipes.task import Task

EXAMPLES_PER_LABEL = 2


@dataclass(frozen=True)
class Lengths:
    """Words of a text column: least, middle, mean and most."""

    least: int
    median: float
    mean: float
    most: int


@dataclass(frozen=True)
class SplitStatistics:
    """
    What a card tells of the rows of one split.

    Args:
        rows (`int`):
            How many there are.
        bytes (`int`):
            Size of the file.
        labels (`dict[str, int]`):
            Label -> rows, in the task's order.
        lengths (`dict[str, Lengths]`):
            Text column -> its lengths in words.
        examples (`dict[str, list[dict[str, Any]]]`):
            Label -> its first rows.
    """

    rows: int
    bytes: int
    labels: dict[str, int]
    lengths: dict[str, Lengths]
    examples: dict[str, list[dict[str, Any]]]


def split_statistics(path: Path, task: Task) -> SplitStatistics:
    """Read the parquet file of one split once, a batch of rows at a time."""
    import pyarrow.parquet

    counts: Counter[str] = Counter()
    words: dict[str, list[int]] = {column: [] for column in task.columns}
    examples: dict[str, list[dict[str, Any]]] = {label: [] for label in task.labels}
    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=[*task.columns, task.label_column, "provenance"]):
            for row in batch.to_pylist():
                label = task.label_names[row[task.label_column]]
                counts[label] += 1
                for column in task.columns:
                    words[column].append(len(row[column].split()))
                if len(examples[label]) < EXAMPLES_PER_LABEL:
                    examples[label].append(row)
    return SplitStatistics(
        rows=counts.total(),
        bytes=path.stat().st_size,
        labels={label: counts[label] for label in task.labels},
        lengths={
            column: Lengths(min(found), statistics.median(found), statistics.fmean(found), max(found))
            for column, found in words.items()
            if found
        },
        examples=examples,
    )
