import re
import statistics
from collections.abc import Iterable, Sequence
from itertools import combinations, pairwise


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return re.findall(r"\w+", text.casefold())


def distinct_2(texts: Iterable[str]) -> float | None:
    """
    Distinct-2 (arXiv 1510.03055): different pairs of neighbouring words, divided by all such pairs, over all texts. 1
    when no two words stand beside each other twice; long and many texts have lower values than short and few, so only
    samples of one size can be compared.

    Returns:
        `float`: From 0 to 1, or `None` when no text has two words.
    """
    pairs = [pair for text in texts for pair in pairwise(words_of(text))]
    return len(set(pairs)) / len(pairs) if pairs else None


def mean_overlap(texts: Sequence[str]) -> float | None:
    """
    Mean Jaccard index of the words over all pairs of texts: the words that both have, divided by those that either
    has. 0 when no two texts share a word, 1 when all have the same words.

    Returns:
        `float`: From 0 to 1, or `None` when there are no two texts.
    """
    sets = [frozenset(words_of(text)) for text in texts]
    shares = [len(one & other) / len(one | other) if one | other else 0.0 for one, other in combinations(sets, 2)]
    return statistics.fmean(shares) if shares else None


def mean_words(texts: Iterable[str]) -> float | None:
    """
    Mean number of words of a text.

    Returns:
        `float`: Or `None` when there is no text.
    """
    lengths = [len(words_of(text)) for text in texts]
    return statistics.fmean(lengths) if lengths else None
