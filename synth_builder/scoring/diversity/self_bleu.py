import math
import statistics
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from synth_builder.scoring.diversity.words import Gram, grams_of, words_of

ORDERS = (2, 3, 4, 5)
EPSILON = 0.1
"""Takes the place of no match at all, as `method1` of NLTK does (Chen and Cherry 2014), which is what Texygen uses."""


def self_bleu(texts: Sequence[str], orders: Sequence[int] = ORDERS) -> dict[int, float | None]:
    """
    Self-BLEU (Texygen, arXiv 1802.01886): how much each text is made of runs of words that other texts have.

    `mean over texts of BLEU-N(text, all other texts)`, `BLEU-N = b * (p1 * ... * pN) ** (1 / N)`. `pn` is the share of
    the text's runs of n words that stand in another text, each counted at most as often as in the one that has it most
    often; 0 matches count as 0.1. `b = exp(1 - r / c)` where the text has fewer words, c, than the text nearest in
    length, r; else 1. Lower is more diverse. More texts give higher values, so only samples of one size can be
    compared. A text without a word is left out.

    NLTK and sacrebleu compare each text with each other one; here the largest and the second largest count of each run
    are found once, which gives the same numbers in one pass.

    Cost: one pass over the words for each order.

    Args:
        texts (`Sequence[str]`):
            The texts.
        orders (`Sequence[int]`, defaults to `(2, 3, 4, 5)`):
            Which N.

    Returns:
        `dict[int, float | None]`: N -> from 0 to 1; `None` when there are no two texts with words.
    """
    rows = [words for text in texts if (words := words_of(text))]
    if len(rows) < 2:
        return dict.fromkeys(orders)
    lengths = sorted(map(len, rows))
    penalties = [_brevity(len(words), lengths) for words in rows]
    # Logarithms of p1 to pN of each row, added up as N grows; minus infinity where not even a word matches.
    sums = [0.0] * len(rows)
    found: dict[int, float | None] = {}
    for n in range(1, max(orders) + 1):
        counted = [Counter(grams_of(words, n)) for words in rows]
        most = _largest_two(counted)
        for number, counts in enumerate(counted):
            matches = 0
            for gram, count in counts.items():
                best, second, holder = most[gram]
                matches += min(count, second if holder == number else best)
            total = max(1, counts.total())
            if matches:
                sums[number] += math.log(matches / total)
            else:
                sums[number] += math.log(EPSILON / total) if n > 1 else -math.inf
        if n in orders:
            found[n] = statistics.fmean(
                penalty * math.exp(logs / n) for penalty, logs in zip(penalties, sums, strict=True)
            )
    return {n: found[n] for n in orders}


def _largest_two(counted: Sequence[Counter[Gram]]) -> dict[Gram, tuple[int, int, int]]:
    """Run -> the largest count of any row, the largest of the other rows, and the row that has the first."""
    most: dict[Gram, tuple[int, int, int]] = {}
    for number, counts in enumerate(counted):
        for gram, count in counts.items():
            best, second, holder = most.get(gram, (0, 0, -1))
            if count > best:
                most[gram] = (count, best, number)
            elif count > second:
                most[gram] = (best, count, holder)
    return most


def _brevity(length: int, lengths: Sequence[int]) -> float:
    """The penalty of a row among sorted lengths, its own once among them; of two as near, the shorter one counts."""
    first = bisect_left(lengths, length)
    others = [lengths[first - 1]] if first else []
    others += lengths[first + 1 : first + 2]
    nearest = min(others, key=lambda other: (abs(other - length), other))
    return 1.0 if length > nearest else math.exp(1 - nearest / length)
