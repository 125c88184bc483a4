import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from synth_builder.errors import BudgetReachedError
from synth_builder.generation.ask_queue import AskQueue
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.reading import Reading
from synth_builder.strategies.base import Draw, Strategy
from synth_builder.strategies.slot import Ask

# Answers from the journal need no waiting; now and then the others (Ctrl-C, the bar) get their turn all the same.
BREATH = 64

WINDOW = 10_000
"""Answers that may wait for an earlier one, so that one request that takes for ever does not fill the memory."""

WORKERS = 2
"""Workers for each request under way: some wait for another try while others ask."""


class Reader(Protocol):
    """What is done with answers: a `Judge`, or whoever writes them down for one."""

    async def read(self, ask: Ask, draw: Draw, answer: Answer, asker: Asker) -> list[Reading]:
        """Read an answer as soon as it is there, in any order."""

    def settle(self, ask: Ask, draw: Draw, answer: Answer, readings: Sequence[Reading]) -> list[bool]:
        """Take an answer in, in the order of the queue; for each slot whether it needs no further draw."""


class Loop:
    """
    Keeps a number of requests under way until the queue is empty.

    They leave in the queue's order, answers come in any order, and are taken in in the queue's order again. So what is
    accepted does not depend on how many requests are under way or on which comes back first.

    Args:
        queue (`AskQueue`):
            What is asked for.
        strategy (`Strategy`):
            Makes the requests.
        asker (`Asker`):
            Answers them.
        reader (`Reader`):
            Reads the answers and takes them in.
        on_settled (`Callable`, *optional*):
            Told after each slot whether it has a row now.
    """

    def __init__(
        self,
        queue: AskQueue,
        strategy: Strategy,
        asker: Asker,
        reader: Reader,
        on_settled: Callable[[bool], None] | None = None,
    ) -> None:
        self._queue = queue
        self._strategy = strategy
        self._asker = asker
        self._reader = reader
        self._on_settled = on_settled
        self._sent = 0
        self._settled = 0
        self._waiting: dict[int, tuple[Ask, Draw, Answer, list[Reading]]] = {}
        self._replies: dict[tuple[str, str | None, int], list[asyncio.Future[str]]] = {}
        self._changed = asyncio.Event()
        self._stopped: str | None = None

    async def run(self, concurrency: int) -> None:
        """
        Work until the queue is empty.

        Args:
            concurrency (`int`):
                Requests under way at once.

        Raises:
            BudgetReachedError: The budget is used up; requests that were under way came to their end.
            SynthBuilderError: What the first worker met that could not go on; the others are stopped.
        """
        workers = [asyncio.create_task(self._work()) for _ in range(WORKERS * concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        if self._stopped is not None:
            raise BudgetReachedError(
                f"The build stopped before its end: {self._stopped}. What was answered is kept: allow more and run "
                "the same again to go on from there."
            )

    async def _work(self) -> None:
        while True:
            while self._sent - self._settled >= WINDOW and self._stopped is None:
                await self._next_change()
            if self._stopped is not None:
                return
            ask = self._queue.next()
            if ask is None:
                if self._settled == self._sent:
                    self._changed.set()
                    return
                await self._next_change()
                continue
            ticket = self._sent
            self._sent += 1
            # Taken up before anything is waited for, so that a later turn finds the place of this reply.
            reply = self._place_for_reply(ask)
            draw = self._strategy.draw(ask.first, len(ask.slots), await self._history(ask))
            if await self._must_stop(draw):
                return
            answer = await self._asker.answer(draw)
            if reply is not None and not reply.done():
                reply.set_result(answer.completion.text if answer.completion else "")
            self._waiting[ticket] = (ask, draw, answer, await self._reader.read(ask, draw, answer, self._asker))
            self._settle_what_is_due()
            if ticket % BREATH == 0:
                await asyncio.sleep(0)

    async def _must_stop(self, draw: Draw) -> bool:
        """Whether the budget forbids this request. Answers that are there already may be read in any case."""
        reached = self._asker.over_budget()
        if self._stopped is None and (reached is None or await self._asker.knows(draw)):
            return False
        self._stopped = self._stopped or reached
        self._changed.set()
        for replies in self._replies.values():
            for reply in replies:
                if not reply.done():
                    reply.set_result("")  # who waits for it looks here next, and stops
        return True

    async def _next_change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _place_for_reply(self, ask: Ask) -> "asyncio.Future[str] | None":
        if self._strategy.turns == 1 or ask.first.draw:
            return None
        replies = self._replies.setdefault(ask.conversation, [])
        replies.append(asyncio.get_running_loop().create_future())
        return replies[-1]

    async def _history(self, ask: Ask) -> list[str]:
        """Replies of the earlier turns of a request's conversation: those of their first draws."""
        if not ask.turn:
            return []
        return [await reply for reply in self._replies[ask.conversation][: ask.turn]]

    def _settle_what_is_due(self) -> None:
        while self._settled in self._waiting:
            ask, draw, answer, readings = self._waiting.pop(self._settled)
            self._settled += 1
            for slot, done in zip(ask.slots, self._reader.settle(ask, draw, answer, readings), strict=True):
                if not done:
                    self._queue.again(ask, slot)
                if self._on_settled is not None:
                    self._on_settled(done)
            self._changed.set()
