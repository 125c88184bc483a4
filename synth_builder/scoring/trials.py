import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from synth_builder.progress import Bar
from synth_builder.recipes.fingerprint import digest
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.encoder_files import tokenizer_hash
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.methods.tfidf import Tfidf
from synth_builder.scoring.metrics import measure
from synth_builder.scoring.processes import first_process, told_by_the_first
from synth_builder.scoring.results.cell import Cell
from synth_builder.scoring.results.finished_runs import FinishedRuns
from synth_builder.scoring.results.regime_scores import RegimeScores, Run, Spread
from synth_builder.scoring.results.row_weights import RowWeights
from synth_builder.scoring.results.scores import MAX_KEPT_PREDICTIONS
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.statistics.intervals import bootstrap_intervals
from synth_builder.scoring.trainer import Trainer, Trial
from synth_builder.scoring.versions import versions_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Trials:
    """
    Trains and tests once per seed, or looks up what was trained before.

    Args:
        trainer (`Trainer`):
            The method.
        comparison (`Comparison`):
            What it was made of.
        checker_rows (`Mapping[int, TextRows]`):
            Seed -> real rows of the quality checker; empty where the loss needs none.
        shown (`Bar`):
            Told of each step.
    """

    def __init__(
        self, trainer: Trainer, comparison: Comparison, checker_rows: Mapping[int, TextRows], shown: Bar
    ) -> None:
        self._trainer = trainer
        self._comparison = comparison
        self._checker_rows = checker_rows
        self._shown = shown
        # What the choice of words alone tells stands beside every encoder; it costs next to nothing.
        self._by_words = None if comparison.method == "tfidf" else _ByWords(comparison)
        self._shared = self._what_all_share()
        self._finished = None if comparison.runs is None else FinishedRuns(comparison.runs, self._shared)

    def run(
        self, cell: Cell, training: Mapping[int, TextRows], variant: str
    ) -> tuple[RegimeScores, RowWeights | None]:
        """
        Train and test in one way.

        Args:
            cell (`Cell`):
                Which way it is, for the result.
            training (`Mapping[int, TextRows]`):
                Seed -> training rows; at least one row each, and the same number of each label.
            variant (`str`):
                Shown behind the bar.

        Returns:
            `tuple[RegimeScores, RowWeights | None]`: The runs, with mean and deviation; and, in the regime `synthetic`
            with all rows, what the checkers found about the rows.
        """
        comparison = self._comparison
        runs, by_words, checked = [], [], []
        for seed, rows in training.items():
            of_variant = "" if cell.regime == "real" else f"{variant}, "
            self._shown.set_postfix(f"{of_variant}{cell.title}, seed {seed}")
            run, found = self._run(cell, rows, seed)
            runs.append(run)
            if self._by_words is not None:
                by_words.append(self._by_words.accuracy(cell, rows, seed))
            if found is not None:
                checked.append(found)
        first = next(iter(training.values()))
        kept = [run.predictions for run in runs if run.predictions is not None]
        intervals = bootstrap_intervals(comparison.test.labels, kept) if len(kept) == len(runs) else None
        scores = RegimeScores(
            regime=cell.regime,
            real_rows=cell.real_rows,
            synthetic_rows=cell.synthetic_rows,
            train_rows=len(first),
            train_label_counts=first.label_counts(comparison.label_names),
            accuracy=Spread.of([run.accuracy for run in runs], intervals and intervals.accuracy),
            macro_f1=Spread.of([run.macro_f1 for run in runs], intervals and intervals.macro_f1),
            runs=tuple(runs),
            weighted_f1=Spread.of([run.weighted_f1 for run in runs if run.weighted_f1 is not None]),
            mcc=Spread.of([run.mcc for run in runs if run.mcc is not None]),
            calibration_error=Spread.of([run.calibration_error for run in runs if run.calibration_error is not None]),
            tfidf_accuracy=Spread.of(by_words) if by_words else None,
        )
        if cell != Cell("synthetic") or not checked:
            return scores, None
        return scores, RowWeights.mean_of(comparison.loss, first.ids, checked)

    def finished(self, cell: Cell, rows: TextRows, seed: int) -> bool:
        """Whether a training is kept, so that `run` will look it up."""
        return self.seconds(cell, rows, seed) is not None

    def seconds(self, cell: Cell, rows: TextRows, seed: int) -> float | None:
        """How long a training took that is kept; `None` where none is."""
        known = None if self._finished is None else self._finished.get(self._key(cell, rows, seed))
        return None if known is None else known.run.seconds

    def train(self, cell: Cell, rows: TextRows, seed: int) -> None:
        """Train and test once, so that `run` will look it up."""
        self._run(cell, rows, seed)
        if self._by_words is not None:
            self._by_words.accuracy(cell, rows, seed)

    def key(self, cell: Cell, rows: TextRows, seed: int) -> str:
        """A name of a training, made of everything that its result depends on."""
        return digest({**self._shared, **self._key(cell, rows, seed)}, 32)

    def _run(self, cell: Cell, rows: TextRows, seed: int) -> "tuple[Run, NDArray[np.floating] | None]":
        key = self._key(cell, rows, seed)
        known = None if self._finished is None else told_by_the_first(self._finished.get(key))
        if known is not None:
            self._shown.update(self._trainer.steps(rows.labels))
            return known.run, known.checked_rows
        began = time.monotonic()
        trial = self._trainer.trial(cell.regime, rows, seed, self._shown.update)
        run = self._told(rows, seed, trial, time.monotonic() - began)
        keep = trial.repeatable or self._comparison.keep_all
        if self._finished is not None and keep and first_process():
            self._finished.add(key, run, trial.checked)
        return run, trial.checked

    def _told(self, rows: TextRows, seed: int, trial: Trial, seconds: float) -> Run:
        names, labels = self._comparison.label_names, self._comparison.test.labels
        predictions = trial.probabilities.argmax(axis=1).tolist()
        measures = measure(labels, predictions, len(names), trial.probabilities)
        return Run(
            seed=seed,
            accuracy=measures.accuracy,
            macro_f1=measures.macro_f1,
            per_label_f1=dict(zip(names, measures.per_label_f1, strict=True)),
            train_fingerprint=rows.fingerprint(),
            steps=self._trainer.steps(rows.labels) if trial.steps is None else trial.steps,
            seconds=round(seconds, 3),
            predictions=tuple(predictions) if len(predictions) <= MAX_KEPT_PREDICTIONS else None,
            weighted_f1=measures.weighted_f1,
            mcc=measures.mcc,
            confusion=measures.confusion,
            calibration_error=measures.calibration_error,
            notes=trial.notes,
            early_stopping=trial.early_stopping,
        )

    def _what_all_share(self) -> dict[str, Any]:
        trainer, comparison = self._trainer, self._comparison
        settings = trainer.hyperparameters
        shared = {
            "method": comparison.method,
            "classifier": trainer.classifier.model_dump(mode="json"),
            "tokenizer": None if comparison.encoder is None else tokenizer_hash(comparison.encoder.tokenizer),
            # What is not set changes nothing, so that a new field does not make finished trainings look like others.
            "hyperparameters": settings.model_dump(mode="json", exclude_none=True),
            "label_names": list(comparison.label_names),
            "test": comparison.test.fingerprint(),
            "machine": trainer.machine.model_dump(mode="json"),
            "versions": versions_of(trainer.libraries),
        }
        if isinstance(settings, Hyperparameters) and settings.validation_share:
            # Trainings of earlier versions do not tell what early stopping made of them.
            shared["tells"] = "early_stopping"
        return shared

    def _key(self, cell: Cell, rows: TextRows, seed: int) -> dict[str, Any]:
        comparison = self._comparison
        weighted = comparison.weighted and cell.regime != "real"
        return {
            "seed": seed,
            "training": rows.fingerprint(),
            "loss": "cross_entropy" if comparison.weighted and not weighted else comparison.loss,
            "checker": self._checker_rows[seed].fingerprint() if weighted else None,
        }


class _ByWords:
    """What a logistic regression on TF-IDF reaches on the same rows."""

    def __init__(self, comparison: Comparison) -> None:
        comparison = replace(
            comparison, method="tfidf", encoder=None, loss="cross_entropy", hyperparameters=Hyperparameters()
        )
        self._trials = Trials(Tfidf(comparison), comparison, {}, Bar(None, "words", silent=True))
        self._known: dict[str, float] = {}

    def accuracy(self, cell: Cell, rows: TextRows, seed: int) -> float:
        # It draws no random numbers, so equal rows need not be fitted again.
        rows_are = rows.fingerprint()
        if rows_are not in self._known:
            run, _ = self._trials._run(cell, rows, seed)
            self._known[rows_are] = run.accuracy
        return self._known[rows_are]
