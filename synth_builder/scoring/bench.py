import copy
from collections.abc import Callable, Iterable

import torch
from accelerate import Accelerator
from torch import nn

from synth_builder.scoring.checkers import Checkers
from synth_builder.scoring.choices import Regime
from synth_builder.scoring.classifier import seeded_classifier
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.examples import Padder, tokenize
from synth_builder.scoring.hyperparameters import MethodHyperparameters
from synth_builder.scoring.losses import LOSSES, CrossEntropy
from synth_builder.scoring.scores import ClassifierUsed, Machine
from synth_builder.scoring.text_rows import TextRows
from synth_builder.scoring.trainer import Trainer, Trial
from synth_builder.scoring.training import predict, steps_of, train


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
        self._encoder = comparison.pretrained
        self._settings = comparison.hyperparameters
        self._accelerator = Accelerator()
        self._checkers = Checkers(comparison, checker_rows, self._accelerator) if comparison.weighted else None
        self._tokenizer = self._encoder.tokenizer
        self._padder = Padder(self._tokenizer)
        self._test = tokenize(comparison.test, self._tokenizer, self._settings.max_length)
        device = self._accelerator.device
        self.classifier = ClassifierUsed(name=self._encoder.name, revision=self._encoder.revision)
        self.hyperparameters: MethodHyperparameters = self._settings
        self.machine = Machine(
            device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            threads=torch.get_num_threads(),
            processes=self._accelerator.num_processes,
            mixed_precision=self._accelerator.mixed_precision,
        )

    def steps(self, rows: int) -> int:
        """Optimizer steps of a training on that many rows."""
        return steps_of(rows, self._settings)

    def checker_steps(self, checked: Iterable[int]) -> int:
        """Optimizer steps of the checkers of one seed, for trainings on that many rows each."""
        return self._checkers.steps(checked) if self._checkers is not None else 0

    def trial(self, regime: Regime, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Trial:
        """Arguments and result are those of `Trainer.trial`; real rows alone never need the checkers."""
        loss: nn.Module = LOSSES[self._comparison.loss]()
        weights = None
        if self._checkers is not None and regime == "real":
            loss = CrossEntropy()
        elif self._checkers is not None:
            weights = self._checkers.check(rows, seed, on_step)
        classifier = seeded_classifier(
            copy.deepcopy(self._encoder.model), len(self._comparison.label_names), self._settings.dropout, seed
        )
        model = train(
            classifier=classifier,
            examples=tokenize(rows, self._tokenizer, self._settings.max_length),
            padder=self._padder,
            hyperparameters=self._settings,
            loss=loss,
            seed=seed,
            accelerator=self._accelerator,
            weights=weights,
            on_step=on_step,
        )
        logits = predict(model, self._test, self._padder, self._accelerator)
        self._accelerator.free_memory()
        return Trial(logits.double().softmax(dim=-1).numpy(), None if weights is None else weights.numpy())
