import math
from dataclasses import dataclass
from typing import Protocol

PER = 1_000_000


@dataclass(frozen=True)
class Prices:
    """
    What tokens cost, in any one currency.

    Args:
        prompt, completion (`float`, defaults to 0.0):
            Price of a million tokens of prompts and of replies.
    """

    prompt: float = 0.0
    completion: float = 0.0

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Price of so many tokens."""
        return (self.prompt * prompt_tokens + self.completion * completion_tokens) / PER

    def __bool__(self) -> bool:
        return bool(self.prompt or self.completion)


class Limit(Protocol):
    """Who says whether more may be used."""

    @property
    def limited(self) -> bool:
        """Whether it depends on the tokens that an engine tells."""

    def reached(
        self, prompt_tokens: int, completion_tokens: int, checker_tokens: tuple[int, int] = (0, 0)
    ) -> str | None:
        """Why no further request may be made, or `None` while there is something left."""


@dataclass(frozen=True)
class Budget:
    """
    How much a build of a variant may use, answers of earlier runs counted.

    Args:
        max_tokens (`int`, *optional*):
            Tokens of prompts and replies together.
        max_cost (`float`, *optional*):
            In the currency of the prices.
        prices (`Prices`):
            What tokens cost.
        checker_prices (`Prices`):
            What the tokens of a checker cost.
    """

    max_tokens: int | None = None
    max_cost: float | None = None
    prices: Prices = Prices()
    checker_prices: Prices = Prices()

    @property
    def priced(self) -> bool:
        """Whether anything has a price."""
        return bool(self.prices) or bool(self.checker_prices)

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return self.max_tokens is not None or self.max_cost is not None

    def cost(self, prompt_tokens: float, completion_tokens: float, checker_tokens: tuple[float, float]) -> float:
        """Price of so many tokens of the model that writes, and of the checker."""
        return self.prices.cost(prompt_tokens, completion_tokens) + self.checker_prices.cost(*checker_tokens)

    def left(
        self, prompt_tokens: int, completion_tokens: int, checker_tokens: tuple[int, int] = (0, 0)
    ) -> tuple[float, float]:
        """Tokens and cost that are left, with the arguments of `reached`; infinite where there is no limit."""
        tokens = prompt_tokens + completion_tokens + sum(checker_tokens)
        cost = self.cost(prompt_tokens, completion_tokens, checker_tokens)
        return (
            math.inf if self.max_tokens is None else max(0.0, self.max_tokens - tokens),
            math.inf if self.max_cost is None else max(0.0, self.max_cost - cost),
        )

    def reached(
        self, prompt_tokens: int, completion_tokens: int, checker_tokens: tuple[int, int] = (0, 0)
    ) -> str | None:
        """
        Why no further request may be made, or `None` while there is something left.

        Args:
            prompt_tokens (`int`):
                Tokens of prompts that the model that writes has used.
            completion_tokens (`int`):
                The same of its replies.
            checker_tokens (`tuple[int, int]`, defaults to `(0, 0)`):
                Tokens of prompts and of replies that the checker has used.
        """
        tokens = prompt_tokens + completion_tokens + sum(checker_tokens)
        if self.max_tokens is not None and tokens >= self.max_tokens:
            return f"{tokens:,} tokens were used, {self.max_tokens:,} are allowed"
        cost = self.cost(prompt_tokens, completion_tokens, checker_tokens)
        if self.max_cost is not None and cost >= self.max_cost:
            return f"{cost:.4f} were spent, {self.max_cost:.4f} are allowed"
        return None
