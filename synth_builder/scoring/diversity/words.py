import statistics
from collections.abc import Iterable, Sequence

from synth_builder.recipes.text_identity import WORD

Gram = tuple[str, ...]


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case: what all measures of wording look at."""
    return WORD.findall(text.casefold())


def grams_of(words: Sequence[str], n: int) -> list[Gram]:
    """All runs of `n` neighbouring words, in order; none when there are fewer words."""
    return [tuple(words[start : start + n]) for start in range(len(words) - n + 1)]


def mean_words(texts: Iterable[str]) -> float | None:
    """
    Mean number of words of a text. It has no better direction; most other measures depend on it.

    Cost: one pass over the words.

    Returns:
        `float`: 0 or more, or `None` when there is no text.
    """
    lengths = [len(words_of(text)) for text in texts]
    return statistics.fmean(lengths) if lengths else None
