import statistics
from collections.abc import Sequence
from typing import Self

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.record import Record


class Spread(Record):
    """
    A measure over the seeds.

    Args:
        mean (`float`):
            Mean over the seeds.
        std (`float`, *optional*):
            Sample standard deviation (divided by seeds - 1); `None` for a single seed.
    """

    mean: float
    std: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Mean and deviation of one value per seed; at least one."""
        return cls(mean=statistics.fmean(values), std=statistics.stdev(values) if len(values) > 1 else None)


class Run(Record):
    """
    One training and its test.

    Args:
        seed (`int`):
            Fixes the real rows drawn, the new layer, the order of the rows and the dropout.
        accuracy (`float`):
            Share of test rows with the right label.
        macro_f1 (`float`):
            Mean F1 of the labels that the test rows have.
        per_label_f1 (`dict[str, float | None]`):
            Label -> F1; `None` for a label that no test row has.
        train_fingerprint (`str`):
            SHA-256 over texts and labels of the training rows.
        steps (`int`):
            Optimizer steps; 1 for a logistic regression.
        seconds (`float`):
            Time of training and test.
        predictions (`tuple[int, ...]`, *optional*):
            Predicted label of each test row, in order, for paired tests; left out for very large test sets.
        weighted_f1 (`float`, *optional*):
            Mean F1 of the labels that the test rows have, each counted by its rows.
        mcc (`float`, *optional*):
            Matthews correlation coefficient, from -1 to 1; 0 for a constant answer.
        confusion (`tuple[tuple[int, ...], ...]`, *optional*):
            Test rows by right label, in each of them by predicted label.
        calibration_error (`float`, *optional*):
            Expected calibration error; see `scoring/metrics.py`. Files of earlier versions lack these four.
    """

    seed: int
    accuracy: float
    macro_f1: float
    per_label_f1: dict[str, float | None]
    train_fingerprint: str
    steps: int
    seconds: float
    predictions: tuple[int, ...] | None
    weighted_f1: float | None = None
    mcc: float | None = None
    confusion: tuple[tuple[int, ...], ...] | None = None
    calibration_error: float | None = None


class RegimeScores(Record):
    """
    What classifiers reach that were trained in one way, over the seeds.

    Args:
        regime (`"synthetic"`, `"real"` or `"augmented"`):
            The variant's rows, real rows, or both.
        real_rows (`int`, *optional*):
            Real rows among the training rows; `None` in the regime `synthetic`.
        train_rows (`int`):
            Training rows in all.
        train_label_counts (`dict[str, int]`):
            Label -> training rows; the same for every seed.
        accuracy, macro_f1 (`Spread`):
            Mean and deviation over the runs.
        runs (`tuple[Run, ...]`):
            One per seed.
        weighted_f1, mcc, calibration_error (`Spread`, *optional*):
            The same for these; files of earlier versions lack them.
    """

    regime: Regime
    real_rows: int | None
    train_rows: int
    train_label_counts: dict[str, int]
    accuracy: Spread
    macro_f1: Spread
    runs: tuple[Run, ...]
    weighted_f1: Spread | None = None
    mcc: Spread | None = None
    calibration_error: Spread | None = None

    @property
    def confusion(self) -> tuple[tuple[int, ...], ...] | None:
        """Confusion matrix, summed over the runs; `None` where a run lacks it."""
        kept = [run.confusion for run in self.runs if run.confusion is not None]
        if not kept or len(kept) < len(self.runs):
            return None
        return tuple(tuple(map(sum, zip(*rows, strict=True))) for rows in zip(*kept, strict=True))

    @property
    def title(self) -> str:
        """The regime in words, for tables."""
        if self.regime == "synthetic":
            return "synthetic"
        return f"real {self.real_rows}" if self.regime == "real" else f"real {self.real_rows} + synthetic"
