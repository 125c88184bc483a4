import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from synth_builder.generation.budget import Budget

Tokens = tuple[int, int, int, int]
"""Tokens of prompts and of replies, and the checker's."""


@dataclass(frozen=True)
class _Part:
    until: float
    tokens: float
    cost: float


class SharedBudget:
    """
    Divides what is left of a budget among shards that tell only from time to time what they used.

    A shard gets a part of what is left and was not given to others; with it used up it tells at once. So what all use
    together goes beyond the budget by no more than the requests that are under way. A part falls back when its holder
    has not told anything for `seconds`.

    Args:
        budget (`Budget`):
            How much all may use.
        used (`tuple[int, int, int, int]`):
            What was used before.
        seconds (`float`):
            How long a part is held for a shard that tells nothing.
        clock (`Callable`, defaults to `time.monotonic`):
            Seconds.
    """

    def __init__(
        self, budget: Budget, used: Tokens, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._budget = budget
        self._used = used
        self._seconds = seconds
        self._clock = clock
        self._told: dict[int, Tokens] = {}
        self._parts: dict[int, _Part] = {}

    def tell(self, shard: int, tokens: Tokens) -> tuple[str | None, Budget]:
        """
        Take in what a shard has used so far.

        Args:
            shard (`int`):
                Its number. One that was begun anew counts from where it is.
            tokens (`tuple[int, int, int, int]`):
                All that it has used.

        Returns:
            `tuple[str | None, Budget]`: Why no shard may make a further request, or `None`; and how much this one may
            use in all, before it tells again.
        """
        now = self._clock()
        self._told[shard] = tokens
        self._parts = {other: part for other, part in self._parts.items() if other != shard and part.until >= now}
        prompt, completion, *checker = (sum(each) for each in zip(self._used, *self._told.values(), strict=True))
        used = (prompt, completion, (checker[0], checker[1]))
        tokens_left, cost_left = self._budget.left(*used)
        sharing = len(self._parts) + 2  # this one, and one for those that begin later
        part = _Part(
            until=now + self._seconds,
            tokens=max(0.0, min(tokens_left / sharing, tokens_left - sum(one.tokens for one in self._parts.values()))),
            cost=max(0.0, min(cost_left / sharing, cost_left - sum(one.cost for one in self._parts.values()))),
        )
        self._parts[shard] = part
        return self._budget.reached(*used), self._up_to(tokens, part)

    def end(self, shard: int) -> None:
        """A shard makes no further request: its part is free."""
        self._parts.pop(shard, None)

    def _up_to(self, tokens: Tokens, part: _Part) -> Budget:
        budget = self._budget
        cost = budget.cost(tokens[0], tokens[1], (tokens[2], tokens[3]))
        return replace(
            budget,
            max_tokens=None if budget.max_tokens is None else sum(tokens) + math.ceil(part.tokens),
            max_cost=None if budget.max_cost is None else cost + part.cost,
        )
