from collections.abc import Sequence

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from synth_builder.scoring.fine_tuning.examples import Example, Padder, inputs_of
from synth_builder.scoring.fine_tuning.memory import RowsAtOnce, free

ROWS_AT_ONCE = 64
"""Rows that go through the encoder together in a process, as long as the memory suffices."""


@torch.no_grad()
def predict(
    model: nn.Module,
    examples: Sequence[Example],
    padder: Padder,
    accelerator: Accelerator,
    at_once: RowsAtOnce | None = None,
) -> Tensor:
    """
    Scores of the labels for each row. The processes of a launch share the rows, and all get the scores of all.

    Args:
        model (`nn.Module`):
            What `train` gave back. It is left in evaluation mode.
        examples (`Sequence[Example]`):
            The rows, in any order of length; at least one.
        padder (`Padder`):
            Makes the batches.
        accelerator (`Accelerator`):
            The one that trained it.
        at_once (`RowsAtOnce`, *optional*):
            Rows that go through the encoder together; halved where the memory does not suffice. 64 when not given.

    Returns:
        `torch.Tensor` of shape `(len(examples), num_labels)`: Scores before the softmax, in the rows' order, on the
        CPU.

    Raises:
        ScoringError: The memory does not suffice for a single row.
    """
    at_once = at_once or RowsAtOnce(ROWS_AT_ONCE, "prediction")
    # Without what joins the processes: each of them has its own number of batches, and waits for no other.
    alone = accelerator.unwrap_model(model)
    alone.eval()
    longest_first = sorted(range(len(examples)), key=lambda position: -len(examples[position]))
    waiting = longest_first[accelerator.process_index :: accelerator.num_processes]
    found: list[tuple[list[int], Tensor]] = []
    while waiting:
        positions = waiting[: at_once.now]
        try:
            batch = padder.batch(examples, positions, accelerator.device)
            scores = alone(**inputs_of(batch)).float()
        except RuntimeError as error:
            at_once.halve(error, tried=len(positions))
        else:
            found.append((positions, scores))
            waiting = waiting[len(positions) :]
            continue
        free()
    return _in_order(found, len(examples), alone.num_labels, accelerator)


def _in_order(
    found: Sequence[tuple[list[int], Tensor]], rows: int, num_labels: int, accelerator: Accelerator
) -> Tensor:
    """Each row was scored by one process and is 0 in the others, so the sum of all is exact."""
    scores = torch.zeros(rows, num_labels, device=accelerator.device)
    for positions, part in found:
        scores[positions] = part
    summed: Tensor = accelerator.reduce(scores, "sum")
    return summed.cpu()
