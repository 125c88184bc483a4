from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from synth_builder.errors import JournalError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_AT_ONCE = 4_000_000
"""Keys that are sorted in memory at once: 16 bytes each, and twice as much again while they are sorted."""


class SharedKeys:
    """
    Finds which keys of each row another row has, too, some rows after others. Most texts share none with any other, so
    what has to be remembered of the rows that were kept is little, however many there are.

    The keys of each call are scattered over files by their size, each file is sorted by itself, and all together are
    kept as one sorted run. Keys of a later call are looked up in the runs of the earlier ones. So the memory is
    bounded, a bit for each key and `MOST_AT_ONCE` keys, and no key is sorted twice.

    Args:
        width (`int`):
            Keys of a row, at most 256.
        work (`Path`):
            Folder for the files.
    """

    def __init__(self, width: int, work: Path) -> None:
        import numpy as np

        self._width = width
        self._work = work
        self._runs: list[_Run] = []
        self.bits: NDArray[np.uint8] = np.zeros((0, -(-width // 8)), dtype=np.uint8)
        """
        Shape `(rows, ceil(width / 8))`; bit `k % 8` of byte `k // 8` tells whether another row has the same key as a
        row's `k`-th one, at the same place or another.
        """

    def add(self, chunks: "Iterable[NDArray[np.uint64]]", count: int) -> "NDArray[np.uint64]":
        """
        Take note of further rows.

        Args:
            chunks (`Iterable`):
                Their keys, some rows at a time: shape `(rows, width)`.
            count (`int`):
                How many rows these are.

        Returns:
            `NDArray[np.uint64]`: Keys of rows of earlier calls that were those rows' alone up to now: `row << 8 | k`,
            each once, ascending.

        Raises:
            JournalError: The files can't be written.
        """
        import numpy as np

        first = len(self.bits)
        self.bits = np.concatenate([self.bits, np.zeros((count, self.bits.shape[1]), dtype=np.uint8)])
        run = _Run(
            self._work / f"run-{len(self._runs):03d}-keys.bin", self._work / f"run-{len(self._runs):03d}-at.bin"
        )
        parts = max(1, -(-count * self._width // MOST_AT_ONCE))
        paths = [self._work / f"part-{part:05d}.bin" for part in range(parts)]
        newly = [np.zeros(0, dtype=np.uint64)]
        try:
            self._work.mkdir(parents=True, exist_ok=True)
            self._scatter(chunks, first, paths)
            with run.keys.open("wb") as keys_file, run.places.open("wb") as places_file:
                for path in paths:
                    entries = np.fromfile(path, dtype=np.uint64).reshape(-1, 2)
                    path.unlink()
                    entries = entries[np.argsort(entries[:, 0], kind="stable")]
                    keys, places = np.ascontiguousarray(entries[:, 0]), np.ascontiguousarray(entries[:, 1])
                    del entries
                    self._mark(places[_repeated(keys)])
                    for earlier in self._runs:
                        here, there = earlier.shared_with(keys)
                        self._mark(places[here])
                        newly.append(there[~self._marked(there)])
                        self._mark(there)
                    keys.tofile(keys_file)
                    places.tofile(places_file)
        except OSError as error:
            raise JournalError(
                f"Keys of rows can't be sorted in {str(self._work)!r}: {error}. What was answered is kept; free some "
                "disk space and run again."
            ) from error
        finally:
            for path in paths:
                path.unlink(missing_ok=True)
        if count:
            self._runs.append(run)
        return np.unique(np.concatenate(newly))

    def close(self) -> None:
        """Remove the files."""
        for run in self._runs:
            run.keys.unlink(missing_ok=True)
            run.places.unlink(missing_ok=True)
        self._runs = []

    def _scatter(self, chunks: "Iterable[NDArray[np.uint64]]", first: int, paths: list[Path]) -> None:
        """Write each key, with where it stands, to the part that it belongs to."""
        import numpy as np

        with ExitStack() as opened:
            files = [opened.enter_context(path.open("wb")) for path in paths]
            for keys in chunks:
                # Neighbouring keys mean neighbouring bands and labels, so they are scattered over all numbers first
                # (Fibonacci hashing, which gives different keys different numbers). Parts hold numbers by their size.
                scattered = keys.reshape(-1) * np.uint64(0x9E3779B97F4A7C15)
                # Where a key stands: its row, and the place among the row's keys in the lowest eight bits.
                rows = np.arange(first, first + len(keys), dtype=np.uint64)[:, None] << np.uint64(8)
                places = (rows | np.arange(self._width, dtype=np.uint64)).reshape(-1)
                _to_parts(np.stack([scattered, places], axis=1), files)
                first += len(keys)

    def _mark(self, places: "NDArray[np.uint64]") -> None:
        """Set the bits of keys."""
        import numpy as np

        rows, byte, bit = _where(places)
        np.bitwise_or.at(self.bits, (rows, byte), bit)

    def _marked(self, places: "NDArray[np.uint64]") -> "NDArray[np.bool_]":
        """Which of the bits are set."""
        rows, byte, bit = _where(places)
        set_: NDArray[np.bool_] = self.bits[rows, byte] & bit != 0
        return set_


@dataclass(frozen=True)
class _Run:
    """Sorted keys, and where each stands, in two files of 8 bytes a key."""

    keys: Path
    places: Path

    def shared_with(self, keys: "NDArray[np.uint64]") -> "tuple[NDArray[np.bool_], NDArray[np.uint64]]":
        """Which of sorted keys stand in this run, and the places here of those that do."""
        import numpy as np

        own = np.memmap(self.keys, dtype=np.uint64, mode="r")
        begins, ends = np.searchsorted(own, keys, "left"), np.searchsorted(own, keys, "right")
        found = ends > begins
        once = found & ~np.concatenate([[False], keys[1:] == keys[:-1]]) if len(keys) else found
        lengths = (ends - begins)[once]
        # begin, begin + 1, ... up to the end of each, one after the other
        within = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        places = np.memmap(self.places, dtype=np.uint64, mode="r")
        return found, np.asarray(places[np.repeat(begins[once], lengths) + within])


def _where(places: "NDArray[np.uint64]") -> "tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint8]]":
    """Row, byte and bit of keys."""
    import numpy as np

    key = (places & np.uint64(255)).astype(np.int64)
    return (places >> np.uint64(8)).astype(np.int64), key // 8, np.left_shift(1, key % 8).astype(np.uint8)


def _repeated(keys: "NDArray[np.uint64]") -> "NDArray[np.bool_]":
    """Which of sorted keys stand more than once."""
    import numpy as np

    same = keys[1:] == keys[:-1]
    more = np.zeros(len(keys), dtype=bool)
    more[1:] |= same
    more[:-1] |= same
    return more


def _to_parts(entries: "NDArray[np.uint64]", files: Sequence[BinaryIO]) -> None:
    import numpy as np

    if len(files) == 1:
        entries.tofile(files[0])
        return
    belongs = ((entries[:, 0] >> np.uint64(32)) * np.uint64(len(files)) >> np.uint64(32)).astype(np.int64)
    order = np.argsort(belongs, kind="stable")
    ends = np.cumsum(np.bincount(belongs, minlength=len(files)))
    sorted_entries = entries[order]
    begin = 0
    for file, end in zip(files, ends.tolist(), strict=True):
        sorted_entries[begin:end].tofile(file)
        begin = end
