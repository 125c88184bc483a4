"""How many real rows train a classifier as good as a variant does, read off the learning curve of real rows."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synth_builder.extras import require
from synth_builder.scoring.results.real_worth import RealWorth
from synth_builder.scoring.statistics.resamples import RESAMPLES, Resamples, interval, seed_weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


DIGITS = 9


def real_worth(
    labels: Sequence[int],
    variant: Sequence[Sequence[int]],
    real: Mapping[int, Sequence[Sequence[int]]],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> RealWorth:
    """
    Read off the learning curve how many real rows reach a variant's accuracy.

    The curve is the mean accuracy over the seeds at each size, made monotone by isotonic regression, and straight over
    the logarithm of the size in between; nothing is told beyond the sizes that were tried. The interval is that of a
    bootstrap: test rows are drawn anew for the variant and for the whole curve together, the seeds of either side by
    themselves (a seed's real rows are nested, so the whole curve of a seed is drawn at once).

    Args:
        labels (`Sequence[int]`):
            Right label of each test row; at least one.
        variant (`Sequence[Sequence[int]]`):
            Predictions of the classifiers that the variant trained, one per seed.
        real (`Mapping[int, Sequence[Sequence[int]]]`):
            Real rows -> predictions of the classifiers that so many trained, one per seed, in the order of the seeds;
            at least one size, each with as many seeds.
        resamples (`int`, defaults to 2,000):
            Of the bootstrap.
        seed (`int`, defaults to 0):
            Of the draws.
    """
    import numpy as np

    sizes = sorted(real)
    runs = [*variant, *(run for size in sizes for run in real[size])]
    own, of_real = len(variant), len(real[sizes[0]])

    def split(accuracies: "NDArray[np.float64]") -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
        curve = accuracies[:, own:].reshape(len(accuracies), len(sizes), of_real)
        return accuracies[:, :own], curve

    observed = np.array([[sum(map(int.__eq__, labels, run)) / len(labels) for run in runs]])
    reached, curve = split(observed)
    best = _read_off(sizes, curve[0].mean(axis=1), float(reached[0].mean()))

    reached, curve = split(Resamples(labels, runs, resamples, seed).accuracies())
    generator = np.random.default_rng([seed, 1])
    of_variant = (reached * seed_weights(resamples, own, generator)).sum(axis=1)
    of_sizes = (curve * seed_weights(resamples, of_real, generator)[:, None, :]).sum(axis=2)
    low, high = interval(
        np.array([_read_off(sizes, means, float(value)) for means, value in zip(of_sizes, of_variant, strict=True)])
    )
    smallest, largest = sizes[0], sizes[-1]
    return RealWorth(
        smallest=smallest,
        largest=largest,
        rows=round(best) if np.isfinite(best) else None,
        more_than_largest=best == np.inf,
        # An end beyond the other side is the edge of what was tried.
        low=None if low == -np.inf else largest if low == np.inf else round(low),
        high=None if high == np.inf else smallest if high == -np.inf else round(high),
    )


def _read_off(sizes: Sequence[int], accuracies: "NDArray[np.float64]", reached: float) -> float:
    """The smallest size at which the monotone curve reaches a value; infinite beyond the curve."""
    import numpy as np

    isotonic = require("sklearn.isotonic", extra="score")
    # Equal accuracies that were averaged in different orders differ in their last digits; here they are equal again.
    curve = isotonic.isotonic_regression(accuracies).round(DIGITS).tolist()
    reached = round(reached, DIGITS)
    if reached < curve[0]:
        return -np.inf
    if reached > curve[-1]:
        return np.inf
    after = next(position for position, value in enumerate(curve) if value >= reached)
    if after == 0:
        return float(sizes[0])
    share = (reached - curve[after - 1]) / (curve[after] - curve[after - 1])
    low, high = np.log(sizes[after - 1]), np.log(sizes[after])
    return float(np.exp(low + share * (high - low)))
