import logging
import os
import sys
from typing import TYPE_CHECKING, TypeVar

from synth_builder.errors import ScoringError
from synth_builder.scoring.bf16 import refuse_without_bf16
from synth_builder.scoring.choices import PRECISIONS

if TYPE_CHECKING:
    from accelerate import Accelerator

logger = logging.getLogger(__name__)

Told = TypeVar("Told")

# Where launchers tell a process its number, in the order in which Accelerate looks, and how many there are.
RANKS = {
    "RANK": "WORLD_SIZE",
    "PMI_RANK": "PMI_SIZE",
    "OMPI_COMM_WORLD_RANK": "OMPI_COMM_WORLD_SIZE",
    "MV2_COMM_WORLD_RANK": "MV2_COMM_WORLD_SIZE",
}


def first_process() -> bool:
    """
    Whether this is the process of a launch that prints and writes; a process that nobody launched is one, too.

    It is read from the environment, so that methods without torch can ask as well.
    """
    for rank, size in RANKS.items():
        if os.environ.get(rank):
            # A number that is left over from somewhere, of a process that is alone, silences nobody.
            return int(os.environ[rank]) == 0 or int(os.environ.get(size) or "1") < 2
    return True


def told_by_the_first(value: Told) -> Told:
    """
    What the first process has, in all of them: where each decided by itself, some would train and wait for ever for
    the others. A process that trains alone gets back what it gave.

    Args:
        value (`Told`):
            Anything that can be pickled; that of the first process counts.
    """
    if "torch" not in sys.modules:
        return value
    import torch.distributed

    if not torch.distributed.is_available() or not torch.distributed.is_initialized():
        return value
    told = [value]
    torch.distributed.broadcast_object_list(told)
    return told[0]


def open_accelerator() -> "Accelerator":
    """
    Accelerate as the launch configured it: device, precision and processes.

    Returns:
        `Accelerator`: One that never divides a loss by itself: how many parts a step has is a hyperparameter.

    Raises:
        ScoringError: The device can't do what the launch asks for, as fp16 on a CPU, or there is no such precision.
    """
    precision = os.environ.get("ACCELERATE_MIXED_PRECISION", "no")
    if precision.lower() not in PRECISIONS:
        # Accelerate would train in float32 and call it by that name.
        raise ScoringError(
            f"ACCELERATE_MIXED_PRECISION is {precision!r}; expected one of {', '.join(PRECISIONS)}. Set it to one of "
            "them, or leave it out for float32."
        )
    import torch
    from accelerate import Accelerator

    if _asked_for_more():
        logger.warning(
            "`accelerate launch --cpu` starts one process, however many it is asked for. Several on CPUs are started "
            "by: torchrun --nproc-per-node N -m synth_builder score ..."
        )
    # Several processes on CPUs: without being told, Accelerate would take each of them for the only one.
    only_cpus = int(os.environ.get("WORLD_SIZE", "1")) > 1 and not torch.accelerator.is_available()
    try:
        accelerator = Accelerator(cpu=only_cpus)
    except ValueError as error:
        raise ScoringError(
            f"Accelerate can't be set up as the launch asks for: {error} Correct the options of `accelerate launch`, "
            "or the variables ACCELERATE_..., and start again."
        ) from error
    if accelerator.mixed_precision == "fp16" and accelerator.device.type == "cpu":
        # Accelerate would train in float32 and say nothing.
        raise ScoringError(
            "The launch asks for fp16, and a CPU does not train in it; take --mixed_precision bf16 or no "
            "(ACCELERATE_MIXED_PRECISION)."
        )
    if accelerator.mixed_precision == "bf16" and accelerator.device.type == "cpu":
        refuse_without_bf16()
    accelerator.gradient_accumulation_steps = 1
    return accelerator


def _asked_for_more() -> bool:
    """
    Whether `accelerate launch --cpu` was asked for several processes: it then names a meeting point, and leaves it to
    mpirun to start the others.
    """
    on_cpu = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes", "y", "on", "t")
    return on_cpu and "MASTER_PORT" in os.environ and not any(os.environ.get(name) for name in RANKS)
