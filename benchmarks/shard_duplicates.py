"""
Duplicates over shards, by sorted keys, beside the filter of one process, on the same rows.

    python benchmarks/shard_duplicates.py                 # 1,000,000 rows

Made-up texts, of which a good part are copies of others with up to three words changed. Both filters decide about all
of them in the same order, the keys in four waves of eight shards; what they say has to be equal, row for row. Each
runs in a process of its own. Writes decisions, processor time and peak memory to
benchmarks/results/shard_duplicates.json.
"""

import argparse
import hashlib
import json
import multiprocessing
import os
import platform
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from generation import RECIPE

from synth_builder.distributed.duplicates.keyed_duplicates import KeyedDuplicates
from synth_builder.distributed.duplicates.row_keys import RowKeys
from synth_builder.distributed.records import RecordedCandidate
from synth_builder.filters.base import Candidate, Filter
from synth_builder.filters.duplicates import Duplicates, DuplicatesOptions
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.task import Task

RESULTS = Path(__file__).resolve().parent / "results" / "shard_duplicates.json"
SHARDS, WAVES = 8, 4
VOCABULARY = 20_000


@dataclass(frozen=True)
class Decided:
    """
    What a filter said about all rows.

    Args:
        kept, duplicate, near_duplicate (`int`):
            Rows.
        decisions_sha256 (`str`):
            Hash of all decisions in their order, with the reasons and the similar rows that they name.
        cpu_us_a_row (`float`):
            Processor time in 10**-6 s; by keys with the writing of the keys.
        final_pass_us_a_row (`float`):
            The part of it that one process has to do for all shards.
        peak_mb (`float`):
            Most resident memory, in 10**6 bytes.
    """

    kept: int
    duplicate: int
    near_duplicate: int
    decisions_sha256: str
    cpu_us_a_row: float
    final_pass_us_a_row: float
    peak_mb: float


class Decisions:
    """Times, counts and hashes what a filter says."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._reasons: Counter[str] = Counter()
        self.preparing = self._deciding = 0.0

    def decide(self, filter_: Filter[Any], rows: Sequence[Candidate]) -> None:
        """Ask about rows."""
        began = time.process_time()
        said = []
        for row in rows:
            objection = filter_.check(row)
            if objection is None:
                filter_.keep(row)
            said.append(objection)
        self._deciding += time.process_time() - began
        for objection in said:
            self._reasons[objection.reason if objection else "kept"] += 1
            self._hash.update(f"{objection.reason}: {objection.detail}\n".encode() if objection else b"kept\n")

    def comparing(self, filter_: KeyedDuplicates, folders: Sequence[Path]) -> list[int]:
        """Let a filter take note of what the shards of a wave wrote."""
        began = time.process_time()
        first = filter_.compare(folders)
        self._deciding += time.process_time() - began
        return first

    def told(self, rows: int) -> Decided:
        """All of them."""
        return Decided(
            kept=self._reasons["kept"],
            duplicate=self._reasons["duplicate"],
            near_duplicate=self._reasons["near_duplicate"],
            decisions_sha256=self._hash.hexdigest(),
            cpu_us_a_row=round(1e6 * (self.preparing + self._deciding) / rows, 1),
            final_pass_us_a_row=round(1e6 * self._deciding / rows, 1),
            peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6, 1),
        )


def made_up(task: Task, rows: int) -> Iterator[Candidate]:
    """Texts of 8 to 30 words; every third one is an earlier one with none to three words changed."""
    rng = random.Random(0)
    column = next(iter(task.columns))
    earlier: list[list[str]] = []
    for number in range(rows):
        if number % 3 == 2:
            words = list(rng.choice(earlier))
            for _ in range(rng.randint(0, 3)):
                words[rng.randrange(len(words))] = f"w{rng.randrange(VOCABULARY)}"
        else:
            words = [f"w{rng.randrange(VOCABULARY)}" for _ in range(rng.randint(8, 30))]
            if len(earlier) < 20_000:
                earlier.append(words)
        yield Candidate({column: " ".join(words)}, rng.choice(task.label_names))


def by_one_process(rows: int) -> Decided:
    """The filter of a build without a cluster."""
    task = Recipe.load(RECIPE).task
    filter_, decisions = Duplicates(DuplicatesOptions(), task), Decisions()
    for part in batched(made_up(task, rows)):
        decisions.decide(filter_, part)
    return decisions.told(rows)


def by_keys(rows: int) -> Decided:
    """The filter of the final pass, and what the shards write for it."""
    task = Recipe.load(RECIPE).task
    size = -(-rows // WAVES)
    to_write, to_decide = made_up(task, rows), made_up(task, rows)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        filter_, decisions = KeyedDuplicates(DuplicatesOptions(), task, work / "sorting"), Decisions()
        for wave in range(WAVES):
            folders = [work / f"{wave}-{shard}" for shard in range(SHARDS)]
            for folder in folders:
                folder.mkdir()
            keys = [RowKeys(folder, filter_.options.threshold, task.label_names) for folder in folders]
            number = 0
            for part in batched(islice(to_write, size)):
                began = time.process_time()
                for at, row in enumerate(part, number):
                    keys[at % SHARDS].add(row)
                decisions.preparing += time.process_time() - began
                number += len(part)
            for each in keys:
                each.close()
            first, number = decisions.comparing(filter_, folders), 0
            for part in batched(islice(to_decide, size)):
                told = [
                    RecordedCandidate(row.columns, row.label, entry=first[at % SHARDS] + at // SHARDS)
                    for at, row in enumerate(part, number)
                ]
                decisions.decide(filter_, told)
                number += len(part)
        filter_.close()
        return decisions.told(rows)


def batched(rows: Iterator[Candidate]) -> Iterator[list[Candidate]]:
    """A thousand rows at a time."""
    while part := list(islice(rows, 1_000)):
        yield part


def main() -> None:
    """Measure, compare, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    measured = {}
    for name, filter_ in (("one_process", by_one_process), ("keys", by_keys)):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured[name] = asdict(pool.apply(filter_, (arguments.rows,)))
    equal = measured["one_process"]["decisions_sha256"] == measured["keys"]["decisions_sha256"]
    found = {
        "command": f"python benchmarks/shard_duplicates.py --rows {arguments.rows}",
        "machine": {"processor": platform.machine(), "cores": os.cpu_count(), "python": platform.python_version()},
        "rows": arguments.rows,
        "shards": SHARDS,
        "waves": WAVES,
        **measured,
        "equal_row_for_row": equal,
    }
    arguments.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
    if not equal:
        sys.exit("The two filters decide differently.")


if __name__ == "__main__":
    main()
