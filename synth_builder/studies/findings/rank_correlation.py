from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import TYPE_CHECKING

from synth_builder.extras import require
from synth_builder.scoring.statistics.significance import LEVEL
from synth_builder.studies.findings.over_tasks import Answer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHUFFLES = 9_999
FEWEST = 4
_SAME = 1e-12


@dataclass(frozen=True)
class RankCorrelation:
    """
    Spearman's rank correlation over tasks.

    Args:
        rho (`float`, *optional*):
            From -1 to 1; `None` where all values of one side are the same.
        p_value (`float`, *optional*):
            Two-sided, by a permutation test.
        tasks (`int`):
            How many.
    """

    rho: float | None
    p_value: float | None
    tasks: int

    @property
    def answer(self) -> Answer:
        """
        Whether the one rises with the other: `yes` or `no` by the sign of rho where p < 0.05, `not decided` otherwise
        and with fewer than 4 tasks. Four tasks can't reach p < 0.05 either: of 24 orders, one and its reverse are the
        most extreme (p = 0.083); five can.
        """
        if self.tasks < FEWEST or self.rho is None or self.p_value is None or self.p_value >= LEVEL:
            return "not decided"
        return "yes" if self.rho > 0 else "no"

    def __str__(self) -> str:
        if self.rho is None or self.p_value is None:
            return f"no rank correlation can be told over {self.tasks} task{'s' if self.tasks != 1 else ''}"
        return f"Spearman's rho {self.rho:+.2f} over {self.tasks} tasks, p = {self.p_value:.3f} by permutation"

    @property
    def numbers(self) -> dict[str, float | None]:
        """By name, for a finding."""
        return {"rho": self.rho, "p": self.p_value, "tasks": float(self.tasks)}


def rank_correlation(one: Sequence[float], other: Sequence[float], seed: int = 0) -> RankCorrelation:
    """
    Spearman's rank correlation (American Journal of Psychology 15, 1904): Pearson's correlation of the ranks, equal
    values sharing their mean rank. The p-value is the share of orders of the one side whose correlation is as far from
    0 or farther: all orders up to 7 tasks, else 9,999 random ones and the one that was found.

    Args:
        one (`Sequence[float]`):
            A value of each task.
        other (`Sequence[float]`):
            Another value of each, in the same order.
        seed (`int`, defaults to 0):
            Of the random orders.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    import numpy as np

    count = len(one)
    if count < 2 or len(set(one)) == 1 or len(set(other)) == 1:
        return RankCorrelation(None, None, count)
    stats = require("scipy.stats", extra="score")
    left, right = (np.asarray(stats.rankdata(values), dtype=float) for values in (one, other))
    left, right = ((ranks - ranks.mean()) / np.sqrt(((ranks - ranks.mean()) ** 2).sum()) for ranks in (left, right))
    rho = float(left @ right)
    found = _shuffled(left, seed) @ right
    as_far = int((np.abs(found) >= abs(rho) - _SAME).sum())
    exact = factorial(count) <= SHUFFLES
    return RankCorrelation(rho, as_far / len(found) if exact else (as_far + 1) / (len(found) + 1), count)


def _shuffled(ranks: "NDArray[np.float64]", seed: int) -> "NDArray[np.float64]":
    import numpy as np

    if factorial(len(ranks)) <= SHUFFLES:
        return np.array(list(permutations(ranks.tolist())))
    generator = np.random.default_rng(seed)
    return generator.permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
