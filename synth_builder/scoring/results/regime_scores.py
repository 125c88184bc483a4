import statistics
from collections.abc import Sequence
from typing import Self

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.early_stopping import EarlyStop
from synth_builder.scoring.results.record import Record


class Spread(Record):
    """
    A measure over the seeds.

    Args:
        mean (`float`):
            Mean over the seeds.
        std (`float`, *optional*):
            Sample standard deviation (divided by seeds - 1); `None` for a single seed.
        low, high (`float`, *optional*):
            Ends of the 95 % interval of the mean, by a bootstrap over test rows and seeds; `None` for measures
            without one. Files of earlier versions lack them.
    """

    mean: float
    std: float | None
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, values: Sequence[float], interval: tuple[float, float] | None = None) -> Self:
        """Mean and deviation of one value per seed, at least one, and the mean's interval where it is known."""
        low, high = interval or (None, None)
        return cls(
            mean=statistics.fmean(values),
            std=statistics.stdev(values) if len(values) > 1 else None,
            low=low,
            high=high,
        )


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
        notes (`tuple[str, ...]`, defaults to `()`):
            What went otherwise than planned, as a batch that was halved for lack of memory.
        early_stopping (`EarlyStop`, *optional*):
            How long it was trained and on how many rows, where a part of them was held out to tell when to stop;
            files of earlier versions lack it.
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
    notes: tuple[str, ...] = ()
    early_stopping: EarlyStop | None = None


class RegimeScores(Record):
    """
    What classifiers reach that were trained in one way, over the seeds.

    Args:
        regime (`"synthetic"`, `"real"` or `"augmented"`):
            The variant's rows, real rows, or both.
        real_rows (`int`, *optional*):
            Real rows among the training rows; `None` in the regime `synthetic`.
        train_rows (`int`):
            Training rows in all; with those that early stopping held out, which each run tells.
        train_label_counts (`dict[str, int]`):
            Label -> training rows; the same for every seed.
        accuracy, macro_f1 (`Spread`):
            Mean and deviation over the runs.
        runs (`tuple[Run, ...]`):
            One per seed.
        weighted_f1, mcc, calibration_error (`Spread`, *optional*):
            The same for these; files of earlier versions lack them.
        synthetic_rows (`int`, *optional*):
            Synthetic rows among the training rows, where not all of the variant's were taken.
        tfidf_accuracy (`Spread`, *optional*):
            What a logistic regression on words and characters reaches on the same rows; `None` where that is the
            classifier itself.
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
    synthetic_rows: int | None = None
    tfidf_accuracy: Spread | None = None

    @property
    def cell(self) -> Cell:
        """Which way of training it was."""
        return Cell(self.regime, self.real_rows, self.synthetic_rows)

    @property
    def predictions(self) -> list[tuple[int, ...]] | None:
        """Predicted labels of each run; `None` where one of them lacks its own."""
        kept = [run.predictions for run in self.runs if run.predictions is not None]
        return kept if len(kept) == len(self.runs) else None

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
        return self.cell.title
