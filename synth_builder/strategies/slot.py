import math
import random
from dataclasses import dataclass

from synth_builder.recipes.seeds import derived_seed


def scattered(number: int, total: int, *parts: object) -> int:
    """
    A place in `range(total)` for each number: neighbours are far from each other, and each place comes once before any
    comes again. The parts' text decides where it begins and how it goes on.
    """
    step = derived_seed("step", *parts) % total
    while math.gcd(step, total) != 1:
        step += 1
    return (derived_seed("start", *parts) + number * step) % total


@dataclass(frozen=True, slots=True)
class Slot:
    """
    One place in the plan that one row shall fill, and which try at it this is.

    Args:
        split (`str`):
            Split of the row.
        index (`int`):
            Position in the split's plan, from 0.
        draw (`int`):
            0 for the first request, 1 for the next after the first was not used, ...
        label (`str`, *optional*):
            The label that the row shall have; not given where the model chooses it.
        seed (`int`):
            Fixes everything random about this draw.
        rank (`int`, defaults to 0):
            Position among the slots of its split and label, from 0.
    """

    split: str
    index: int
    draw: int
    label: str | None
    seed: int
    rank: int = 0

    def rng(self, purpose: str) -> random.Random:
        """A generator of its own for one purpose, so that adding a purpose later changes nothing else."""
        return random.Random(derived_seed(self.seed, purpose))


@dataclass(frozen=True, slots=True)
class Ask:
    """
    What one request is for: one row, or several of the same split and label.

    Args:
        slots (`tuple[Slot, ...]`):
            The rows' places; at least one.
        chain (`int`, defaults to 0):
            Number of the conversation that the request belongs to, among those of its split and label.
        turn (`int`, defaults to 0):
            Its turn in that conversation: so many earlier replies stand before it.
    """

    slots: tuple[Slot, ...]
    chain: int = 0
    turn: int = 0

    @property
    def first(self) -> Slot:
        """The slot that decides what the prompt holds, and the request's seed."""
        return self.slots[0]

    @property
    def conversation(self) -> tuple[str, str | None, int]:
        """Equal for the requests of one conversation."""
        return self.first.split, self.first.label, self.chain
