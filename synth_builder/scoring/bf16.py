"""Whether the CPU computes in bf16: some die of it, and take the process with them."""

import functools
import signal
import subprocess
import sys

from synth_builder.errors import ScoringError

TRIAL = """
import torch

with torch.autocast("cpu", torch.bfloat16):
    torch.nn.Linear(64, 64)(torch.ones(32, 64)).square().mean().backward()
"""


@functools.cache
def refuse_without_bf16() -> None:
    """
    Try a small training step in bf16 on the CPU, in a process of its own; once in the life of this one.

    Raises:
        ScoringError: The trial died, or ended with an error.
    """
    tried = subprocess.run([sys.executable, "-c", TRIAL], capture_output=True, text=True, errors="replace")
    if tried.returncode == 0:
        return
    if tried.returncode < 0:
        found = signal.strsignal(-tried.returncode) or f"signal {-tried.returncode}"
    else:
        found = (tried.stderr.strip().splitlines() or [f"exit status {tried.returncode}"])[-1]
    raise ScoringError(
        f"The launch asks for bf16, and a small trial of it on this CPU ended with {found!r}; take --mixed_precision "
        "no (ACCELERATE_MIXED_PRECISION), or train on a GPU."
    )
