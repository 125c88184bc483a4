import copy
from collections.abc import Callable, Iterable

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from synth_builder.scoring.classifier import seeded_classifier
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.examples import Padder, tokenize
from synth_builder.scoring.losses import CrossEntropy
from synth_builder.scoring.text_rows import TextRows
from synth_builder.scoring.training import predict, steps_of, train


class Checkers:
    """
    The classifiers that the losses `imp` and `dimp` take their weights from (arXiv 2410.21526, section 3): a quality
    checker, trained with cross entropy on a few real rows, and a diversity checker, trained on the rows themselves.
    Both start from the encoder that is being scored.

    Args:
        comparison (`Comparison`):
            Encoder and settings.
        real (`dict[int, TextRows]`):
            Seed -> real rows of the quality checker.
        accelerator (`Accelerator`):
            Where to train.
    """

    def __init__(self, comparison: Comparison, real: dict[int, TextRows], accelerator: Accelerator) -> None:
        self._comparison = comparison
        self._real = real
        self._accelerator = accelerator
        self._tokenizer = comparison.pretrained.tokenizer
        self._padder = Padder(self._tokenizer)
        self._quality: dict[int, nn.Module] = {}

    def steps(self, checked: Iterable[int]) -> int:
        """Optimizer steps of the checkers of one seed, for trainings on that many rows each."""
        settings = self._comparison.hyperparameters
        own = checked if self._comparison.loss == "imp" else ()
        return steps_of(len(next(iter(self._real.values()))), settings) + sum(steps_of(rows, settings) for rows in own)

    def check(self, rows: TextRows, seed: int, on_step: Callable[[], None]) -> Tensor:
        """
        What the checkers give for each row's label.

        Args:
            rows (`TextRows`):
                Training rows.
            seed (`int`):
                Fixes the checkers.
            on_step (`Callable[[], None]`):
                Called after each step of training.

        Returns:
            `torch.Tensor` of shape `(len(rows), 2)`: Probability of the label after the quality checker and after the
            diversity checker; for `dimp`, which needs no diversity checker, just the first, of shape `(len(rows), 1)`.
        """
        if seed not in self._quality:
            self._quality[seed] = self._trained(self._real[seed], seed, on_step)
        found = [self._probabilities(self._quality[seed], rows)]
        if self._comparison.loss == "imp":
            found.append(self._probabilities(self._trained(rows, seed, on_step), rows))
        return torch.stack(found, dim=1)

    def _trained(self, rows: TextRows, seed: int, on_step: Callable[[], None]) -> nn.Module:
        comparison, settings = self._comparison, self._comparison.hyperparameters
        encoder = copy.deepcopy(comparison.pretrained.model)
        return train(
            classifier=seeded_classifier(encoder, len(comparison.label_names), settings.dropout, seed),
            examples=tokenize(rows, self._tokenizer, settings.max_length),
            padder=self._padder,
            hyperparameters=settings,
            loss=CrossEntropy(),
            seed=seed,
            accelerator=self._accelerator,
            on_step=on_step,
        )

    def _probabilities(self, model: nn.Module, rows: TextRows) -> Tensor:
        examples = tokenize(rows, self._tokenizer, self._comparison.hyperparameters.max_length)
        logits = predict(model, examples, self._padder, self._accelerator)
        return logits.softmax(dim=-1).gather(1, torch.tensor(rows.labels).unsqueeze(1)).squeeze(1)
