"""Which of several servers gets the next request, and which of them get none for now."""

import asyncio
import contextlib
import logging
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable

from synth_builder.engines.endpoints import Endpoint
from synth_builder.errors import (
    EngineAuthError,
    EngineChangedError,
    EngineError,
    EngineOverloadedError,
    EngineUnreachableError,
)

logger = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds without any server that answers after which a build ends. What was answered is kept."""

FAILURES_TO_OPEN = 10
"""Failures in a row, without one answer between, after which a server gets nothing until it is well again."""

LONGEST_WAIT = 15.0

IDLE = 1.0
"""Seconds without an answer and without a request under way after which a restart would go unnoticed."""

SELDOM = 1.0
"""Seconds between two examinations because of a single 5xx."""


class ServerFailedError(EngineOverloadedError):
    """The server answered that it is in trouble itself (5xx), not that it is busy."""


class ConnectionLostError(EngineOverloadedError):
    """
    No answer came at all: refused, cut or timed out.

    Args:
        message (`str`):
            What happened, as a sentence.
        reason (`str`):
            The same in a few words, for the sentence that `open` makes of it.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class Dispatcher:
    """
    Gives each request to the server with the most free capacity, and none to servers that are out.

    A server is out when a connection to it was lost, or after ten failures in a row (the circuit is open). It is then
    examined, again and again with growing pauses, until it is healthy and still holds the same model; only then is it
    given requests again. So no answer of another model gets in after a restart, and a sick server is not hammered.

    Args:
        endpoints (`list[Endpoint]`):
            The servers, each with its pace.
        examine (`Callable`):
            Looks whether a server is healthy and holds the right model; raises an `EngineError` otherwise, an
            `EngineChangedError` when it is another model.
        patience (`float`, defaults to 120.0):
            Seconds that all servers may be out before every request fails.
        sleep (`Callable`, defaults to `asyncio.sleep`):
            What waits between two examinations.
    """

    def __init__(
        self,
        endpoints: list[Endpoint],
        examine: Callable[[Endpoint], Awaitable[None]],
        patience: float = PATIENCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._endpoints = endpoints
        self._examine = examine
        self._patience = patience
        self._sleep = sleep
        self._jitter = random.Random()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._examinations: dict[int, asyncio.Task[None]] = {}
        self._end: EngineError | None = None
        self._well_at = self._out_at = self._examined_at = time.monotonic()

    @contextlib.asynccontextmanager
    async def endpoint(self) -> AsyncIterator[Endpoint]:
        """
        A server to ask one request of, as soon as one has room; what comes of it is written down.

        Raises:
            EngineChangedError: A server came back with another model.
            EngineUnreachableError: All servers have been out for longer than the patience.
        """
        endpoint = await self._free()
        began = time.monotonic()
        try:
            yield endpoint
        except ConnectionLostError:
            endpoint.pace.refused()
            self._failed(endpoint, out=True)
            raise
        except ServerFailedError:
            endpoint.pace.refused()
            # What stands before a server that restarts answers 502 or 503 for it.
            self._failed(endpoint, out=time.monotonic() - self._examined_at > SELDOM)
            raise
        except EngineOverloadedError:
            endpoint.pace.refused()
            raise
        except EngineError:
            endpoint.failures = 0  # it answered
            raise
        else:
            self._well_at = endpoint.answered_at = time.monotonic()
            endpoint.failures = 0
            endpoint.pace.answered(self._well_at - began)
        finally:
            endpoint.in_flight -= 1
            self.wake()

    async def close(self) -> None:
        """Stop the examinations."""
        examinations = list(self._examinations.values())
        for examination in examinations:
            examination.cancel()
        await asyncio.gather(*examinations, return_exceptions=True)
        self._examinations.clear()

    async def _free(self) -> Endpoint:
        while True:
            if self._end is not None:
                raise self._end
            self._doubt_idle_ones()
            free = [one for one in self._endpoints if not one.out and one.in_flight < one.limit]
            if free:
                endpoint = min(free, key=lambda one: (one.in_flight / one.limit, one.sent))
                endpoint.in_flight += 1
                endpoint.sent += 1
                return endpoint
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            try:
                await turn
            except asyncio.CancelledError:
                if turn.done() and not turn.cancelled():
                    self.wake()  # the place is somebody else's now
                raise

    def _doubt_idle_ones(self) -> None:
        """A server that restarts breaks the connections of requests under way; without any it has to be looked at."""
        now = time.monotonic()
        for one in self._endpoints:
            if not one.out and one.in_flight == 0 and one.answered_at is not None and now - one.answered_at > IDLE:
                self._leave_out(one)

    def wake(self) -> None:
        """Let as many requests go on as there is room for."""
        room = sum(max(0, one.limit - one.in_flight) for one in self._endpoints if not one.out)
        if self._end is not None:
            room = len(self._waiting)
        while self._waiting and room > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                room -= 1

    def _failed(self, endpoint: Endpoint, out: bool = False) -> None:
        endpoint.failures += 1
        if (out or endpoint.failures >= FAILURES_TO_OPEN) and not endpoint.out:
            self._leave_out(endpoint)

    def _leave_out(self, endpoint: Endpoint) -> None:
        endpoint.out = True
        self._out_at = time.monotonic()
        self._examinations[id(endpoint)] = asyncio.create_task(self._until_well(endpoint))

    async def _until_well(self, endpoint: Endpoint) -> None:
        """Examine a server that is out until it is well, or until nobody has patience any more."""
        pause, told, began = 0.25, False, time.monotonic()
        if endpoint.failures >= FAILURES_TO_OPEN:
            await self._sleep(pause)
        while True:
            try:
                await self._examine(endpoint)
            except (EngineChangedError, EngineAuthError) as error:
                self._give_up(error)
                return
            except EngineError as error:
                if not told:
                    told = True
                    logger.warning("%s gets no requests until it is well again: %s", endpoint.url, error)
                left = max(self._well_at, self._out_at) + self._patience - time.monotonic()
                if left <= 0 and all(one.out or one.unused for one in self._endpoints):
                    self._give_up(self._gone(str(error)))
                    return
                wait = pause * self._jitter.uniform(0.5, 1.5)
                await self._sleep(min(wait, left + 0.01) if left > 0 else wait)
                pause = min(LONGEST_WAIT, 2 * pause)
                continue
            break
        if endpoint.failures >= FAILURES_TO_OPEN or told:
            endpoint.pace.restart()
        if told:
            logger.warning("%s is well again after %.0f s.", endpoint.url, time.monotonic() - began)
        endpoint.failures = 0
        endpoint.out = False
        endpoint.answered_at = self._examined_at = time.monotonic()
        self.wake()

    def _gone(self, reason: str) -> EngineUnreachableError:
        which = "The endpoint" if len(self._endpoints) == 1 else f"None of the {len(self._endpoints)} endpoints"
        verb = "has not answered" if len(self._endpoints) == 1 else "has answered"
        return EngineUnreachableError(f"{which} {verb} for {self._patience:.0f} s. {reason}")

    def _give_up(self, error: EngineError) -> None:
        self._end = error
        self.wake()
