from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn

from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.fine_tuning.examples import Example
from synth_builder.scoring.fine_tuning.fine_tuner import FineTuner
from synth_builder.scoring.fine_tuning.training import steps_of
from synth_builder.scoring.losses import CrossEntropy
from synth_builder.scoring.text_rows import TextRows


class Checkers:
    """
    The classifiers that the losses `imp` and `dimp` take their weights from (arXiv 2410.21526, section 3): a quality
    checker, trained with cross entropy on a few real rows, and a diversity checker, trained on the rows themselves.
    Both start from the encoder that is being scored.

    Args:
        comparison (`Comparison`):
            Loss and settings.
        real (`dict[int, TextRows]`):
            Seed -> real rows of the quality checker.
        tuner (`FineTuner`):
            Trains them.
    """

    def __init__(self, comparison: Comparison, real: dict[int, TextRows], tuner: FineTuner) -> None:
        self._comparison = comparison
        self._real = real
        self._tuner = tuner
        self._quality: dict[int, nn.Module] = {}

    def steps(self, checked: Iterable[int]) -> int:
        """Optimizer steps of the checkers of one seed, for trainings on that many rows each."""
        settings = self._comparison.hyperparameters
        own = checked if self._comparison.loss == "imp" else ()
        return steps_of(len(next(iter(self._real.values()))), settings) + sum(steps_of(rows, settings) for rows in own)

    def check(self, examples: Sequence[Example], seed: int, on_step: Callable[[], None]) -> Tensor:
        """
        What the checkers give for each row's label.

        Args:
            examples (`Sequence[Example]`):
                Training rows.
            seed (`int`):
                Fixes the checkers.
            on_step (`Callable[[], None]`):
                Called after each step of training.

        Returns:
            `torch.Tensor` of shape `(len(examples), 2)`: Probability of the label after the quality checker and after
            the diversity checker; for `dimp`, which needs no diversity checker, just the first, of shape
            `(len(examples), 1)`.
        """
        if seed not in self._quality:
            self._quality[seed] = self._trained(self._tuner.tokenized(self._real[seed]), seed, on_step)
        found = [self._probabilities(self._quality[seed], examples)]
        if self._comparison.loss == "imp":
            found.append(self._probabilities(self._trained(examples, seed, on_step), examples))
        return torch.stack(found, dim=1)

    def _trained(self, examples: Sequence[Example], seed: int, on_step: Callable[[], None]) -> nn.Module:
        return self._tuner.trained(examples, CrossEntropy(), seed, on_step)

    def _probabilities(self, model: nn.Module, examples: Sequence[Example]) -> Tensor:
        labels = torch.tensor([example.label for example in examples])
        return self._tuner.logits(model, examples).softmax(dim=-1).gather(1, labels.unsqueeze(1)).squeeze(1)
