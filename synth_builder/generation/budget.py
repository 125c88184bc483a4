from dataclasses import dataclass

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
    """

    max_tokens: int | None = None
    max_cost: float | None = None
    prices: Prices = Prices()

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return self.max_tokens is not None or self.max_cost is not None

    def reached(self, prompt_tokens: int, completion_tokens: int) -> str | None:
        """Why no further request may be made, or `None` while there is something left."""
        if self.max_tokens is not None and prompt_tokens + completion_tokens >= self.max_tokens:
            return f"{prompt_tokens + completion_tokens:,} tokens were used, {self.max_tokens:,} are allowed"
        cost = self.prices.cost(prompt_tokens, completion_tokens)
        if self.max_cost is not None and cost >= self.max_cost:
            return f"{cost:.4f} were spent, {self.max_cost:.4f} are allowed"
        return None
