from collections.abc import Iterable, Sequence

from synth_builder.recipes.text_identity import normalised
from synth_builder.scoring.diversity.words import Gram, grams_of, words_of

COPIED_WORDS = 8


def copy_rate(synthetic: Sequence[tuple[str, ...]], real: Iterable[tuple[str, ...]]) -> float | None:
    """
    Copy rate: share of synthetic rows whose texts stand in a real row, case and white space aside.

    `|{s : s is in real}| / |synthetic|`, all text columns together, as the filter `contamination` compares. Lower is
    better: a copy teaches a classifier nothing new, and may be somebody's text. The same rule finds leaks before a
    score is computed.

    Cost: one pass over both.

    Args:
        synthetic (`Sequence[tuple[str, ...]]`):
            The text columns of each row.
        real (`Iterable[tuple[str, ...]]`):
            The same of the real rows.

    Returns:
        `float`: From 0 to 1; `None` when there is no synthetic row.
    """
    if not synthetic:
        return None
    known = {normalised(texts) for texts in real}
    return sum(normalised(texts) in known for texts in synthetic) / len(synthetic)


def copied_run_rate(
    synthetic: Sequence[tuple[str, ...]], real: Iterable[tuple[str, ...]], n: int = COPIED_WORDS
) -> float | None:
    """
    Copied-run rate: share of synthetic rows with at least n neighbouring words that stand so in a real row.

    `|{s : a run of n words of s is in real}| / |synthetic|`, by words in lower case, within a text column; the test
    for training texts in test sets in the manner of arXiv 2005.14165; n is ours. Lower is better. A row
    with fewer than n words in each column can't be caught this way, only as a whole copy.

    Cost: one pass over both; memory for the synthetic rows only.

    Args:
        synthetic (`Sequence[tuple[str, ...]]`):
            The text columns of each row.
        real (`Iterable[tuple[str, ...]]`):
            The same of the real rows.
        n (`int`, defaults to 8):
            Words of a run.

    Returns:
        `float`: From 0 to 1; `None` when there is no synthetic row.
    """
    if not synthetic:
        return None
    holders: dict[Gram, list[int]] = {}
    for number, texts in enumerate(synthetic):
        for gram in _runs(texts, n):
            holders.setdefault(gram, []).append(number)
    caught: set[int] = set()
    for texts in real:
        for gram in _runs(texts, n):
            caught.update(holders.pop(gram, ()))
    return len(caught) / len(synthetic)


def _runs(texts: tuple[str, ...], n: int) -> set[Gram]:
    return {gram for text in texts for gram in grams_of(words_of(text), n)}
