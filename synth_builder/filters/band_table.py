from array import array
from collections.abc import Iterator, Sequence

EMPTY = 0
FULL = 0.5
SMALLEST = 1 << 10


class BandTable:
    """
    Finds rows that share at least one band of their MinHash signatures: the index of locality-sensitive hashing
    (Broder 1997), in two flat arrays. A dictionary for each band, as libraries have it, takes several times as much;
    this takes 250 to 420 bytes a row at 21 bands, so that 200,000 rows fit beside everything else.

    Args:
        bands (`int`):
            Bands of a signature.
    """

    def __init__(self, bands: int) -> None:
        self._bands = bands
        # Key of each band of each row, row after row.
        self._keys = array("I")
        # Open addressing: place of a key -> 1 + its position in `_keys`; equal keys stand in several places.
        self._places = array("I", [EMPTY]) * SMALLEST

    def __len__(self) -> int:
        """Rows that were added."""
        return len(self._keys) // self._bands

    def add(self, keys: Sequence[int]) -> None:
        """
        Add a row.

        Args:
            keys (`Sequence[int]`):
                A 32-bit number for each band, equal for equal bands at the same place alone.
        """
        first = len(self._keys)
        self._keys.extend(keys)
        if len(self._keys) > FULL * len(self._places):
            self._grow()
        else:
            self._enter(range(first, len(self._keys)))

    def rows(self, keys: Sequence[int]) -> set[int]:
        """Numbers of the rows that have one of these keys, in the order of adding from 0."""
        return {position // self._bands for key in keys for position in self._positions(key)}

    def _positions(self, key: int) -> Iterator[int]:
        places, mask = self._places, len(self._places) - 1
        place = key & mask
        while entry := places[place]:
            if self._keys[entry - 1] == key:
                yield entry - 1
            place = (place + 1) & mask

    def _enter(self, positions: range) -> None:
        places, keys, mask = self._places, self._keys, len(self._places) - 1
        for position in positions:
            place = keys[position] & mask
            while places[place]:
                place = (place + 1) & mask
            places[place] = position + 1

    def _grow(self) -> None:
        self._places = array("I", [EMPTY]) * (2 * len(self._places))
        self._enter(range(len(self._keys)))
