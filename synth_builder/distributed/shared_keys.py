from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from synth_builder.errors import JournalError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_AT_ONCE = 4_000_000
"""Keys that are sorted in memory at once: 16 bytes each, and as much again while they are sorted."""


def rows_with_shared_keys(
    chunks: "Callable[[], Iterable[NDArray[np.uint64]]]", count: int, width: int, work: Path
) -> "NDArray[np.uint8]":
    """
    Find which keys of each row another row has, too. Most texts share none with any other, so what has to be
    remembered of the rows that were kept is little, however many there are.

    The keys go into files, equal ones into the same, and each file is sorted by itself. So the memory is bounded: a
    bit for each key, and `MOST_AT_ONCE` keys.

    Args:
        chunks (`Callable`):
            Gives the keys of all rows, some rows at a time: shape `(rows, width)`.
        count (`int`):
            Rows.
        width (`int`):
            Keys of a row, at most 256.
        work (`Path`):
            Folder for the files; they are gone afterwards.

    Returns:
        `NDArray[np.uint8]`: Shape `(count, ceil(width / 8))`; bit `k % 8` of byte `k // 8` tells whether another row
        has the same key as a row's `k`-th one, at the same place or another.

    Raises:
        JournalError: The files can't be written.
    """
    import numpy as np

    parts = max(1, -(-count * width // MOST_AT_ONCE))
    shared = np.zeros((count, -(-width // 8)), dtype=np.uint8)
    work.mkdir(parents=True, exist_ok=True)
    paths = [work / f"keys-{part:05d}.bin" for part in range(parts)]
    try:
        files: list[BinaryIO] = [path.open("wb") for path in paths]
        try:
            first = 0
            for keys in chunks():
                flat = keys.reshape(-1)
                # Where a key stands: its row, and the place among the row's keys in the lowest eight bits.
                places = np.arange(first, first + len(keys), dtype=np.uint64)[:, None] << np.uint64(8)
                entries = np.stack([flat, (places | np.arange(width, dtype=np.uint64)).reshape(-1)], axis=1)
                _to_parts(entries, files)
                first += len(keys)
        finally:
            for file in files:
                file.close()
        for path in paths:
            _mark(np.fromfile(path, dtype=np.uint64).reshape(-1, 2), shared)
    except OSError as error:
        raise JournalError(
            f"Keys of rows can't be sorted in {str(work)!r}: {error}. What was answered is kept; free some disk space "
            "and run again."
        ) from error
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
    return shared


def _to_parts(entries: "NDArray[np.uint64]", files: list[BinaryIO]) -> None:
    import numpy as np

    if len(files) == 1:
        entries.tofile(files[0])
        return
    # Neighbouring keys mean neighbouring bands and labels, so they are scattered first (Fibonacci hashing).
    scattered = (entries[:, 0] * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
    belongs = (scattered % np.uint64(len(files))).astype(np.int64)
    order = np.argsort(belongs, kind="stable")
    ends = np.cumsum(np.bincount(belongs, minlength=len(files)))
    sorted_entries = entries[order]
    begin = 0
    for file, end in zip(files, ends.tolist(), strict=True):
        sorted_entries[begin:end].tofile(file)
        begin = end


def _mark(entries: "NDArray[np.uint64]", shared: "NDArray[np.uint8]") -> None:
    """Set the bits of those entries whose key stands more than once."""
    import numpy as np

    order = np.argsort(entries[:, 0], kind="stable")
    keys = entries[order, 0]
    same = keys[1:] == keys[:-1]
    more = np.zeros(len(keys), dtype=bool)
    more[1:] |= same
    more[:-1] |= same
    places = entries[order[more], 1]
    rows, key = (places >> np.uint64(8)).astype(np.int64), (places & np.uint64(255)).astype(np.int64)
    np.bitwise_or.at(shared, (rows, key // 8), np.left_shift(1, key % 8).astype(np.uint8))
