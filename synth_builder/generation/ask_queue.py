from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from synth_builder.generation.plan import Plan
from synth_builder.strategies.slot import Ask, Slot


class AskQueue:
    """
    What is to be asked for, in order: the first requests, then each slot whose answer was not used, once more with its
    next draw, as long as there are draws.

    Args:
        plan (`Plan`):
            Makes the next draw of a slot.
        first (`Iterable[Ask]`):
            The first requests.
        redraws (`Mapping`, defaults to `{}`):
            How many further draws there may be for each split and label: `Plan.redraws`.
    """

    def __init__(
        self, plan: Plan, first: Iterable[Ask], redraws: Mapping[tuple[str, str | None], int] | None = None
    ) -> None:
        self._plan = plan
        self._first = iter(first)
        self._redraws = dict(redraws or {})
        self._again: deque[Ask] = deque()

    @classmethod
    def of_plan(cls, plan: Plan, rows_per_request: int = 1, turns: int = 1, pilot: int | None = None) -> "AskQueue":
        """The whole plan with its further draws, or its first `pilot` requests without any."""
        asks = plan.asks(rows_per_request, turns)
        return cls(plan, asks, plan.redraws()) if pilot is None else cls(plan, islice(asks, pilot))

    def next(self) -> Ask | None:
        """The next request; `None` while there is none, which `again` may change."""
        return next(self._first, None) or (self._again.popleft() if self._again else None)

    def again(self, ask: Ask, slot: Slot) -> None:
        """A slot of a request got no row: it is drawn again, if there are draws left for its label."""
        key = slot.split, slot.label
        if self._redraws.get(key, 0) > 0:
            self._redraws[key] -= 1
            self._again.append(self._plan.next_ask(ask, slot))

    def rest(self) -> Iterator[Ask]:
        """Take out everything that waits for a further draw."""
        while self._again:
            yield self._again.popleft()
