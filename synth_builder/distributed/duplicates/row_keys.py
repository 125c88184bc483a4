"""By what rows are found that equal each other or share most of their words: keys in files, a record for each row."""

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.errors import JournalError
from synth_builder.filters.base import Candidate
from synth_builder.filters.duplicates import compared_text
from synth_builder.filters.near_duplicates import bands_of, keys_of
from synth_builder.recipes.text_identity import normalised, word_hashes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

KEYS, WORDS, ENDS = "keys.bin", "words.bin", "ends.bin"
TEXT_KEYS = 2
"""Keys of the whole text, before those of the bands."""

BUFFERED = 10_000
ROWS_AT_ONCE = 1 << 16


class RowKeys:
    """
    Writes the keys of a shard's rows: 64-bit numbers, the first two together of the whole text whatever the label, the
    others of the bands of its MinHash signature and its label. Rows that share both of the first are equal; those that
    share another may be near duplicates, and the hashes of their words, which stand beside, decide; those that share
    none are neither.

    Args:
        folder (`Path`):
            Where; what is there is written anew.
        threshold (`float`):
            Jaccard similarity of near duplicates; 1.0 leaves the bands out.
        labels (`Sequence[str]`):
            All labels, in the same order for all shards.
    """

    def __init__(self, folder: Path, threshold: float, labels: Sequence[str]) -> None:
        self._threshold = threshold
        self._files = {name: (folder / name).open("wb") for name in (KEYS, WORDS, ENDS)}
        self._keys, self._words, self._ends = array("Q"), array("I"), array("Q")
        self._all_words = 0
        # Band and label stand above the 32 bits of a band's own number.
        bands = range(bands_of(threshold) if threshold < 1 else 0)
        self._above = {label: [band << 32 | number << 40 for band in bands] for number, label in enumerate(labels)}

    def add(self, candidate: Candidate) -> None:
        """Write the keys of one row."""
        self._keys.frombytes(_text_digest(candidate))
        if self._above[candidate.label]:
            text = compared_text(candidate)
            words = word_hashes(text)
            for above, key in zip(self._above[candidate.label], keys_of(text, self._threshold), strict=True):
                self._keys.append(above | key)
            self._words.extend(words)
            self._all_words += len(words)
        self._ends.append(self._all_words)
        if len(self._ends) >= BUFFERED:
            self._write()

    def close(self) -> None:
        """Write what is left."""
        self._write()
        for file in self._files.values():
            file.close()

    def _write(self) -> None:
        try:
            for name, values in ((KEYS, self._keys), (WORDS, self._words), (ENDS, self._ends)):
                values.tofile(self._files[name])
                del values[:]
        except OSError as error:
            raise JournalError(
                f"Keys of rows can't be written: {error}. What was answered is kept; free some disk space and run "
                "again."
            ) from error


def _text_digest(candidate: Candidate) -> bytes:
    """128 bits that are equal for equal texts alone, in the sense of `normalised`."""
    return blake2b(normalised(candidate.columns.values()).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def width(threshold: float) -> int:
    """Keys of one row."""
    return TEXT_KEYS + (bands_of(threshold) if threshold < 1 else 0)


def keys_in(folder: Path, threshold: float) -> "Iterator[NDArray[np.uint64]]":
    """The keys of a shard's rows, some thousand rows at a time: shape `(rows, width)`."""
    import numpy as np

    size = 8 * width(threshold)
    with (folder / KEYS).open("rb") as file:
        while block := file.read(size * ROWS_AT_ONCE):
            yield np.frombuffer(block, dtype=np.uint64).reshape(-1, width(threshold))
