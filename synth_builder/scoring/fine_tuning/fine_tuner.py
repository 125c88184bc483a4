import copy
from collections.abc import Callable, Sequence

from accelerate import Accelerator
from torch import Tensor, nn

from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.fine_tuning.classifier import seeded_classifier
from synth_builder.scoring.fine_tuning.examples import Example, Padder, tokenize
from synth_builder.scoring.fine_tuning.training import predict, train
from synth_builder.scoring.text_rows import TextRows


class FineTuner:
    """
    Trains copies of a comparison's encoder, each with a new linear layer, and asks them about rows.

    Args:
        comparison (`Comparison`):
            Encoder, labels and settings.
        accelerator (`Accelerator`):
            Where to train.
    """

    def __init__(self, comparison: Comparison, accelerator: Accelerator) -> None:
        self._encoder = comparison.pretrained
        self._num_labels = len(comparison.label_names)
        self._settings = comparison.hyperparameters
        self._padder = Padder(self._encoder.tokenizer)
        self._accelerator = accelerator

    def tokenized(self, rows: TextRows) -> list[Example]:
        """Rows as the encoder reads them."""
        return tokenize(rows, self._encoder.tokenizer, self._settings.max_length)

    def trained(
        self,
        examples: Sequence[Example],
        loss: nn.Module,
        seed: int,
        on_step: Callable[[], None],
        weights: Tensor | None = None,
    ) -> nn.Module:
        """
        A classifier, trained from a copy of the encoder.

        Args:
            examples (`Sequence[Example]`):
                The training rows; at least one.
            loss (`nn.Module`):
                Called with logits, labels and weights.
            seed (`int`):
                Fixes the new layer, the order of the rows and the dropout.
            on_step (`Callable[[], None]`):
                Called after each step.
            weights (`torch.Tensor` of shape `(len(examples), ...)`, *optional*):
                What the loss takes for each row.
        """
        encoder = copy.deepcopy(self._encoder.model)
        return train(
            classifier=seeded_classifier(encoder, self._num_labels, self._settings.dropout, seed),
            examples=examples,
            padder=self._padder,
            hyperparameters=self._settings,
            loss=loss,
            seed=seed,
            accelerator=self._accelerator,
            weights=weights,
            on_step=on_step,
        )

    def logits(self, model: nn.Module, examples: Sequence[Example]) -> Tensor:
        """Scores of the labels before the softmax, of shape `(len(examples), num_labels)`."""
        return predict(model, examples, self._padder, self._accelerator)
