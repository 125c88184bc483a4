import importlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from synth_builder.scoring.choices import MethodName, Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.hyperparameters import MethodHyperparameters
from synth_builder.scoring.results.early_stopping import EarlyStop
from synth_builder.scoring.results.scores import ClassifierUsed, Machine
from synth_builder.scoring.rows.text_rows import TextRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Method -> where its trainer stands. Nothing is imported before it is asked for: `tfidf` needs no torch.
TRAINERS: dict[MethodName, str] = {
    "fine_tuning": "synth_builder.scoring.fine_tuning.fine_tuning:FineTuning",
    "probe": "synth_builder.scoring.methods.probe:Probe",
    "setfit": "synth_builder.scoring.methods.setfit:SetFit",
    "tfidf": "synth_builder.scoring.methods.tfidf:Tfidf",
}


@dataclass(frozen=True)
class Trial:
    """
    What one training gave.

    Args:
        probabilities (`numpy.ndarray` of shape `(test rows, labels)`):
            Probability of each label for each test row; a row sums up to 1.
        checked (`numpy.ndarray` of shape `(training rows, 1 or 2)`, *optional*):
            What the checkers of `imp` and `dimp` gave for the label of each training row.
        notes (`tuple[str, ...]`, defaults to `()`):
            What was not as planned, in sentences: less memory than needed, too few rows for a validation part.
        steps (`int`, *optional*):
            Optimizer steps that were done. As planned when not given.
        repeatable (`bool`, defaults to `True`):
            Whether the same seed and rows give the same again; not where the memory that was free had a say.
        early_stopping (`EarlyStop`, *optional*):
            What early stopping made of it, where rows were held out.
    """

    probabilities: "NDArray[np.float64]"
    checked: "NDArray[np.floating] | None" = None
    notes: tuple[str, ...] = ()
    steps: int | None = None
    repeatable: bool = True
    early_stopping: EarlyStop | None = None


class Trainer(Protocol):
    """
    Trains a classifier on any rows and tests it on the same rows each time. It is made of a `Comparison` and of the
    real rows of the checkers, by seed; what the test rows need is prepared once.

    `classifier`, `hyperparameters`, `machine` and `libraries` (packages whose versions matter) go into the scores.
    """

    classifier: ClassifierUsed
    hyperparameters: MethodHyperparameters
    machine: Machine
    libraries: tuple[str, ...]

    def steps(self, labels: Sequence[int]) -> int:
        """
        Steps of a training on rows with these labels, as planned. A training calls `on_step` as often, at its end at
        the latest, also where it does fewer steps or starts again.
        """
        ...

    def checker_steps(self, checked: Iterable[Sequence[int]]) -> int:
        """Steps of the checkers of one seed, for trainings on rows with these labels; none without checkers."""
        return 0

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """
        Train on these rows, and look at the test rows.

        Args:
            regime (`"synthetic"`, `"real"` or `"augmented"`):
                What the rows are.
            rows (`TextRows`):
                Training rows; at least one. Not every label needs to be among them.
            seed (`int`):
                Same seed, same rows, same machine: same probabilities.
            on_step (`Callable[[], None]`):
                Called after each step, and for each planned step that was not needed.
        """
        ...


def open_trainer(comparison: Comparison, checker_rows: dict[int, TextRows]) -> Trainer:
    """
    The trainer of the comparison's method.

    Args:
        comparison (`Comparison`):
            Test rows, method and settings.
        checker_rows (`dict[int, TextRows]`):
            Seed -> real rows of the quality checker; empty where the loss needs none.
    """
    module, _, name = TRAINERS[comparison.method].partition(":")
    trainer: Trainer = getattr(importlib.import_module(module), name)(comparison, checker_rows)
    return trainer
