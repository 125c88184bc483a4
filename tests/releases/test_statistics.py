import random
import statistics
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


def test_rows_of_several_files_are_those_of_one(tmp_path: Path) -> None:
    rows = [row("one " * number, number % 2) for number in range(1, 8)]
    for name, part in (("all", rows), ("0", rows[:3]), ("1", rows[3:])):
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(part), tmp_path / f"{name}.parquet")
    found = split_statistics([tmp_path / "0.parquet", tmp_path / "1.parquet"], TASK)
    assert found == split_statistics([tmp_path / "all.parquet"], TASK)
    assert found.rows == 7
    assert found.lengths == {"text": Lengths(least=1, median=4, mean=4.0, most=7)}
    assert isinstance(found.lengths["text"].median, int)  # as `statistics.median` has it, and files that are there
    assert [example["text"] for example in found.examples["bad"]] == ["one " * 2, "one " * 4]


def test_the_middle_length_is_the_one_of_the_standard_library(tmp_path: Path) -> None:
    chance = random.Random(0)
    for count in (1, 2, 9, 10, 300):
        lengths = [chance.randint(1, 12) for _ in range(count)]
        table = pyarrow.Table.from_pylist([row("word " * length, 0) for length in lengths])
        pyarrow.parquet.write_table(table, tmp_path / "train.parquet")
        (found,) = split_statistics([tmp_path / "train.parquet"], TASK).lengths.values()
        expected = (min(lengths), statistics.median(lengths), statistics.fmean(lengths), max(lengths))
        assert (found.least, found.median, found.mean, found.most) == expected
