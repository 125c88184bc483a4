from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """
    Rows of an optimizer step that go through the encoder together.

    Args:
        positions (`tuple[int, ...]`):
            The rows; at least one.
        factor (`float`):
            What the mean loss of these rows is multiplied by, so that the gradients of all parts of all processes,
            averaged over the processes and added up over the parts, are those of the mean over the step's rows.
    """

    positions: tuple[int, ...]
    factor: float


def parts_of(step: Sequence[int], at_once: int, processes: int = 1, process: int = 0) -> list[Part]:
    """
    The parts of a step that one of several processes works on.

    Neither the number of processes nor that of the parts changes what an optimizer step learns from: the rows of a
    step are drawn before they are split, and split as evenly as they go.

    Args:
        step (`Sequence[int]`):
            Positions of the step's rows; at least one.
        at_once (`int`):
            Rows of a part, at most.
        processes (`int`, defaults to 1):
            How many processes work on the step.
        process (`int`, defaults to 0):
            Which of them asks.

    Returns:
        `list[Part]`: As many for each process. Where there are fewer rows than parts, a part that would be empty holds
        a row that does not count (factor 0): all processes have to take part in each step.
    """
    rows = len(step)
    of_process = -(-rows // processes)
    parts = -(-of_process // at_once)
    cuts = [number * rows // (processes * parts) for number in range(processes * parts + 1)]
    found = []
    for number in range(process * parts, (process + 1) * parts):
        positions = tuple(step[cuts[number] : cuts[number + 1]])
        found.append(Part(positions or (step[0],), len(positions) * processes / rows))
    return found
