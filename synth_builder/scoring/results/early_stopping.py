from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_builder.scoring.results.record import Record

if TYPE_CHECKING:
    from synth_builder.scoring.results.scores import Scores


class EarlyStop(Record):
    """
    What early stopping made of a training. Epochs count from 1; the last one planned may be a part of one.

    Args:
        stopped (`bool`):
            Whether the training ended before the planned steps were done.
        epochs (`int`):
            Epochs that were done; after the last of them it stopped, or was at its end.
        planned_epochs (`int`):
            Epochs that were planned.
        best_epoch (`int`, *optional*):
            The epoch whose weights were tested; `None` where no validation loss was a number, so that it was the last.
        validation_loss (`float`, *optional*):
            The loss after that epoch, on the rows held out.
        validation_rows (`int`):
            Training rows that were held out.
        trained_rows (`int`):
            Training rows that were trained on.
    """

    stopped: bool
    epochs: int
    planned_epochs: int
    best_epoch: int | None
    validation_loss: float | None
    validation_rows: int
    trained_rows: int


def early_stopping_note(scores: "Sequence[Scores]") -> str | None:
    """
    What early stopping made of all trainings, in a sentence.

    Args:
        scores (`Sequence[Scores]`):
            Of one or more variants; trainings that they share count once.

    Returns:
        `str`, *optional*: `None` where no rows were held out.
    """
    # Variants that were scored together share the trainings on real rows alone.
    stops = [
        stop
        for _, _, _, stop in dict.fromkeys(
            ("" if result.regime == "real" else each.variant, result.cell, run.seed, run.early_stopping)
            for each in scores
            for result in each.results
            for run in result.runs
        )
        if stop is not None
    ]
    if not stops:
        return None
    early = [stop for stop in stops if stop.stopped]
    when = f"after epoch {_range([stop.epochs for stop in early])} of" if early else "in"
    planned = _range([stop.planned_epochs for stop in stops]) + ("" if early else " epochs")
    trainings = "1 training" if len(stops) == 1 else f"{len(stops)} trainings"
    best = [stop.best_epoch for stop in stops if stop.best_epoch is not None]
    losses = [stop.validation_loss for stop in stops if stop.validation_loss is not None]
    tested = f" best at epoch {_range(best)} (validation loss {_range(losses, '.3f')});" if best else ""
    rows = _range([stop.validation_rows + stop.trained_rows for stop in stops])
    return (
        f"Stopped early: {len(early) or 'none'} of {trainings}, {when} {planned};{tested} of {rows} training rows, "
        f"{_range([stop.validation_rows for stop in stops])} were held out for validation and "
        f"{_range([stop.trained_rows for stop in stops])} trained on."
    )


def _range(values: Sequence[float], form: str = ",") -> str:
    least, most = (format(value, form) for value in (min(values), max(values)))
    return least if least == most else f"{least} to {most}"
