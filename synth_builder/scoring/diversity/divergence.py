import math
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping

from synth_builder.scoring.diversity.words import words_of

BINS_PER_DOUBLING = 4


def jensen_shannon(counts: Mapping[Hashable, int], others: Mapping[Hashable, int]) -> float | None:
    """
    Jensen-Shannon divergence of two distributions (Lin 1991, not on arXiv), in bits.

    `(KL(P || M) + KL(Q || M)) / 2` with `M = (P + Q) / 2` and `KL(P || M) = sum of P * log2(P / M)`. Lower is closer.

    Args:
        counts (`Mapping[Hashable, int]`):
            Value -> how often it comes.
        others (`Mapping[Hashable, int]`):
            The same of the other distribution.

    Returns:
        `float`: From 0, the same, to 1, nothing in common; `None` when one is empty.
    """
    total, total_others = sum(counts.values()), sum(others.values())
    if not total or not total_others:
        return None
    terms = []
    for value in {**counts, **others}:
        p, q = counts.get(value, 0) / total, others.get(value, 0) / total_others
        terms += [share / 2 * math.log2(2 * share / (p + q)) for share in (p, q) if share]
    return min(1.0, max(0.0, math.fsum(terms)))


def length_divergence(texts: Iterable[str], others: Iterable[str]) -> float | None:
    """
    Length divergence: Jensen-Shannon divergence of the numbers of words of the texts.

    A text of w words counts in bin `floor(4 * log2(1 + w))`: four bins for each doubling, so 100 and 110 words are
    as near as 10 and 11. Lower is closer. Few texts give higher values; a few hundred of each are needed.

    Cost: one pass over the words.

    Returns:
        `float`: From 0 to 1, in bits; `None` when one side has no text.
    """
    return jensen_shannon(_lengths(texts), _lengths(others))


def vocabulary_divergence(texts: Iterable[str], others: Iterable[str]) -> float | None:
    """
    Vocabulary divergence: Jensen-Shannon divergence of how often each word comes, in lower case.

    Lower is closer. Rare words come by chance, so two halves of one data set are not at 0 either, and small samples
    give higher values; only samples of one size can be compared.

    Cost: one pass over the words.

    Returns:
        `float`: From 0 to 1, in bits; `None` when one side has no word.
    """
    return jensen_shannon(_vocabulary(texts), _vocabulary(others))


def _lengths(texts: Iterable[str]) -> Counter[Hashable]:
    return Counter(math.floor(BINS_PER_DOUBLING * math.log2(1 + len(words_of(text)))) for text in texts)


def _vocabulary(texts: Iterable[str]) -> Counter[Hashable]:
    return Counter(word for text in texts for word in words_of(text))
