from torch import Tensor, nn

from synth_builder.scoring.results.early_stopping import EarlyStop


class EarlyStopping:
    """
    Keeps the weights that had the least validation loss, and says when to stop looking for better ones.

    Args:
        patience (`int`):
            Evaluations in a row without a new least loss, after which it is enough.
    """

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._least = float("inf")
        self._since = 0
        self._epochs = 0
        self._weights: dict[str, Tensor] | None = None

    def enough(self, loss: float, classifier: nn.Module) -> bool:
        """
        Take note of an evaluation.

        Args:
            loss (`float`):
                Validation loss; one that is no number is no improvement.
            classifier (`nn.Module`):
                What had it. Its weights are copied, to the CPU's memory, if no earlier loss was as low.

        Returns:
            `bool`: Whether training should stop.
        """
        self._epochs += 1
        if loss < self._least:
            self._least, self._since = loss, 0
            self._weights = {
                name: weight.detach().to("cpu", copy=True) for name, weight in classifier.state_dict().items()
            }
        else:
            self._since += 1
        return self._since >= self._patience

    def restore(self, classifier: nn.Module) -> None:
        """Give a classifier the best weights; it keeps its own where no evaluation gave a number."""
        if self._weights is not None:
            classifier.load_state_dict(self._weights)

    def told(self, stopped: bool, planned_epochs: int, validation_rows: int, trained_rows: int) -> EarlyStop:
        """
        What came of it, for the scores; there was an evaluation after each epoch.

        Args:
            stopped (`bool`):
                Whether planned steps were left.
            planned_epochs (`int`):
                Epochs of the plan.
            validation_rows (`int`):
                Rows that were held out.
            trained_rows (`int`):
                The others.
        """
        found = self._weights is not None
        return EarlyStop(
            stopped=stopped,
            epochs=self._epochs,
            planned_epochs=planned_epochs,
            best_epoch=self._epochs - self._since if found else None,
            validation_loss=self._least if found else None,
            validation_rows=validation_rows,
            trained_rows=trained_rows,
        )
