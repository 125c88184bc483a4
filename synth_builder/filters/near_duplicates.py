import re
from array import array
from typing import Any
from zlib import crc32

PERMUTATIONS = 128

_WORD = re.compile(r"\w+", re.UNICODE)


class NearDuplicateIndex:
    """
    Finds texts that share most of their words among those added so far: MinHash with locality-sensitive hashing
    proposes (datasketch; Broder 1997), the exact Jaccard similarity of the word sets decides, so nothing is found by
    mistake.

    Args:
        threshold (`float`):
            Least Jaccard similarity of two word sets, in (0, 1].
    """

    def __init__(self, threshold: float) -> None:
        from datasketch import MinHashLSH

        self.threshold = threshold
        self._lsh = MinHashLSH(num_perm=PERMUTATIONS, params=_bands(threshold))
        self._words: list[array[int]] = []
        self._last: tuple[str, Any] | None = None

    def find(self, text: str) -> tuple[int, float] | None:
        """
        The most similar text added so far.

        Returns:
            `tuple[int, float]`: Its number (in the order of adding) and its similarity, or `None` below the threshold.
        """
        words = _words(text)
        if not words:
            return None
        best: tuple[int, float] | None = None
        for number in sorted(self._lsh.query(self._signature(text, words))):
            similarity = _jaccard(words, self._words[number])
            if similarity >= self.threshold and (best is None or similarity > best[1]):
                best = (number, similarity)
        return best

    def add(self, text: str) -> None:
        """Remember a text."""
        words = _words(text)
        if words:
            self._lsh.insert(len(self._words), self._signature(text, words), check_duplication=False)
        self._words.append(words)

    def _signature(self, text: str, words: "array[int]") -> Any:
        # A text is looked up and, when it is kept, added right after: its signature is made once.
        if self._last is None or self._last[0] != text:
            from datasketch import MinHash

            signature = MinHash(num_perm=PERMUTATIONS, hashfunc=_unchanged)
            signature.update_batch(words)
            self._last = (text, signature)
        return self._last[1]


def _bands(threshold: float) -> tuple[int, int]:
    """
    Bands and rows of a band: the longest bands with which a pair that just reaches the threshold is proposed 99 times
    of 100. The library's own choice weighs both errors alike and misses every second such pair; a false proposal costs
    one comparison here.
    """
    for rows in range(PERMUTATIONS // 2, 1, -1):
        bands = PERMUTATIONS // rows
        if 1 - (1 - threshold**rows) ** bands >= 0.99:
            return bands, rows
    return PERMUTATIONS, 1


def word_similarity(first: str, second: str) -> float:
    """Jaccard similarity of two texts' word sets, in [0, 1]; 0 when one has no words."""
    return _jaccard(_words(first), _words(second))


def _words(text: str) -> "array[int]":
    """Distinct words of a text as sorted 32-bit hashes: small enough to keep for each row."""
    return array("L", sorted({crc32(word.encode()) for word in _WORD.findall(text.casefold())}))


def _jaccard(first: "array[int]", second: "array[int]") -> float:
    shared = len(set(first).intersection(second))
    union = len(first) + len(second) - shared
    return shared / union if union else 0.0


def _unchanged(word: int) -> int:
    return word
