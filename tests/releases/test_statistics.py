from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from synth_builder.recipes.task import Task
from synth_builder.releases.statistics import Lengths, split_statistics

TASK = Task(description="d", columns={"text": "t"}, labels={"bad": "b", "good": "g", "mixed": "m"})


def row(text: str, label: int) -> dict[str, Any]:
    return {"text": text, "label": label, "provenance": {"topic": None}}


def test_figures_by_hand(tmp_path: Path) -> None:
    rows = [row("one two three", 1), row("one", 0), row("one two three four five six", 1), row("one two", 1)]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "train.parquet")
    found = split_statistics([tmp_path / "train.parquet"], TASK)
    assert found.rows == 4
    assert list(found.labels.items()) == [("bad", 1), ("good", 3), ("mixed", 0)]
    assert found.lengths == {"text": Lengths(least=1, median=2.5, mean=3.0, most=6)}
    assert [example["text"] for example in found.examples["good"]] == ["one two three", "one two three four five six"]
    assert [example["text"] for example in found.examples["bad"]] == ["one"]
    assert found.examples["mixed"] == []
