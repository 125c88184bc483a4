import math
from statistics import NormalDist

from synth_builder.scoring.statistics.significance import LEVEL


def wilson_interval(hits: int, rows: int) -> tuple[float, float]:
    """
    95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927).

    `(p + z^2 / 2n -+ z * sqrt(p * (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)` with `p = hits / n`, `n = rows` and
    z = 1.96. Unlike `p -+ z * sqrt(p * (1 - p) / n)` it never leaves 0 to 1, and it has a width where all rows agree.

    Args:
        hits (`int`):
            Rows that count.
        rows (`int`):
            All rows; at least one.

    Returns:
        `tuple[float, float]`: Its ends, from 0 to 1.
    """
    z = NormalDist().inv_cdf(1 - LEVEL / 2)
    share = hits / rows
    centre = share + z * z / (2 * rows)
    reach = z * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    scale = 1 + z * z / rows
    # With no hits, or with all, one end is 0 or 1; rounding would leave it a hair beside.
    low = (centre - reach) / scale if hits else 0.0
    high = (centre + reach) / scale if hits < rows else 1.0
    return low, high
