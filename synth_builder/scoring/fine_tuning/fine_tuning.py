from collections.abc import Callable, Iterable, Sequence

from torch import nn

from synth_builder.scoring.choices import Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.fine_tuning.checkers import Checkers
from synth_builder.scoring.fine_tuning.fine_tuner import FineTuner
from synth_builder.scoring.fine_tuning.planned_steps import planned_steps
from synth_builder.scoring.hyperparameters import MethodHyperparameters
from synth_builder.scoring.losses import LOSSES, CrossEntropy
from synth_builder.scoring.processes import open_accelerator
from synth_builder.scoring.results.scores import ClassifierUsed
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.this_machine import this_machine
from synth_builder.scoring.trainer import Trainer, Trial


class FineTuning(Trainer):
    """
    Trains a copy of the whole encoder with a new, linear layer.

    Args:
        comparison (`Comparison`):
            Test rows, encoder and settings; what they need is prepared once.
        checker_rows (`dict[int, TextRows]`):
            Seed -> real rows of the quality checker; needed for the losses `imp` and `dimp`.
    """

    libraries = ("accelerate", "datasets", "numpy", "scikit-learn", "tokenizers", "torch", "transformers")

    def __init__(self, comparison: Comparison, checker_rows: dict[int, TextRows]) -> None:
        self._comparison = comparison
        self._settings = comparison.hyperparameters
        self._accelerator = open_accelerator()
        self._tuner = FineTuner(comparison, self._accelerator)
        self._checkers = Checkers(comparison, checker_rows, self._tuner) if comparison.weighted else None
        self._test = self._tuner.tokenized(comparison.test)
        device = self._accelerator.device
        encoder = comparison.pretrained
        self.classifier = ClassifierUsed(name=encoder.name, revision=encoder.revision)
        self.hyperparameters: MethodHyperparameters = self._settings
        self.machine = this_machine(device, self._accelerator.num_processes, self._accelerator.mixed_precision)

    def steps(self, labels: Sequence[int]) -> int:
        """Optimizer steps of a training on rows with these labels."""
        return planned_steps(labels, self._settings)

    def checker_steps(self, checked: Iterable[Sequence[int]]) -> int:
        """Optimizer steps of the checkers of one seed, for trainings on rows with these labels each."""
        return self._checkers.steps(checked) if self._checkers is not None else 0

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`; real rows alone never need the checkers."""
        examples = self._tuner.tokenized(rows)
        loss: nn.Module = LOSSES[self._comparison.loss]()
        checked = None
        if self._checkers is not None and regime == "real":
            loss = CrossEntropy()
        elif self._checkers is not None:
            checked = self._checkers.check(examples, seed, on_step)
        weights = None if checked is None else checked.probabilities
        trained = self._tuner.trained(examples, loss, seed, on_step, weights)
        logits = self._tuner.logits(trained.model, self._test)
        self._accelerator.free_memory()
        notes = (*(checked.notes if checked is not None else ()), *trained.notes, *self._tuner.prediction_notes)
        return Trial(
            probabilities=logits.double().softmax(dim=-1).numpy(),
            checked=None if weights is None else weights.numpy(),
            notes=tuple(dict.fromkeys(notes)),
            steps=trained.steps,
            repeatable=self._tuner.trains_as_planned,
            early_stopping=trained.early_stopping,
        )
