from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from synth_builder.errors import ScoringError
from synth_builder.scoring.losses import LOSSES, Dimp, Imp


class ComputeLoss:
    """
    A loss of this package as the `compute_loss_func` of a `transformers.Trainer`.

    The losses here are means over the rows of a batch; the Trainer wants the part of a batch in the mean over all rows
    of an optimizer step, which `num_items_in_batch` counts. So gradient accumulation and several processes train on
    the same loss as one large batch.

    What the checkers of `imp` and `dimp` gave for a row has to come with its label, since the Trainer hands a loss
    nothing else: `pack_labels` makes such labels, `labels_of` takes them apart again, for `compute_metrics`.

    ```python
    from synth_builder.scoring.compute_loss import ComputeLoss, pack_labels
    from synth_builder.scoring.losses import Imp

    rows = rows.add_column("labels", pack_labels(labels, checkers))
    trainer = transformers.Trainer(model, arguments, train_dataset=rows, compute_loss_func=ComputeLoss(Imp()))
    ```

    Args:
        loss (`nn.Module`):
            One of `scoring/losses.py`, or any with the same arguments that gives a mean over rows.

    Raises:
        ScoringError: The loss is a name or a class, and no module.
    """

    def __init__(self, loss: nn.Module) -> None:
        # A class can be called, too, and would fail in the first step.
        if isinstance(loss, type) or not callable(loss):
            named = LOSSES.get(loss) if isinstance(loss, str) else loss  # type: ignore[call-overload]
            name = named.__name__ if isinstance(named, type) else "CrossEntropy"
            raise ScoringError(
                f"The loss is {loss!r}; expected a module, as {name}() of synth_builder.scoring.losses or one of your "
                "own with the same arguments."
            )
        self.loss = loss

    def __call__(self, outputs: Any, labels: Tensor | None, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        """
        Loss of one batch.

        Args:
            outputs (`ModelOutput`):
                What the model gave; its `logits` of shape `(batch_size, num_labels)` are read.
            labels (`torch.Tensor` of shape `(batch_size,)` or `(batch_size, 1 + columns)`):
                Labels, or packed labels.
            num_items_in_batch (`torch.Tensor` or `int`, *optional*):
                Entries in the labels of all batches of the optimizer step. The mean over this batch is taken when not
                given.

        Returns:
            `torch.Tensor`: Scalar to call `backward` on.

        Raises:
            ScoringError: There are no labels, or the loss needs packed ones and these are plain.
        """
        if labels is None:
            raise ScoringError(
                "The batch has no labels; expected a column 'labels' or 'label' in the dataset that the Trainer gets."
            )
        given = labels[:, 1:] if labels.ndim > 1 else None
        if isinstance(self.loss, Imp | Dimp):
            needed = 2 if isinstance(self.loss, Imp) else 1
            if given is None or given.shape[1] != needed:
                raise ScoringError(
                    f"The loss {type(self.loss).__name__} needs {needed} checker column(s) beside each label, and the "
                    f"labels have the shape {tuple(labels.shape)}; make them with pack_labels."
                )
        elif given is not None:
            if given.shape[1] != 1:
                raise ScoringError(
                    f"The loss {type(self.loss).__name__} takes one weight beside each label, and the labels have the "
                    f"shape {tuple(labels.shape)}; make them with pack_labels for this loss."
                )
            given = given.squeeze(1)  # the weight of each row
        mean: Tensor = self.loss(outputs.logits, labels_of(labels), *([] if given is None else [given]))
        if num_items_in_batch is None:
            return mean
        # The Trainer counts entries, and a packed row has several.
        return mean * labels.numel() / num_items_in_batch


def pack_labels(labels: Sequence[int], columns: Sequence[Sequence[float]]) -> list[list[float]]:
    """
    Labels with what a loss needs beside them, as a column of a dataset.

    Args:
        labels (`Sequence[int]`):
            Label of each row.
        columns (`Sequence[Sequence[float]]`):
            For each row, what the loss takes: the probabilities of its label after the quality checker and, for `imp`,
            after the diversity checker; or one weight, for the other losses.

    Returns:
        `list[list[float]]`: For each row its label and these values. Labels are exact as floats below 2 ** 24.

    Raises:
        ScoringError: There are not as many rows in both, a row is no list of numbers, or rows differ in length.
    """
    given: list[Any] = list(labels)
    beside: list[Any] = list(columns)
    if len(given) != len(beside):
        raise ScoringError(
            f"There are {len(given)} labels and {len(beside)} rows of columns; expected as many of both."
        )
    packed: list[list[float]] = []
    for number, (label, values) in enumerate(zip(given, beside, strict=True)):
        try:
            if isinstance(values, str):  # whose characters may be numbers
                raise TypeError(values)
            row = [float(label), *map(float, values)]
        except (TypeError, ValueError) as error:
            raise ScoringError(
                f"Row {number} has the label {label!r} and the columns {values!r}; expected a whole number and a list "
                "of numbers, as 1 and [0.5]."
            ) from error
        if packed and len(row) != len(packed[0]):
            raise ScoringError(
                f"Row {number} has {len(row) - 1} columns, and the rows before it have {len(packed[0]) - 1}; expected "
                "as many in each."
            )
        packed.append(row)
    return packed


def labels_of(labels: Tensor) -> Tensor:
    """The labels alone, of shape `(rows,)`, from plain or packed ones."""
    return labels[:, 0].round().to(torch.long) if labels.ndim > 1 else labels
