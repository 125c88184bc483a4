import time
from collections.abc import Mapping

from synth_builder.progress import Bar
from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.metrics import measure
from synth_builder.scoring.regime_scores import RegimeScores, Run, Spread
from synth_builder.scoring.row_weights import RowWeights
from synth_builder.scoring.scores import MAX_KEPT_PREDICTIONS
from synth_builder.scoring.text_rows import TextRows
from synth_builder.scoring.trainer import Trainer, Trial


def run_trials(
    trainer: Trainer,
    comparison: Comparison,
    regime: Regime,
    real_rows: int | None,
    training: Mapping[int, TextRows],
    shown: Bar,
    variant: str,
) -> tuple[RegimeScores, RowWeights | None]:
    """
    Train and test once per seed.

    Args:
        trainer (`Trainer`):
            The method.
        comparison (`Comparison`):
            What it was made of.
        regime (`"synthetic"`, `"real"` or `"augmented"`):
            What the training rows are.
        real_rows (`int`, *optional*):
            How many of them are real, for the result.
        training (`Mapping[int, TextRows]`):
            Seed -> training rows; at least one row each, and the same number of each label.
        shown (`Bar`):
            Told of each step.
        variant (`str`):
            Shown behind the bar.

    Returns:
        `tuple[RegimeScores, RowWeights | None]`: The runs, with mean and deviation; and, in the regime `synthetic`,
        what the checkers found about the rows.
    """
    names = comparison.label_names
    runs, checked = [], []
    for seed, rows in training.items():
        of_variant = "" if regime == "real" else f"{variant}, "
        of_real = "" if real_rows is None else f" {real_rows}"
        shown.set_postfix(f"{of_variant}{regime}{of_real}, seed {seed}")
        began = time.monotonic()
        trial = trainer.trial(regime, rows, seed, shown.update)
        runs.append(_run(comparison, seed, rows, trial, trainer.steps(len(rows)), time.monotonic() - began))
        if trial.checked is not None and regime == "synthetic":
            checked.append(trial.checked)
    first = next(iter(training.values()))
    scores = RegimeScores(
        regime=regime,
        real_rows=real_rows,
        train_rows=len(first),
        train_label_counts=first.label_counts(names),
        accuracy=Spread.of([run.accuracy for run in runs]),
        macro_f1=Spread.of([run.macro_f1 for run in runs]),
        runs=tuple(runs),
        weighted_f1=Spread.of([run.weighted_f1 for run in runs if run.weighted_f1 is not None]),
        mcc=Spread.of([run.mcc for run in runs if run.mcc is not None]),
        calibration_error=Spread.of([run.calibration_error for run in runs if run.calibration_error is not None]),
    )
    return scores, RowWeights.mean_of(comparison.loss, first.ids, checked) if checked else None


def _run(comparison: Comparison, seed: int, rows: TextRows, trial: Trial, steps: int, seconds: float) -> Run:
    names, labels = comparison.label_names, comparison.test.labels
    predictions = trial.probabilities.argmax(axis=1).tolist()
    measures = measure(labels, predictions, len(names), trial.probabilities)
    return Run(
        seed=seed,
        accuracy=measures.accuracy,
        macro_f1=measures.macro_f1,
        per_label_f1=dict(zip(names, measures.per_label_f1, strict=True)),
        train_fingerprint=rows.fingerprint(),
        steps=steps,
        seconds=round(seconds, 3),
        predictions=tuple(predictions) if len(predictions) <= MAX_KEPT_PREDICTIONS else None,
        weighted_f1=measures.weighted_f1,
        mcc=measures.mcc,
        confusion=measures.confusion,
        calibration_error=measures.calibration_error,
    )
