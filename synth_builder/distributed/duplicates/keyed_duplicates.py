from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.distributed.duplicates.row_keys import TEXT_KEYS, keys_in, width
from synth_builder.distributed.duplicates.shared_keys import SharedKeys
from synth_builder.distributed.duplicates.words_of_shards import WordsOfShards
from synth_builder.distributed.records import RecordedCandidate
from synth_builder.filters.base import Candidate, Filter, Objection
from synth_builder.filters.duplicates import Duplicates, DuplicatesOptions, shares
from synth_builder.recipes.task import Task
from synth_builder.recipes.text_identity import jaccard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class KeyedDuplicates(Filter[DuplicatesOptions]):
    """
    `Duplicates` for rows whose keys were written by shards: it decides the same, row for row. Of the rows that were
    kept it remembers those alone that share a key with another row, kept or not.

    Args:
        options (`DuplicatesOptions`):
            What the recipe says.
        task (`Task`):
            What is to be classified.
        work (`Path`):
            Folder for what is sorted.
    """

    name = Duplicates.name
    Options = DuplicatesOptions
    remembers = True

    def __init__(self, options: DuplicatesOptions, task: Task, work: Path) -> None:
        super().__init__(options, task)
        self._width = width(options.threshold)
        self._found = SharedKeys(self._width, work)
        self._shards = WordsOfShards(options.threshold)
        self._kept_of_label: Counter[str] = Counter()
        # Entries of the kept rows, and which kept row of its label each is.
        self._kept, self._numbers = array("Q"), array("Q")
        self._texts: set[tuple[int, ...]] = set()
        self._sharing: dict[int, list[tuple[int, int]]] = {}

    def compare(self, folders: Sequence[Path]) -> list[int]:
        """
        Take note of further rows, after those of earlier calls.

        Args:
            folders (`Sequence[Path]`):
                Where the shards wrote their keys.

        Returns:
            `list[int]`: Number of the first row of each folder, counted over all calls.
        """
        import numpy as np

        begins = [self._shards.add(folder) for folder in folders]

        def chunks() -> "Iterator[NDArray[np.uint64]]":
            for folder in folders:
                yield from keys_in(folder, self.options.threshold)

        newly = self._found.add(chunks(), self._shards.rows - len(self._found.bits))
        kept = np.array(self._kept, dtype=np.uint64)
        order = np.argsort(kept)
        rows, places = newly >> np.uint64(8), (newly & np.uint64(255)).tolist()
        at = np.searchsorted(kept, rows, sorter=order)
        for entry, place, position in zip(rows.tolist(), places, at.tolist(), strict=True):
            if position < len(order) and kept[order[position]] == entry:
                self._remember(entry, self._numbers[order[position]], [place])
        return begins

    def close(self) -> None:
        """Close the shards' files, and remove what was sorted."""
        self._shards.close()
        self._found.close()

    def check(self, candidate: Candidate) -> Objection | None:
        """Reasons: `duplicate`, `near_duplicate`."""
        entry = _entry(candidate)
        shared = self._shared_keys(entry)
        if not shared:
            return None
        keys = self._shards.keys(entry)
        if tuple(keys[:TEXT_KEYS]) in self._texts:
            return Objection("duplicate", "a kept row has the same text")
        best: tuple[int, float] | None = None
        proposed = {kept for place in shared if place >= TEXT_KEYS for kept in self._sharing.get(keys[place], ())}
        words = self._shards.words(entry) if proposed else None
        for number, other in sorted(proposed):
            assert words is not None  # something is proposed
            similarity = jaccard(words, self._shards.words(other))
            if similarity >= self.options.threshold and (best is None or similarity > best[1]):
                best = (number, similarity)
        if best:
            number, similarity = best
            return Objection("near_duplicate", shares(number, similarity))
        return None

    def keep(self, candidate: Candidate) -> None:
        """Remember the row."""
        entry, number = _entry(candidate), self._kept_of_label[candidate.label]
        self._kept_of_label[candidate.label] += 1
        self._kept.append(entry)
        self._numbers.append(number)
        self._remember(entry, number, self._shared_keys(entry))

    def _remember(self, entry: int, number: int, shared: Sequence[int]) -> None:
        if not shared:
            return
        keys = self._shards.keys(entry)
        if shared[0] < TEXT_KEYS:
            self._texts.add(tuple(keys[:TEXT_KEYS]))
        for place in shared:
            if place >= TEXT_KEYS:
                self._sharing.setdefault(keys[place], []).append((number, entry))

    def _shared_keys(self, entry: int) -> list[int]:
        """Places of those keys of a row that another row has, too."""
        bits = self._found.bits[entry].tobytes()
        if not any(bits):
            return []
        return [place for place in range(self._width) if bits[place // 8] >> place % 8 & 1]


def _entry(candidate: Candidate) -> int:
    assert isinstance(candidate, RecordedCandidate)  # read from a shard's records
    return candidate.entry
