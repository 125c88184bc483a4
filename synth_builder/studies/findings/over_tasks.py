import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from synth_builder.extras import require
from synth_builder.scoring.statistics.resamples import interval, seed_weights

Answer = Literal["yes", "no", "not decided"]

RESAMPLES = 10_000
FEWEST_FOR_BOOTSTRAP = 6
"""With fewer tasks the resamples are so few that the interval is hardly more than the range of the tasks."""


@dataclass(frozen=True)
class OverTasks:
    """
    A number of each task, and their mean.

    Args:
        by_task (`dict[str, float]`):
            Task -> its number.
        mean (`float`):
            Over the tasks, each counted once.
        low, high (`float`, *optional*):
            Ends of its 95 % interval; `None` for a single task, which tells nothing of others.
    """

    by_task: dict[str, float]
    mean: float
    low: float | None
    high: float | None

    def answer(self, wanted: Literal["above", "below"] = "above") -> Answer:
        """
        `yes` if the interval lies on the wanted side of 0, `no` if it lies on the other side, else `not decided`.

        Args:
            wanted (`"above"` or `"below"`, defaults to `"above"`):
                The side that the question asks about.
        """
        if self.low is None or self.high is None:
            return "not decided"
        if self.low > 0:
            return "yes" if wanted == "above" else "no"
        if self.high < 0:
            return "yes" if wanted == "below" else "no"
        return "not decided"


def over_tasks(values: Mapping[str, Sequence[float]], confidence: float = 0.95, seed: int = 0) -> OverTasks:
    """
    The mean over tasks with its interval. Tasks are the units: what a task has of several variants is averaged first,
    so that ten variants of one task count as one observation and not as ten.

    - From 6 tasks on: a percentile interval by a bootstrap over the tasks (10,000 resamples). Of `n` tasks, `n - 1`
      are drawn with replacement, as drawing `n` shows only `(n - 1) / n` of the variance (Rao and Wu 1988, JASA 83).
    - With 2 to 5 tasks: Student's t interval, `mean -+ t * s / sqrt(n)` with `n - 1` degrees of freedom. A bootstrap
      of so few would hardly be more than their range, and call all that agree in sign a difference.
    - With one task: no interval.

    Args:
        values (`Mapping[str, Sequence[float]]`):
            Task -> its numbers, at least one each; at least one task.
        confidence (`float`, defaults to 0.95):
            Of the interval.
        seed (`int`, defaults to 0):
            Of the draws.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    by_task = {task: statistics.fmean(found) for task, found in values.items()}
    numbers = [*by_task.values()]
    mean, count = statistics.fmean(numbers), len(numbers)
    if count == 1:
        return OverTasks(by_task, mean, None, None)
    if count < FEWEST_FOR_BOOTSTRAP:
        stats = require("scipy.stats", extra="score")
        reach = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * statistics.stdev(numbers) / math.sqrt(count)
        return OverTasks(by_task, mean, mean - reach, mean + reach)
    import numpy as np

    drawn = seed_weights(RESAMPLES, count, np.random.default_rng(seed)) @ np.array(numbers)
    low, high = interval(drawn, confidence)
    return OverTasks(by_task, mean, low, high)
