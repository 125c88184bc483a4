import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from synth_builder.publishing.labelled_rows import LabelledRow
from synth_builder.scoring.diversity.distinct import distinct_n
from synth_builder.scoring.diversity.overlap import mean_overlap
from synth_builder.scoring.diversity.words import mean_words

SAMPLE = 500
"""Rows of each side that diversity is measured on: the overlap is one of all pairs of them."""
_SEED = b"diversity sample 0"


@dataclass(frozen=True)
class Diversity:
    """
    How varied texts are; see `scoring/diversity/`.

    Args:
        rows (`int`):
            Rows of the sample that it was measured on.
        distinct_2, mean_overlap, mean_words (`float`, *optional*):
            Measures; `None` where the sample has too few words or rows.
    """

    rows: int
    distinct_2: float | None
    mean_overlap: float | None
    mean_words: float | None


@dataclass(frozen=True)
class RowComparison:
    """
    What became of rows; two rows are the same when their texts and their label are.

    Args:
        stayed, new, gone (`int`):
            Rows on both sides, on the later side only, on the earlier side only.
        before, after (`Diversity`):
            Of equally many rows of each side: all measures but the words depend on how many there are.
    """

    stayed: int
    new: int
    gone: int
    before: Diversity
    after: Diversity


def compare_rows(before: Iterable[LabelledRow], after: Iterable[LabelledRow]) -> RowComparison:
    """
    Compare the rows of two sides. Neither is held in memory, but for a hash of each row.

    The sample for diversity holds the rows with the smallest seeded hashes: it is random, the same on every machine,
    and a row that stands on both sides is as a rule in both samples, so that what differs is what changed.

    Args:
        before (`Iterable[LabelledRow]`):
            The earlier rows.
        after (`Iterable[LabelledRow]`):
            The later ones.
    """
    earlier, later = _Sketch(), _Sketch()
    for row in before:
        earlier.add(row)
    for row in after:
        later.add(row)
    size = min(len(earlier.smallest), len(later.smallest))
    return RowComparison(
        stayed=(earlier.counts & later.counts).total(),
        new=(later.counts - earlier.counts).total(),
        gone=(earlier.counts - later.counts).total(),
        before=earlier.diversity(size),
        after=later.diversity(size),
    )


def equal_rows(before: Iterable[LabelledRow], after: Iterable[LabelledRow]) -> int:
    """Rows that both sides have, by texts and label."""
    earlier, later = (Counter(_hash(row) for row in rows) for rows in (before, after))
    return (earlier & later).total()


def _hash(row: LabelledRow) -> bytes:
    return hashlib.blake2b(json.dumps(row).encode(), digest_size=16, key=_SEED).digest()


class _Sketch:
    """How often each row comes, by its hash, and the texts of those with the smallest hashes."""

    def __init__(self) -> None:
        self.counts: Counter[bytes] = Counter()
        self.smallest: list[tuple[int, str]] = []  # a heap with the largest hash, negated, on top

    def add(self, row: LabelledRow) -> None:
        hashed = _hash(row)
        self.counts[hashed] += 1
        entry = (-int.from_bytes(hashed), "\n".join(row[0]))
        if len(self.smallest) < SAMPLE:
            heapq.heappush(self.smallest, entry)
        else:
            heapq.heappushpop(self.smallest, entry)

    def diversity(self, size: int) -> Diversity:
        texts = [text for _, text in heapq.nlargest(size, self.smallest)]
        return Diversity(size, distinct_n(texts, 2), mean_overlap(texts), mean_words(texts))
