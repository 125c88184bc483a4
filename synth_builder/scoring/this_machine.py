import torch

from synth_builder.scoring.choices import Precision
from synth_builder.scoring.results.scores import Machine


def this_machine(device: torch.device, processes: int = 1, mixed_precision: Precision = "no") -> Machine:
    """
    What scores tell of where something was trained.

    Args:
        device (`torch.device`):
            Where it was computed.
        processes (`int`, defaults to 1):
            Processes that trained together.
        mixed_precision (`"no"`, `"fp16"`, `"bf16"` or `"fp8"`, defaults to `"no"`):
            As Accelerate names it.
    """
    return Machine(
        device=torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        threads=torch.get_num_threads(),
        processes=processes,
        mixed_precision=mixed_precision,
    )
