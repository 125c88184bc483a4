from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.fine_tuning.examples import Example
from synth_builder.scoring.fine_tuning.fine_tuner import FineTuner, Trained
from synth_builder.scoring.fine_tuning.planned_steps import planned_steps
from synth_builder.scoring.losses import CrossEntropy
from synth_builder.scoring.rows.text_rows import TextRows


@dataclass(frozen=True)
class Checked:
    """
    What checkers gave for training rows.

    Args:
        probabilities (`torch.Tensor` of shape `(rows, 2)` or `(rows, 1)`):
            Probability of each row's label after the quality checker and after the diversity checker; for `dimp`,
            which needs no diversity checker, just the first.
        notes (`tuple[str, ...]`):
            What was not as planned in training the checkers.
    """

    probabilities: Tensor
    notes: tuple[str, ...]


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
        self._quality: dict[int, Trained] = {}

    def steps(self, checked: Iterable[Sequence[int]]) -> int:
        """Optimizer steps of the checkers of one seed, for trainings on rows with these labels each."""
        settings = self._comparison.hyperparameters
        own = checked if self._comparison.loss == "imp" else ()
        real = next(iter(self._real.values())).labels
        return sum(planned_steps(labels, settings) for labels in (real, *own))

    def check(self, examples: Sequence[Example], seed: int, on_step: Callable[[], None]) -> Checked:
        """
        Ask the checkers about each row's label.

        Args:
            examples (`Sequence[Example]`):
                Training rows.
            seed (`int`):
                Fixes the checkers.
            on_step (`Callable[[], None]`):
                Called after each step of training.
        """
        if seed not in self._quality:
            self._quality[seed] = self._trained(self._tuner.tokenized(self._real[seed]), seed, on_step)
        checkers = [self._quality[seed]]
        if self._comparison.loss == "imp":
            checkers.append(self._trained(examples, seed, on_step))
        return Checked(
            torch.stack([self._probabilities(checker.model, examples) for checker in checkers], dim=1),
            tuple(f"Checkers: {note}" for checker in checkers for note in checker.notes),
        )

    def _trained(self, examples: Sequence[Example], seed: int, on_step: Callable[[], None]) -> Trained:
        return self._tuner.trained(examples, CrossEntropy(), seed, on_step)

    def _probabilities(self, model: nn.Module, examples: Sequence[Example]) -> Tensor:
        labels = torch.tensor([example.label for example in examples])
        return self._tuner.logits(model, examples).softmax(dim=-1).gather(1, labels.unsqueeze(1)).squeeze(1)
