import asyncio
from collections import deque
from collections.abc import Callable

from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.judging import Judge
from synth_builder.generation.plan import Plan
from synth_builder.strategies.base import Draw, Strategy
from synth_builder.strategies.slot import Slot

# Answers from the journal need no waiting; now and then the others (Ctrl-C, the bar) get their turn all the same.
BREATH = 64


class Loop:
    """
    Keeps a number of requests under way until every slot has its row or the draws are used up.

    Slots stand in one queue: first the plan, then each slot whose answer was not used, once more with its next draw,
    as long as there are draws.
    Requests leave in the queue's order, answers come in any order, and are judged in the queue's order again. So what
    is accepted does not depend on how many requests are under way or on which comes back first.

    Args:
        plan (`Plan`):
            The slots.
        strategy (`Strategy`):
            Makes the requests.
        asker (`Asker`):
            Answers them.
        judge (`Judge`):
            Decides about the answers.
        on_judged (`Callable`, *optional*):
            Told after each answer whether it became a row.
    """

    def __init__(
        self,
        plan: Plan,
        strategy: Strategy,
        asker: Asker,
        judge: Judge,
        on_judged: Callable[[bool], None] | None = None,
    ) -> None:
        self._plan = plan
        self._strategy = strategy
        self._asker = asker
        self._judge = judge
        self._on_judged = on_judged
        self._first = plan.slots()
        self._again: deque[Slot] = deque()
        self._redraws = plan.redraws()
        self._sent = 0
        self._judged = 0
        self._waiting: dict[int, tuple[Slot, Draw, Answer]] = {}
        self._changed = asyncio.Event()

    async def run(self, concurrency: int) -> None:
        """
        Work until the queue is empty.

        Args:
            concurrency (`int`):
                Requests under way at once.

        Raises:
            SynthBuilderError: What the first worker met that could not go on; the others are stopped.
        """
        workers = [asyncio.create_task(self._work()) for _ in range(concurrency)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            slot = next(self._first, None) or (self._again.popleft() if self._again else None)
            if slot is None:
                if self._judged == self._sent:
                    self._changed.set()
                    return
                self._changed.clear()
                await self._changed.wait()
                continue
            ticket = self._sent
            self._sent += 1
            draw = self._strategy.draw(slot)
            self._waiting[ticket] = (slot, draw, await self._asker.ask(draw.request))
            self._judge_what_is_due()
            if ticket % BREATH == 0:
                await asyncio.sleep(0)

    def _judge_what_is_due(self) -> None:
        while self._judged in self._waiting:
            slot, draw, answer = self._waiting.pop(self._judged)
            self._judged += 1
            accepted = self._judge.judge(slot, draw, answer)
            if not accepted and self._redraws[slot.split, slot.label] > 0:
                self._redraws[slot.split, slot.label] -= 1
                self._again.append(self._plan.next_draw(slot))
            if self._on_judged is not None:
                self._on_judged(accepted)
            self._changed.set()
