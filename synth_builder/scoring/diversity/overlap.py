import statistics
from collections.abc import Sequence
from itertools import combinations

from synth_builder.scoring.diversity.words import words_of


def mean_overlap(texts: Sequence[str]) -> float | None:
    """
    Mean Jaccard index of the words over all pairs of texts: `mean over i < j of |Wi & Wj| / |Wi | Wj|`, where Wi are
    the words of text i. Lower is more diverse: 0 when no two texts share a word, 1 when all have the same words.

    Cost: every pair is compared; for a few hundred texts.

    Returns:
        `float`: From 0 to 1, or `None` when there are no two texts.
    """
    sets = [frozenset(words_of(text)) for text in texts]
    shares = [len(one & other) / len(one | other) if one | other else 0.0 for one, other in combinations(sets, 2)]
    return statistics.fmean(shares) if shares else None
