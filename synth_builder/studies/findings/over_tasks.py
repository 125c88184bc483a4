import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from synth_builder.extras import require

Answer = Literal["yes", "no", "not decided"]

_ROUNDING = 1e-12


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

    @property
    def same(self) -> bool:
        """Whether all tasks have the same number, but for rounding. Then the interval is a point."""
        values = self.by_task.values()
        return math.isclose(min(values), max(values), rel_tol=1e-9, abs_tol=_ROUNDING)

    def answer(self, wanted: Literal["above", "below"] = "above") -> Answer:
        """
        `yes` if the interval lies on the wanted side of 0, `no` if it lies on the other side, else `not decided`. It
        is never decided with one task, nor where all tasks have the same number: without any spread nothing tells how
        far other tasks may lie.

        Args:
            wanted (`"above"` or `"below"`, defaults to `"above"`):
                The side that the question asks about.
        """
        if self.low is None or self.high is None or self.same:
            return "not decided"
        if self.low > 0:
            return "yes" if wanted == "above" else "no"
        if self.high < 0:
            return "yes" if wanted == "below" else "no"
        return "not decided"


def over_tasks(
    values: Mapping[str, Sequence[float]], confidence: float = 0.95, *, most: float | None = None
) -> OverTasks:
    """
    The mean over tasks with its interval. Tasks are the units: what a task has of several variants is averaged first,
    so that ten variants of one task count as one observation and not as ten.

    The interval is Student's (Biometrika 6, 1908): `mean -+ t * s / sqrt(n)` with `n - 1` degrees of freedom, for any
    number of tasks from 2 on. It takes the tasks' numbers to be about normally distributed, which matters less the
    more tasks there are. A percentile bootstrap takes nothing to be so, but of ten tasks and fewer its interval is too
    narrow.

    Args:
        values (`Mapping[str, Sequence[float]]`):
            Task -> its numbers, at least one each; at least one task.
        confidence (`float`, defaults to 0.95):
            Of the interval.
        most (`float`, *optional*):
            How far from 0 the numbers can lie, as 1 for differences of accuracies. Student's interval of few tasks may
            reach beyond; it ends there then. No answer depends on it.

    Raises:
        MissingExtraError: scipy is not installed.
    """
    by_task = {task: statistics.fmean(found) for task, found in values.items()}
    numbers = [*by_task.values()]
    mean, count = statistics.fmean(numbers), len(numbers)
    if count == 1:
        return OverTasks(by_task, mean, None, None)
    stats = require("scipy.stats", extra="score")
    reach = float(stats.t.ppf((1 + confidence) / 2, count - 1)) * statistics.stdev(numbers) / math.sqrt(count)
    low, high = mean - reach, mean + reach
    return (
        OverTasks(by_task, mean, low, high)
        if most is None
        else OverTasks(by_task, mean, max(-most, low), min(most, high))
    )
