from array import array
from functools import cache, lru_cache

from synth_builder.filters.band_table import BandTable
from synth_builder.recipes.text_identity import WORD, jaccard, word_hashes

PERMUTATIONS = 128
SEED = 1


class NearDuplicateIndex:
    """
    Finds texts that share most of their words among those added so far: MinHash signatures (rensa) with
    locality-sensitive hashing propose (Broder 1997), the exact Jaccard similarity of the word sets decides, so nothing
    is found by mistake.

    Args:
        threshold (`float`):
            Least Jaccard similarity of two word sets, in (0, 1].
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._bands, self._rows = _bands(threshold)
        self._table = BandTable(self._bands)
        # Words of all texts, one after the other, and where those of each text end.
        self._words = array("I")
        self._ends = array("Q")
        self._numbers = array("Q")
        self._added = 0

    def find(self, text: str) -> tuple[int, float] | None:
        """
        The most similar text added so far.

        Returns:
            `tuple[int, float]`: Its number (in the order of adding) and its similarity, or `None` below the threshold.
        """
        words = word_hashes(text)
        if not words or not self._numbers:
            return None
        best: tuple[int, float] | None = None
        for place in sorted(self._table.rows(self._keys(text))):
            similarity = jaccard(words, self._words_at(place))
            if similarity >= self.threshold and (best is None or similarity > best[1]):
                best = (self._numbers[place], similarity)
        return best

    def add(self, text: str) -> None:
        """Remember a text."""
        words = word_hashes(text)
        if words:
            self._table.add(self._keys(text))
            self._words.extend(words)
            self._ends.append(len(self._words))
            self._numbers.append(self._added)
        self._added += 1

    def _words_at(self, place: int) -> "array[int]":
        return self._words[self._ends[place - 1] if place else 0 : self._ends[place]]

    def _keys(self, text: str) -> tuple[int, ...]:
        return _band_keys(text, self._bands, self._rows)


# A text is looked up by several filters and, when it is kept, added right after: it is hashed once.
@lru_cache(maxsize=4)
def _signature(text: str) -> list[int]:
    from rensa import RMinHash

    signature = RMinHash(num_perm=PERMUTATIONS, seed=SEED)
    signature.update(WORD.findall(text.casefold()))
    digest: list[int] = signature.digest()
    return digest


def keys_of(text: str, threshold: float) -> tuple[int, ...]:
    """A 32-bit number for each band of a text's signature; texts that share one are proposed as near duplicates."""
    return _band_keys(text, *_bands(threshold))


def bands_of(threshold: float) -> int:
    """How many numbers `keys_of` gives."""
    return _bands(threshold)[0]


@lru_cache(maxsize=8)
def _band_keys(text: str, bands: int, rows: int) -> tuple[int, ...]:
    signature = _signature(text)
    return tuple(hash((band, *signature[band * rows : (band + 1) * rows])) & 0xFFFFFFFF for band in range(bands))


@cache
def _bands(threshold: float) -> tuple[int, int]:
    """
    Bands and rows of a band: the longest bands with which a pair that just reaches the threshold is proposed 99 times
    of 100. Libraries weigh both errors alike and miss every second such pair; a false proposal costs one comparison
    here.
    """
    for rows in range(PERMUTATIONS // 2, 1, -1):
        bands = PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= 0.99:
            return bands, rows
    return PERMUTATIONS, 1
