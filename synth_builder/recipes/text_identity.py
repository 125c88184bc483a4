import re
import unicodedata
from array import array
from collections.abc import Iterable
from functools import lru_cache
from zlib import crc32

WORD = re.compile(r"\w+", re.UNICODE)
"""What counts as a word where texts are compared by their words."""


def normalised(texts: Iterable[str]) -> str:
    """
    The form in which two rows count as the same text: Unicode NFKC, case folded, white space collapsed; the columns
    of a row are joined by a character that no text holds.
    """
    return _normalised(tuple(texts))


# Several filters want the same row's.
@lru_cache(maxsize=8)
def _normalised(texts: tuple[str, ...]) -> str:
    return "\x1f".join(" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in texts)


def word_similarity(first: str, second: str) -> float:
    """Jaccard similarity of two texts' word sets, in [0, 1]; 0 when one has no words."""
    return jaccard(word_hashes(first), word_hashes(second))


@lru_cache(maxsize=4)
def word_hashes(text: str) -> "array[int]":
    """Distinct words of a text as sorted 32-bit hashes: small enough to keep for each row."""
    return array("I", sorted({crc32(word.encode()) for word in WORD.findall(text.casefold())}))


def jaccard(first: "array[int]", second: "array[int]") -> float:
    """Share of common words among all words of two sets; 0 when there are none."""
    shared = len(set(first).intersection(second))
    union = len(first) + len(second) - shared
    return shared / union if union else 0.0
