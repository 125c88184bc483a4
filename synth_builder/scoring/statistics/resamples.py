"""How far measures move when test rows and seeds are drawn anew."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RESAMPLES = 2_000
MOST_CELLS = 4_000_000
"""Of the largest table that is held at once: resamples times different rows."""


class Resamples:
    """
    Classifiers' answers to the same test rows, the rows drawn anew with replacement many times.

    Rows with equal right labels and equal answers of all classifiers are counted together, so a resample is one
    multinomial draw: the same distribution as drawing row by row, and quick for any number of rows.

    Args:
        labels (`Sequence[int]`):
            Right label of each test row; at least one.
        runs (`Sequence[Sequence[int]]`):
            Predictions of each classifier, row by row.
        resamples (`int`, defaults to 2,000):
            How many.
        seed (`int`, defaults to 0):
            Of the draws: with the same seed, rows and number of resamples, the same rows are drawn.
    """

    def __init__(
        self, labels: Sequence[int], runs: Sequence[Sequence[int]], resamples: int = RESAMPLES, seed: int = 0
    ) -> None:
        import numpy as np

        counts = Counter(zip(labels, *runs, strict=True))
        self._rows = len(labels)
        self._resamples = resamples
        self._seed = seed
        self._shares = np.array(list(counts.values()), dtype=float) / len(labels)
        patterns = np.array(list(counts), dtype=int)
        self._labels, self._answers = patterns[:, 0], patterns[:, 1:].T

    def accuracies(self) -> "NDArray[np.float64]":
        """Accuracy of each run on each resample; shape `(resamples, runs)`."""
        import numpy as np

        right = (self._answers == self._labels).astype(float).T
        return np.concatenate([drawn @ right for drawn in self._drawn()]) / self._rows

    def macro_f1s(self) -> "NDArray[np.float64]":
        """Macro-F1 of each run over the labels that the resample has; shape `(resamples, runs)`."""
        import numpy as np

        names = range(int(max(self._labels.max(), self._answers.max(initial=0))) + 1)
        of_label = np.stack([self._labels == name for name in names], axis=1).astype(float)
        of_answer = [np.stack([run == name for name in names], axis=1).astype(float) for run in self._answers]
        found = []
        for drawn in self._drawn():
            present = drawn @ of_label
            columns = []
            for answered in of_answer:
                right = drawn @ (of_label * answered)
                both = present + drawn @ answered
                f1 = np.divide(2 * right, both, out=np.zeros_like(right), where=both > 0)
                columns.append(np.where(present > 0, f1, 0).sum(axis=1) / (present > 0).sum(axis=1))
            found.append(np.stack(columns, axis=1))
        return np.concatenate(found)

    def _drawn(self) -> "Iterator[NDArray[np.float64]]":
        import numpy as np

        generator = np.random.default_rng(self._seed)
        at_once = max(1, MOST_CELLS // len(self._shares))
        for start in range(0, self._resamples, at_once):
            size = min(at_once, self._resamples - start)
            yield generator.multinomial(self._rows, self._shares, size=size).astype(float)


def seed_weights(resamples: int, seeds: int, generator: "np.random.Generator") -> "NDArray[np.float64]":
    """
    How much each seed counts when seeds are drawn anew for each resample.

    Of `n` seeds, `n - 1` are drawn with replacement: drawing `n` would show only `(n - 1) / n` of the variance of the
    mean, a third too little with three seeds (Rao and Wu 1988, JASA 83). A single seed is taken as it is, and what
    other seeds would do is not in the result.

    Args:
        resamples (`int`):
            How many.
        seeds (`int`):
            How many there are; at least one.
        generator (`numpy.random.Generator`):
            Draws.

    Returns:
        `numpy.ndarray` of shape `(resamples, seeds)`: Each row sums up to 1.
    """
    import numpy as np

    if seeds == 1:
        return np.ones((resamples, 1))
    weights: NDArray[np.float64] = generator.multinomial(seeds - 1, [1 / seeds] * seeds, size=resamples) / (seeds - 1)
    return weights


def interval(values: "NDArray[np.float64]", confidence: float = 0.95) -> tuple[float, float]:
    """Ends between which that share of the values lies, with as much beyond each (a percentile interval)."""
    import numpy as np

    tail = (1 - confidence) / 2
    # Of the values themselves: nothing is interpolated, so infinite ones do no harm.
    low, high = np.quantile(values, [tail, 1 - tail], method="inverted_cdf").tolist()
    return low, high
