import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from synth_builder.engines.base import Completion
from synth_builder.filters.base import Candidate, Filter
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.tally import Tally
from synth_builder.strategies.base import Draft, Draw, Strategy, Unusable
from synth_builder.strategies.slot import Ask


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What an answer holds for one slot.

    Args:
        draft (`Draft` or `Unusable`, *optional*):
            The row as it was read, or why there is none. Nothing when there was no answer.
        candidate (`Candidate`, *optional*):
            The row as the filters see it, with the replies to what they asked.
    """

    draft: Draft | Unusable | None = None
    candidate: Candidate | None = None


class AnswerReader:
    """
    Reads answers, and asks what filters want to know about their rows.

    Args:
        strategy (`Strategy`):
            Reads the replies.
        filters (`Sequence[Filter]`):
            Those of the recipe, in its order; those that remember rows may be missing.
        tally (`Tally`):
            Where requests about rows are counted.
    """

    def __init__(self, strategy: Strategy, filters: Sequence[Filter[Any]], tally: Tally) -> None:
        self._strategy = strategy
        self._filters = filters
        self._tally = tally
        self._asking = any(one.asks for one in filters)

    async def read(self, ask: Ask, draw: Draw, answer: Answer, asker: Asker) -> list[Reading]:
        """
        Read an answer as soon as it is there, out of order: nothing of it depends on other rows.

        Filters that ask the model get their replies here; rows that a filter before them rejects whatever the other
        rows are cost no such request.
        """
        if answer.completion is None:
            return [Reading()] * len(ask.slots)
        drafts = self._strategy.read_all(ask.slots, answer.completion, draw)
        readings = [Reading(draft, _candidate(draft, draw)) for draft in drafts]
        if not self._asking:
            return readings
        # The rows of one reply do not wait for each other.
        return await asyncio.gather(*(self._with_replies(reading, asker) for reading in readings))

    async def _with_replies(self, reading: Reading, asker: Asker) -> Reading:
        candidate = reading.candidate
        if candidate is None:
            return reading
        replies: dict[str, tuple[Completion | None, ...]] = {}
        for one in self._filters:
            if one.asks:
                answers = await asyncio.gather(*(asker.check(request) for request in one.requests(candidate)))
                replies[one.name] = tuple(answer.completion for answer in answers)
                for answer in answers:
                    self._tally.check(answer.completion)
                candidate = replace(candidate, replies=replies)
            if not one.remembers and one.check(candidate):
                break
        return replace(reading, candidate=candidate)


def _candidate(draft: Draft | Unusable, draw: Draw) -> Candidate | None:
    """The row as the filters see it, where there is one."""
    if not isinstance(draft, Draft):
        return None
    return Candidate(draft.columns, draft.label, draw.ingredients.demonstrations)
