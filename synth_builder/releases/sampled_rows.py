import random
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from synth_builder.recipes.task import Task
from synth_builder.releases.row_batches import row_batches

Item = TypeVar("Item")

SEED = 0


@dataclass(frozen=True, slots=True)
class SampledRow:
    """
    A row that is looked at.

    Args:
        split (`str`):
            Where it stands.
        texts (`tuple[str, ...]`):
            Its text columns, in the task's order.
        label (`str`):
            Its label.
        agreement (`float`, *optional*):
            What the check of its label found, where that was asked for and done.
    """

    split: str
    texts: tuple[str, ...]
    label: str
    agreement: float | None = None

    @property
    def text(self) -> str:
        """All its texts."""
        return "\n".join(self.texts)


def sampled_rows(
    files: Mapping[str, Sequence[Path]], task: Task, most: int, *, checks: bool = False
) -> tuple[int, list[SampledRow]]:
    """
    Rows of a variant, drawn at random with a fixed seed where there are more than are wanted.

    Args:
        files (`Mapping[str, Sequence[Path]]`):
            Split -> its parquet files.
        task (`Task`):
            Says which columns are texts.
        most (`int`):
            Rows that are wanted.
        checks (`bool`, defaults to `False`):
            Whether the agreement with the label is read, too.

    Returns:
        `tuple[int, list[SampledRow]]`: How many rows there are, and the sample in their order.
    """
    import pyarrow.parquet

    total = sum(pyarrow.parquet.read_metadata(path).num_rows for paths in files.values() for path in paths)
    chosen = range(total) if total <= most else sorted(random.Random(SEED).sample(range(total), most))
    columns = [*task.columns, task.label_column, *(["provenance.checks"] if checks else [])]
    found: list[SampledRow] = []
    before = 0
    for split, paths in files.items():
        for batch in row_batches(paths, columns):
            wanted = chosen[len(found) : bisect_left(chosen, before + batch.num_rows)]
            rows = batch.take(pyarrow.array([number - before for number in wanted], pyarrow.int64())).to_pylist()
            for row in rows:
                texts = tuple(row[column] for column in task.columns)
                agreement = _agreement(row["provenance"]) if checks else None
                found.append(SampledRow(split, texts, task.label_names[row[task.label_column]], agreement))
            before += batch.num_rows
    return total, found


def _agreement(provenance: Mapping[str, Any]) -> float | None:
    return next((check["value"] for check in provenance["checks"] or () if check["name"] == "agreement"), None)


def some(items: Sequence[Item], most: int) -> list[Item]:
    """At most so many of the items, drawn at random with a fixed seed, in their order."""
    if len(items) <= most:
        return [*items]
    return [items[at] for at in sorted(random.Random(SEED).sample(range(len(items)), most))]
