from array import array
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path
from typing import BinaryIO

from synth_builder.distributed.duplicates.row_keys import ENDS, KEYS, WORDS, width

MOST_OPEN = 64
"""Shards whose files are open at once, three each: a process may have about a thousand open files."""


class WordsOfShards:
    """
    Words and keys of single rows, read where they are asked for from the files that the shards wrote.

    Args:
        threshold (`float`):
            As they were written with.
    """

    def __init__(self, threshold: float) -> None:
        self._width = width(threshold)
        self._folders: list[Path] = []
        self._begins: list[int] = []
        self._open: OrderedDict[int, dict[str, BinaryIO]] = OrderedDict()
        self.rows = 0
        """Rows of all shards."""

    def add(self, folder: Path) -> int:
        """Take note of one more shard; the number of its first row."""
        self._folders.append(folder)
        self._begins.append(self.rows)
        self.rows += (folder / ENDS).stat().st_size // 8
        return self._begins[-1]

    def keys(self, entry: int) -> "array[int]":
        """Keys of one row."""
        shard, row = self._place(entry)
        return _part(self._file(shard, KEYS), "Q", row * self._width, self._width)

    def words(self, entry: int) -> "array[int]":
        """Hashes of one row's words."""
        shard, row = self._place(entry)
        ends = self._file(shard, ENDS)
        begin, end = _part(ends, "Q", row - 1, 2) if row else (0, _part(ends, "Q", 0, 1)[0])
        return _part(self._file(shard, WORDS), "I", begin, end - begin)

    def close(self) -> None:
        """Close the files."""
        for files in self._open.values():
            _close(files)
        self._open.clear()

    def _place(self, entry: int) -> tuple[int, int]:
        shard = bisect_right(self._begins, entry) - 1
        return shard, entry - self._begins[shard]

    def _file(self, shard: int, name: str) -> BinaryIO:
        if shard not in self._open:
            if len(self._open) >= MOST_OPEN:
                _close(self._open.popitem(last=False)[1])
            self._open[shard] = {each: (self._folders[shard] / each).open("rb") for each in (KEYS, WORDS, ENDS)}
        self._open.move_to_end(shard)
        return self._open[shard][name]


def _close(files: dict[str, BinaryIO]) -> None:
    for file in files.values():
        file.close()


def _part(file: BinaryIO, kind: str, begin: int, count: int) -> "array[int]":
    found: array[int] = array(kind)
    file.seek(begin * found.itemsize)
    found.frombytes(file.read(count * found.itemsize))
    return found
