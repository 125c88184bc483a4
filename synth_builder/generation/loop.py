import asyncio
from collections import deque
from collections.abc import Callable

from synth_builder.errors import BudgetReachedError
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.judging import Judge, Reading
from synth_builder.generation.plan import Plan
from synth_builder.strategies.base import Draw, Strategy
from synth_builder.strategies.slot import Ask

# Answers from the journal need no waiting; now and then the others (Ctrl-C, the bar) get their turn all the same.
BREATH = 64

WINDOW = 10_000
"""Answers that may wait for an earlier one, so that one request that takes for ever does not fill the memory."""

WORKERS = 2
"""Workers for each request under way: some wait for another try while others ask."""


class Loop:
    """
    Keeps a number of requests under way until every slot has its row or the draws are used up.

    Requests stand in one queue: first the plan, then each slot whose answer was not used, once more with its next
    draw, as long as there are draws. They leave in the queue's order, answers come in any order, and are judged in the
    queue's order again. So what is accepted does not depend on how many requests are under way or on which comes back
    first.

    Args:
        plan (`Plan`):
            The slots.
        strategy (`Strategy`):
            Makes the requests and reads the replies.
        asker (`Asker`):
            Answers them.
        judge (`Judge`):
            Decides about the rows.
        on_judged (`Callable`, *optional*):
            Told after each slot whether it has a row now.
        most_asks (`int`, *optional*):
            End after so many requests of the plan, without second draws: a pilot.
    """

    def __init__(
        self,
        plan: Plan,
        strategy: Strategy,
        asker: Asker,
        judge: Judge,
        on_judged: Callable[[bool], None] | None = None,
        most_asks: int | None = None,
    ) -> None:
        self._plan = plan
        self._strategy = strategy
        self._asker = asker
        self._judge = judge
        self._on_judged = on_judged
        self._most_asks = most_asks
        self._first = plan.asks(strategy.rows_per_request, strategy.turns)
        self._again: deque[Ask] = deque()
        self._redraws = plan.redraws() if most_asks is None else {}
        self._sent = 0
        self._judged = 0
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
            while self._sent - self._judged >= WINDOW and self._stopped is None:
                await self._next_change()
            if self._stopped is not None:
                return
            ask = self._next_ask()
            if ask is None:
                if self._judged == self._sent:
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
            self._waiting[ticket] = (ask, draw, answer, await self._judge.read(ask, draw, answer, self._asker))
            self._judge_what_is_due()
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

    def _next_ask(self) -> Ask | None:
        if self._most_asks is not None and self._sent >= self._most_asks:
            return None
        return next(self._first, None) or (self._again.popleft() if self._again else None)

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

    def _judge_what_is_due(self) -> None:
        while self._judged in self._waiting:
            ask, draw, answer, readings = self._waiting.pop(self._judged)
            self._judged += 1
            self._judge.spend(answer)
            for slot, reading in zip(ask.slots, readings, strict=True):
                accepted = self._judge.judge(slot, draw, answer, reading)
                if not accepted and self._redraws.get((slot.split, slot.label), 0) > 0:
                    self._redraws[slot.split, slot.label] -= 1
                    self._again.append(self._plan.next_ask(ask, slot))
                if self._on_judged is not None:
                    self._on_judged(accepted)
            self._changed.set()
