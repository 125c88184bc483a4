import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence

from synth_builder.distributed.leasing.coordinator import Coordination, Report
from synth_builder.distributed.recorder import Recorder
from synth_builder.engines.base import Engine
from synth_builder.generation.asking import Asker
from synth_builder.generation.budget import Budget
from synth_builder.generation.checking import Checker

RENEWALS = 8
"""Renewals within the time of a lease."""

FIRST_WAIT = 0.05
"""Seconds to the second request for a share; doubled each time until there is one. So long is the least time between
two renewals, too."""


class LeaseKeeper:
    """
    Holds a shard's share of the servers while it works, and tells how far it is. Without a share nothing is sent; nor
    when the share could not be renewed for half of its time, as others may get it soon.

    It is also the shard's budget: whether more may be used is said by the coordinator, who knows what all have used.
    With its part used up a shard sends nothing before the coordinator was told.

    Args:
        coordination (`Coordination`):
            Who gives the shares.
        shard (`int`):
            The shard's number.
        seconds (`float`):
            How long a lease holds.
    """

    limited = False

    def __init__(self, coordination: Coordination, shard: int, seconds: float) -> None:
        self._coordination = coordination
        self._shard = shard
        self._seconds = seconds
        self._holder = f"{shard}-{uuid.uuid4().hex}"
        self._stop: str | None = None
        self._part: Budget | None = None
        self._engines: Sequence[Engine] = ()
        self._soon = asyncio.Event()

    def reached(
        self, prompt_tokens: int, completion_tokens: int, checker_tokens: tuple[int, int] = (0, 0)
    ) -> str | None:
        """Why no further request may be made, or `None`."""
        if self._part is not None and self._part.reached(prompt_tokens, completion_tokens, checker_tokens):
            self._part = None  # until there is another
            self._soon.set()
            self._allow({})
        return self._stop

    @contextlib.asynccontextmanager
    async def keeping(
        self, engines: Sequence[Engine], asker: Asker, checker: Checker | None, recorder: Recorder
    ) -> AsyncIterator[None]:
        """Keep a share while the block runs, and give it back at its end."""

        def report() -> Report:
            return Report(
                shard=self._shard,
                settled=recorder.settled,
                tokens=asker.tokens,
                checker_tokens=checker.tokens if checker is not None else (0, 0),
                in_use={server: used for engine in engines for server, used in engine.in_use().items()},
                capacities={server: most for engine in engines for server, most in engine.capacities().items()},
            )

        async def renew() -> None:
            clock = asyncio.get_running_loop().time
            renewed, wait = clock(), FIRST_WAIT
            while True:
                shares: dict[str, int] | None = None
                try:
                    # Not `wait_for`: before Python 3.12 it loses a cancellation that comes together with the answer.
                    async with asyncio.timeout(self._seconds / 2):
                        terms = await self._coordination.renew(self._holder, report())
                except (TimeoutError, ConnectionError):
                    shares = {} if clock() - renewed > self._seconds / 2 else None
                else:
                    renewed, shares, self._stop, self._part = clock(), terms.shares, terms.stop, terms.budget
                    self._soon.clear()
                if shares is not None:
                    self._allow(shares)
                # What the servers take is not known before an engine is open, which it is in a moment.
                waits_for_share = not any((shares or {}).values()) and any(engine.takes_shares for engine in engines)
                wait = min(2 * wait, self._seconds / 2) if waits_for_share else self._seconds / RENEWALS
                await self._sleep(wait)

        self._engines = engines
        self._allow({})
        renewing = asyncio.create_task(renew())
        try:
            yield
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)
            await self._coordination.release(self._holder)

    def _allow(self, shares: Mapping[str, int]) -> None:
        for engine in self._engines:
            engine.allow(shares)

    async def _sleep(self, seconds: float) -> None:
        """Until the next renewal is due, or sooner where there is something to tell."""
        clock = asyncio.get_running_loop().time
        begun = clock()
        either = {asyncio.ensure_future(asyncio.sleep(seconds)), asyncio.ensure_future(self._soon.wait())}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in either:
                one.cancel()
        if self._soon.is_set() and clock() - begun < FIRST_WAIT:
            await asyncio.sleep(FIRST_WAIT - (clock() - begun))
