from collections.abc import Sequence

from synth_builder.extras import require


def holm(p_values: Sequence[float]) -> list[float]:
    """
    Correct p-values for having asked many questions (Holm 1979, Scandinavian Journal of Statistics 6).

    The smallest of `m` p-values is multiplied by `m`, the next by `m - 1`, and so on; none gets below one before it,
    nor above 1. Whoever calls what stays below 0.05 a difference is wrong about any of them in at most 5 % of such
    families, however the questions depend on each other.

    Args:
        p_values (`Sequence[float]`):
            In any order.

    Returns:
        `list[float]`: The corrected ones, in the same order.
    """
    if not p_values:
        return []
    multitest = require("statsmodels.stats.multitest", extra="score")
    corrected: list[float] = multitest.multipletests(p_values, method="holm")[1].tolist()
    return corrected
