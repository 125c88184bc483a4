import math
from collections.abc import Callable, Sequence

from synth_builder.scoring.fine_tuning.validation_part import validation_rows
from synth_builder.scoring.hyperparameters import Hyperparameters


def steps_of(rows: int, hyperparameters: Hyperparameters) -> int:
    """
    Optimizer steps of a training on that many rows.

    Args:
        rows (`int`):
            Rows that are trained on.
        hyperparameters (`Hyperparameters`):
            Its `epochs`, `min_steps` and `batch_size` count.

    Returns:
        `int`: The steps of the asked epochs, or `min_steps` when that is more.
    """
    return max(hyperparameters.epochs * math.ceil(rows / hyperparameters.batch_size), hyperparameters.min_steps)


def planned_steps(labels: Sequence[int], hyperparameters: Hyperparameters) -> int:
    """
    Optimizer steps of a training as planned, on the rows that no validation part holds.

    Args:
        labels (`Sequence[int]`):
            Label of each training row.
        hyperparameters (`Hyperparameters`):
            Its `validation_share` counts, and what `steps_of` takes.
    """
    return steps_of(len(labels) - validation_rows(labels, hyperparameters.validation_share), hyperparameters)


class PlannedSteps:
    """
    Tells each planned step of a training once, whatever becomes of the plan: a training that starts again after it ran
    out of memory tells no step twice, and one that ends early tells the steps that it saved at its end. So a bar that
    adds up plans is full when all is done.

    Args:
        planned (`int`):
            Steps of the plan.
        on_step (`Callable[[], None]`):
            Called as often, in all.
    """

    def __init__(self, planned: int, on_step: Callable[[], None]) -> None:
        self._planned = planned
        self._on_step = on_step
        self._told = 0

    def reached(self, step: int) -> None:
        """Say that this many steps are done since the training last started."""
        while self._told < min(step, self._planned):
            self._told += 1
            self._on_step()

    def finish(self) -> None:
        """Say that the training is over."""
        self.reached(self._planned)
