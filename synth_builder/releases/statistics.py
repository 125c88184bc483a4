import statistics
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from synth_builder.recipes.task import Task

EXAMPLES_PER_LABEL = 2
ROWS_AT_A_TIME = 2_000


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
        labels (`dict[str, int]`):
            Label -> rows, in the task's order.
        lengths (`dict[str, Lengths]`):
            Text column -> its lengths in words.
        examples (`dict[str, list[dict[str, Any]]]`):
            Label -> its first rows: their texts and their topic.
    """

    rows: int
    labels: dict[str, int]
    lengths: dict[str, Lengths]
    examples: dict[str, list[dict[str, Any]]]

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The reverse of `dataclasses.asdict`."""
        lengths = {column: Lengths(**found) for column, found in values["lengths"].items()}
        return cls(values["rows"], dict(values["labels"]), lengths, values["examples"])


def split_statistics(path: Path, task: Task) -> SplitStatistics:
    """Read the parquet file of one split, a batch of rows at a time."""
    import pyarrow.parquet

    counts: Counter[str] = Counter()
    words = {column: array("I") for column in task.columns}
    examples: dict[str, list[dict[str, Any]]] = {label: [] for label in task.labels}
    with pyarrow.parquet.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_A_TIME, columns=[*task.columns, task.label_column]):
            counts.update(task.label_names[number] for number in batch[task.label_column].to_pylist())
            for column in task.columns:
                words[column].extend(len(text.split()) for text in batch[column].to_pylist())
        wanted = sum(min(EXAMPLES_PER_LABEL, count) for count in counts.values())
        for batch in file.iter_batches(ROWS_AT_A_TIME):
            for row in batch.to_pylist():
                shown = examples[task.label_names[row[task.label_column]]]
                if len(shown) < EXAMPLES_PER_LABEL:
                    shown.append({name: row[name] for name in task.columns} | {"topic": row["provenance"]["topic"]})
            if sum(map(len, examples.values())) == wanted:
                break
    return SplitStatistics(
        rows=counts.total(),
        labels={label: counts[label] for label in task.labels},
        lengths={
            column: Lengths(min(found), statistics.median(found), statistics.fmean(found), max(found))
            for column, found in words.items()
            if found
        },
        examples=examples,
    )
