from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Self

from synth_builder.recipes.task import Task
from synth_builder.releases.row_batches import row_batches

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


def split_statistics(files: Sequence[Path], task: Task) -> SplitStatistics:
    """
    Read the rows of one split, a batch at a time. Counts are kept, and no rows but the examples.

    Args:
        files (`Sequence[Path]`):
            Its parquet files, in their order.
        task (`Task`):
            Says which columns and labels there are.
    """
    counts: Counter[str] = Counter()
    words: dict[str, Counter[int]] = {column: Counter() for column in task.columns}
    examples: dict[str, list[dict[str, Any]]] = {label: [] for label in task.labels}
    for batch in row_batches(files, [*task.columns, task.label_column, "provenance.topic"]):
        labels = [task.label_names[number] for number in batch[task.label_column].to_pylist()]
        counts.update(labels)
        for column in task.columns:
            words[column].update(len(text.split()) for text in batch[column].to_pylist())
        wanted = {label for label, shown in examples.items() if len(shown) < EXAMPLES_PER_LABEL}
        for number in (number for number, label in enumerate(labels) if label in wanted):
            shown = examples[labels[number]]
            if len(shown) < EXAMPLES_PER_LABEL:
                (row,) = batch.slice(number, 1).to_pylist()
                shown.append({name: row[name] for name in task.columns} | {"topic": row["provenance"]["topic"]})
    return SplitStatistics(
        rows=counts.total(),
        labels={label: counts[label] for label in task.labels},
        lengths={column: _lengths(found) for column, found in words.items() if found},
        examples=examples,
    )


def _lengths(counts: Counter[int]) -> Lengths:
    """From how often each length comes; a million texts have some hundred lengths."""
    lengths, total = sorted(counts), counts.total()
    below = list(accumulate(counts[length] for length in lengths))
    low, high = (lengths[bisect_right(below, position)] for position in ((total - 1) // 2, total // 2))
    return Lengths(
        least=lengths[0],
        median=low if total % 2 else (low + high) / 2,
        mean=sum(length * count for length, count in counts.items()) / total,
        most=lengths[-1],
    )
