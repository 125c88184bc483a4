import math
import statistics
from collections import Counter
from collections.abc import Sequence

from synth_builder.scoring.diversity.words import grams_of, words_of


def self_repetition(texts: Sequence[str], n: int = 4) -> float | None:
    """
    Self-repetition (arXiv 2210.08145, in the form of 2403.00553): how often other texts have a text's runs of words.

    `mean over texts of log(1 + sum over the text's different runs g of n words of N(g))`, where N(g) is the number of
    other texts that hold g; natural logarithm. Lower is more diverse: 0 when no two texts share a run. More and longer
    texts give higher values, so only samples of one size can be compared.

    Cost: one pass over the words.

    Args:
        texts (`Sequence[str]`):
            The texts.
        n (`int`, defaults to 4):
            Words of a run.

    Returns:
        `float`: 0 or more; `None` when there are no two texts.
    """
    if len(texts) < 2:
        return None
    rows = [frozenset(grams_of(words_of(text), n)) for text in texts]
    holders = Counter(gram for grams in rows for gram in grams)
    return statistics.fmean(math.log1p(sum(holders[gram] for gram in grams) - len(grams)) for grams in rows)
