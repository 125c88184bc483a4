import re

import torch
from accelerate.utils.memory import clear_device_cache, should_reduce_batch_size

from synth_builder.errors import ScoringError

# What oneDNN says on a CPU where it gets no memory. Without "descriptor": that is an operation that it does not have.
_ONEDNN = re.compile(r"could not (create|execute) a (primitive|memory object)\b(?! descriptor)")


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that the memory of the device, or of the CPU, does not suffice."""
    if isinstance(error, torch.OutOfMemoryError) or bool(should_reduce_batch_size(error)):
        return True
    return _ONEDNN.search(str(error)) is not None


class RowsAtOnce:
    """
    How many rows go through an encoder together: as many as planned, and half of them each time the memory does not
    suffice. What was once too much is not tried again.

    Args:
        planned (`int`):
            To begin with.
        work (`str`):
            What is done with the rows, for messages, as "training".
    """

    def __init__(self, planned: int, work: str) -> None:
        self.now = planned
        self._planned = planned
        self._work = work

    def halve(self, error: RuntimeError, tried: int | None = None, processes: int = 1) -> None:
        """
        Take half as many from now on, if the error says that the memory does not suffice. To be called while it is
        handled; the next try belongs behind the `except` block, where what the error held is free.

        Args:
            error (`RuntimeError`):
                Anything that torch raised.
            tried (`int`, *optional*):
                Rows that were too many, where there were fewer than `now`.
            processes (`int`, defaults to 1):
                Processes that have to try again together.

        Raises:
            RuntimeError: The error has nothing to do with memory.
            ScoringError: It was a single row already, or other processes wait and can't be told.
        """
        if not out_of_memory(error):
            raise error
        rows = min(self.now, tried or self.now)
        if rows == 1:
            reason = str(error).rstrip(". ")
            raise ScoringError(
                f"Out of memory in {self._work} with a single row at a time: {reason}. Expected an encoder and rows "
                "that fit; take a smaller encoder or a smaller max_length, or free memory that others use."
            ) from error
        if processes > 1:
            raise ScoringError(
                f"Out of memory in {self._work} with {rows} rows at a time in each of {processes} processes, "
                "which can't start again together; raise gradient_accumulation_steps, lower batch_size, or use one "
                "process, which halves the rows by itself."
            ) from error
        self.now = rows // 2

    @property
    def note(self) -> str | None:
        """What is to be told with the results; `None` where the plan was kept."""
        if self.now == self._planned:
            return None
        return (
            f"Out of memory in {self._work}: the rows went through the encoder {self.now} at a time instead of "
            f"{self._planned}."
        )


def free() -> None:
    """Give back the memory that a failed try held."""
    clear_device_cache(garbage_collection=True)
