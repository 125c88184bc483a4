import random
from dataclasses import dataclass

from synth_builder.recipes.seeds import derived_seed


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
    """

    split: str
    index: int
    draw: int
    label: str | None
    seed: int

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
