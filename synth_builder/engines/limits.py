"""Which errors are worth another try, how often and after how long: decided here for every engine."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import EngineError, EngineOverloadedError, EngineReplyError

LONGEST_QUEUE = 60.0
"""Seconds that a retry waits for its turn when the budget of retries is used up, at most."""


@dataclass(frozen=True)
class RetryPolicy:
    """
    How patient to be with a server. The defaults wait about two minutes in all.

    Args:
        attempts (`int`, defaults to 10):
            Tries of a request that is refused for now or lost, the first one counted.
        reply_attempts (`int`, defaults to 3):
            Tries of a request whose answer is not in the protocol's form.
        base (`float`, defaults to 0.5):
            Seconds before the second try; doubled before each further one.
        cap (`float`, defaults to 30.0):
            The most seconds that are waited of our own accord.
        patience (`float`, defaults to 300.0):
            The most seconds that a server may ask to wait (`Retry-After`). Asked for more, the request fails at once.
        jitter (`random.Random`, *optional*):
            Spreads the waiting times by half, so that requests refused together do not come back together. It
            decides about time only, never about rows.
        sleep (`Callable`, defaults to `asyncio.sleep`):
            What waits.
    """

    attempts: int = 10
    reply_attempts: int = 3
    base: float = 0.5
    cap: float = 30.0
    patience: float = 300.0
    jitter: random.Random = field(default_factory=random.Random, repr=False, compare=False)
    sleep: Callable[[float], Awaitable[None]] = field(default=asyncio.sleep, repr=False, compare=False)

    def tries(self, error: EngineError) -> int:
        """How often a request that ended in this error is tried, the first one counted."""
        if isinstance(error, EngineOverloadedError):
            waits_too_long = error.retry_after is not None and error.retry_after > self.patience
            return 1 if waits_too_long else self.attempts
        return self.reply_attempts if isinstance(error, EngineReplyError) else 1

    def delay(self, failures: int, retry_after: float | None = None) -> float:
        """
        Seconds to wait before the next try.

        Args:
            failures (`int`):
                Tries that failed so far, at least 1.
            retry_after (`float`, *optional*):
                Seconds that the server asked for; never less is waited.

        Returns:
            `float`: Between half and one and a half of the doubled base, or a little more than the server asked for.
        """
        own = min(self.cap, self.base * 2.0 ** min(failures - 1, 30)) * self.jitter.uniform(0.5, 1.5)
        return own if retry_after is None else max(own, retry_after * self.jitter.uniform(1.0, 1.1))


class RetryBudget:
    """
    Keeps retries a small share of all requests, so that a server in trouble is not given several times its load: each
    first try pays in a share of a retry, each retry takes out a whole one. With nothing left, one retry a second may
    still go.

    Args:
        share (`float`, defaults to 0.2):
            Retries for each first try.
        reserve (`float`, defaults to 100.0):
            Retries that may be made before any first try has paid.
    """

    def __init__(self, share: float = 0.2, reserve: float = 100.0) -> None:
        self.share = share
        self.reserve = self.left = reserve
        self._next_free = 0.0

    def pay_in(self) -> None:
        """Told of each first try."""
        self.left = min(self.reserve + 100, self.left + self.share)

    def take(self, now: float) -> float:
        """
        Take out one retry.

        Args:
            now (`float`):
                Seconds of a clock that only rises.

        Returns:
            `float`: Seconds that it has to wait for, 0 while there are retries left.
        """
        if self.left >= 1:
            self.left -= 1
            return 0.0
        # A queue that grew while the server was away must not outlast its return.
        self._next_free = min(max(now, self._next_free) + 1.0, now + LONGEST_QUEUE)
        return self._next_free - now


async def complete_with_retries(
    complete: Callable[[Request], Awaitable[Completion]],
    request: Request,
    policy: RetryPolicy,
    on_retry: Callable[[EngineError, int, float], None] | None = None,
    budget: RetryBudget | None = None,
) -> Completion:
    """
    Ask until there is an answer, or until another try is no longer worth it.

    Args:
        complete (`Callable`):
            Asks once; an engine's `complete`, as a rule.
        request (`Request`):
            What is asked.
        policy (`RetryPolicy`):
            How often and how long.
        on_retry (`Callable`, *optional*):
            Called before each wait with the error, the number of tries that failed so far, and the seconds to wait.
        budget (`RetryBudget`, *optional*):
            How many retries all requests together have left. Any number when not given.

    Returns:
        `Completion`: The answer.

    Raises:
        EngineOverloadedError: Refused or lost at every try; the text says how many and for how long.
        EngineReplyError: Answered, but never in the protocol's form.
        EngineError: Any other kind, at once and untouched.
    """
    start = time.monotonic()
    failures = 0
    if budget is not None:
        budget.pay_in()
    while True:
        try:
            return await complete(request)
        except (EngineOverloadedError, EngineReplyError) as error:
            failures += 1
            retry_after = error.retry_after if isinstance(error, EngineOverloadedError) else None
            if failures >= policy.tries(error):
                raise spent(error, failures, time.monotonic() - start, retry_after) from error
            seconds = policy.delay(failures, retry_after)
            if budget is not None:
                seconds = max(seconds, budget.take(time.monotonic()))
            if on_retry is not None:
                on_retry(error, failures, seconds)
        await policy.sleep(seconds)


def spent(
    error: EngineError, failures: int, seconds: float, retry_after: float | None
) -> EngineOverloadedError | EngineReplyError:
    """The last error once more, with what was tried before it."""
    times = "1 try" if failures == 1 else f"{failures} tries over {seconds:.0f} s"
    if isinstance(error, EngineReplyError):
        return EngineReplyError(f"{error} Given up after {times}.")
    waiting = f" The server asks to wait {retry_after:.0f} s." if retry_after else ""
    return EngineOverloadedError(
        f"{error}{waiting} Given up after {times}; lower --concurrency if the server is alive but too busy.",
        retry_after,
    )
