from collections.abc import Iterable

from synth_builder.scoring.diversity.words import grams_of, words_of


def distinct_n(texts: Iterable[str], n: int) -> float | None:
    """
    Distinct-n (arXiv 1510.03055): different runs of n neighbouring words, divided by all such runs, over all texts.

    `|set(G)| / |G|`, where G holds each run of n words of each text. Higher is more diverse: 1 when no run stands
    twice. Long and many texts have lower values than short and few, so only samples of one size can be compared.

    Cost: one pass over the words.

    Args:
        texts (`Iterable[str]`):
            The texts. The end of one and the beginning of the next are no run.
        n (`int`):
            Words of a run; 1 or more.

    Returns:
        `float`: Above 0, at most 1; `None` when no text has n words.
    """
    grams = [gram for text in texts for gram in grams_of(words_of(text), n)]
    return len(set(grams)) / len(grams) if grams else None
