import copy
import time
from collections.abc import Iterable, Mapping

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from synth_builder.progress import Bar
from synth_builder.scoring.checkers import Checkers
from synth_builder.scoring.choices import Regime
from synth_builder.scoring.classifier import seeded_classifier
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.examples import Padder, tokenize
from synth_builder.scoring.losses import LOSSES, CrossEntropy
from synth_builder.scoring.metrics import measure
from synth_builder.scoring.row_weights import RowWeights
from synth_builder.scoring.scores import MAX_KEPT_PREDICTIONS, Machine, RegimeScores, Run, Spread
from synth_builder.scoring.text_rows import TextRows
from synth_builder.scoring.training import predict, steps_of, train


class Bench:
    """
    Trains classifiers on any rows and tests them on the same rows each time.

    Args:
        comparison (`Comparison`):
            Test rows, encoder and settings; what they need is prepared once.
        checker_rows (`dict[int, TextRows]`, *optional*):
            Seed -> real rows of the quality checker; needed for the losses `imp` and `dimp`.
    """

    def __init__(self, comparison: Comparison, checker_rows: dict[int, TextRows] | None = None) -> None:
        self._comparison = comparison
        self._accelerator = Accelerator()
        self._checkers = Checkers(comparison, checker_rows or {}, self._accelerator) if comparison.weighted else None
        self._checked: dict[int, Tensor] = {}
        self._tokenizer = comparison.encoder.tokenizer
        self._padder = Padder(self._tokenizer)
        self._test = tokenize(comparison.test, self._tokenizer, comparison.hyperparameters.max_length)
        device = self._accelerator.device
        self.machine = Machine(
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            threads=torch.get_num_threads(),
            processes=self._accelerator.num_processes,
            mixed_precision=self._accelerator.mixed_precision,
        )

    def steps(self, rows: int) -> int:
        """Optimizer steps of a training on that many rows."""
        return steps_of(rows, self._comparison.hyperparameters)

    def checker_steps(self, checked: Iterable[int]) -> int:
        """Optimizer steps of the checkers of one seed, for trainings on that many rows each."""
        return self._checkers.steps(checked) if self._checkers is not None else 0

    def row_weights(self, rows: TextRows) -> RowWeights | None:
        """What the checkers found about the rows of the last run; `None` where the loss needs none."""
        if not self._checked:
            return None
        mean = torch.stack([*self._checked.values()]).mean(dim=0)
        diversity = tuple(mean[:, 1].tolist()) if mean.shape[1] == 2 else None
        return RowWeights(self._comparison.loss, rows.ids, tuple(mean[:, 0].tolist()), diversity)

    def run(
        self, regime: Regime, real_rows: int | None, training: Mapping[int, TextRows], shown: Bar, variant: str
    ) -> RegimeScores:
        """
        Train and test once per seed.

        Args:
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
            `RegimeScores`: The runs, with mean and deviation.
        """
        names = self._comparison.label_names
        runs = []
        self._checked = {}
        for seed, rows in training.items():
            of_variant = "" if regime == "real" else f"{variant}, "
            of_real = "" if real_rows is None else f" {real_rows}"
            shown.set_postfix(f"{of_variant}{regime}{of_real}, seed {seed}")
            runs.append(self._run_once(regime, rows, seed, shown))
        first = next(iter(training.values()))
        return RegimeScores(
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

    def _run_once(self, regime: Regime, rows: TextRows, seed: int, shown: Bar) -> Run:
        comparison, hyperparameters = self._comparison, self._comparison.hyperparameters
        names = comparison.label_names
        began = time.monotonic()
        loss: nn.Module = LOSSES[comparison.loss]()
        weights = None
        if self._checkers is not None and regime == "real":
            loss = CrossEntropy()
        elif self._checkers is not None:
            weights = self._checked[seed] = self._checkers.check(rows, seed, shown.update)
        classifier = seeded_classifier(
            copy.deepcopy(comparison.encoder.model), len(names), hyperparameters.dropout, seed
        )
        model = train(
            classifier=classifier,
            examples=tokenize(rows, self._tokenizer, hyperparameters.max_length),
            padder=self._padder,
            hyperparameters=hyperparameters,
            loss=loss,
            seed=seed,
            accelerator=self._accelerator,
            weights=weights,
            on_step=shown.update,
        )
        logits = predict(model, self._test, self._padder, self._accelerator)
        self._accelerator.free_memory()
        predictions = logits.argmax(dim=-1).tolist()
        probabilities = logits.double().softmax(dim=-1).numpy()
        measures = measure(comparison.test.labels, predictions, len(names), probabilities)
        return Run(
            seed=seed,
            accuracy=measures.accuracy,
            macro_f1=measures.macro_f1,
            per_label_f1=dict(zip(names, measures.per_label_f1, strict=True)),
            train_fingerprint=rows.fingerprint(),
            steps=self.steps(len(rows)),
            seconds=round(time.monotonic() - began, 3),
            predictions=tuple(predictions) if len(predictions) <= MAX_KEPT_PREDICTIONS else None,
            weighted_f1=measures.weighted_f1,
            mcc=measures.mcc,
            confusion=measures.confusion,
            calibration_error=measures.calibration_error,
        )
