import random
from collections import Counter
from pathlib import Path

import pytest

from synth_builder.distributed.duplicates import words_of_shards
from synth_builder.distributed.duplicates.keyed_duplicates import KeyedDuplicates
from synth_builder.distributed.duplicates.row_keys import RowKeys
from synth_builder.distributed.records import RecordedCandidate
from synth_builder.filters.base import Candidate, Objection
from synth_builder.filters.duplicates import Duplicates, DuplicatesOptions
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.task import Task

SHARDS = 3


def made_up(task: Task, count: int, vocabulary: int) -> list[Candidate]:
    """Texts of which many are equal or nearly so, of all labels, a few without any word."""
    rng = random.Random(0)
    base = [" ".join(f"w{rng.randrange(vocabulary)}" for _ in range(rng.randint(4, 14))) for _ in range(count // 3)]
    found = []
    for _ in range(count):
        words = rng.choice(base).split()
        for _ in range(rng.choice([0, 1, 1, 2])):
            words[rng.randrange(len(words))] = f"w{rng.randrange(vocabulary)}"
        text = "..." if rng.random() < 0.02 else " ".join(words)
        if rng.random() < 0.1:
            text = text.upper()
        found.append(Candidate({next(iter(task.columns)): text}, rng.choice(task.label_names)))
    return found


def stays(number: int) -> bool:
    """Whether other filters let a row pass."""
    return number % 7 != 0


def one_process(rows: list[Candidate], task: Task, options: DuplicatesOptions) -> list[Objection | None]:
    filter_ = Duplicates(options, task)
    found = []
    for number, row in enumerate(rows):
        found.append(filter_.check(row))
        if found[-1] is None and stays(number):
            filter_.keep(row)
    return found


def by_keys(
    rows: list[Candidate], task: Task, options: DuplicatesOptions, folder: Path, waves: int
) -> list[Objection | None]:
    filter_ = KeyedDuplicates(options, task, folder / "work")
    found: list[Objection | None] = []
    size = -(-len(rows) // waves)
    for wave in range(waves):
        part = rows[wave * size : (wave + 1) * size]
        folders = [folder / f"{wave}-{shard}" for shard in range(SHARDS)]
        for shard in range(SHARDS):
            folders[shard].mkdir()
            keys = RowKeys(folders[shard], options.threshold, task.label_names)
            for row in part[shard::SHARDS]:
                keys.add(row)
            keys.close()
        first = filter_.compare(folders)
        for number, row in enumerate(part):
            entry = first[number % SHARDS] + number // SHARDS
            told = RecordedCandidate(row.columns, row.label, entry=entry)
            objection = filter_.check(told)
            if objection is None and stays(len(found)):
                filter_.keep(told)
            found.append(objection)
    filter_.close()
    return found


@pytest.mark.parametrize("threshold, vocabulary", [(0.78, 5000), (0.4, 300), (0.95, 300), (1.0, 50)])
@pytest.mark.parametrize("waves", [1, 3, 7])
def test_it_decides_as_one_process_does_row_for_row(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: float, vocabulary: int, waves: int
) -> None:
    monkeypatch.setattr(words_of_shards, "MOST_OPEN", 2)
    rows, options = made_up(recipe.task, 600, vocabulary), DuplicatesOptions(threshold=threshold)
    expected = one_process(rows, recipe.task, options)
    assert by_keys(rows, recipe.task, options, tmp_path, waves) == expected
    reasons = Counter(found.reason for found in expected if found)
    assert reasons["duplicate"] > 10
    assert (reasons["near_duplicate"] > 10) == (threshold < 1 and threshold < 0.9)


def test_rows_that_share_nothing_are_not_remembered(recipe: Recipe, tmp_path: Path) -> None:
    task, column = recipe.task, next(iter(recipe.task.columns))
    filter_ = KeyedDuplicates(DuplicatesOptions(), task, tmp_path / "work")
    rows = [
        Candidate({column: f"text{number} of{number} its{number} own{number}"}, "positive") for number in range(50)
    ]
    keys = RowKeys(tmp_path, 0.78, task.label_names)
    for row in rows:
        keys.add(row)
    keys.close()
    filter_.compare([tmp_path])
    for entry, row in enumerate(rows):
        told = RecordedCandidate(row.columns, row.label, entry=entry)
        assert filter_.check(told) is None
        filter_.keep(told)
    assert not filter_._texts
    assert not filter_._sharing
    filter_.close()
