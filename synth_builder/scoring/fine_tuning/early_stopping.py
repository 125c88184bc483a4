from collections import Counter
from collections.abc import Sequence

from torch import Tensor, nn

from synth_builder.scoring.rows.subsets import stratified_order

LEAST_ROWS = 20
"""Of a validation part. The loss on fewer says little: an epoch is then taken for the best by chance."""


def validation_positions(labels: Sequence[int], share: float, seed: int) -> tuple[list[int], str | None]:
    """
    Cut a validation part from training rows: stratified by label, at random by the seed. A label's only row stays
    with the training rows.

    Args:
        labels (`Sequence[int]`):
            Label of each training row.
        share (`float`):
            Share of the rows that is cut off, rounded to whole rows; 0 cuts none.
        seed (`int`):
            Fixes the part.

    Returns:
        `tuple[list[int], str | None]`: Positions of the part, ascending. Where it would be too small to tell anything
        (fewer rows than the training rows have labels, or fewer than `LEAST_ROWS`) it is empty, and the text says so.
    """
    if not share:
        return [], None
    counts = Counter(labels)
    several = [position for position, label in enumerate(labels) if counts[label] > 1]
    count = min(round(share * len(labels)), len(several))
    least = max(LEAST_ROWS, len(set(labels)))
    if count < least:
        return [], (
            f"Early stopping was off: {share:.0%} of {len(labels)} training rows are {count}, and a validation part "
            f"needs at least {least}."
        )
    order = stratified_order([labels[position] for position in several], seed)
    return sorted(several[place] for place in order[:count]), None


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
