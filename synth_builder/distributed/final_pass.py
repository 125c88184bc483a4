from collections.abc import Callable, Sequence
from typing import Any

from synth_builder.distributed.duplicates.keyed_duplicates import KeyedDuplicates
from synth_builder.distributed.records import from_line
from synth_builder.distributed.shard_files import records
from synth_builder.distributed.wave import Wave
from synth_builder.filters.base import Filter
from synth_builder.generation.ask_queue import AskQueue
from synth_builder.generation.judging import Judge
from synth_builder.generation.open_files import allow_open_files
from synth_builder.generation.plan import Plan
from synth_builder.strategies.base import Strategy


class FinalPass:
    """
    Decides about the rows of each wave in the order of the plan, as one process would have: with the same judge, on
    what the shards wrote down. It streams: what is held in memory is what the filters remember.

    Args:
        plan (`Plan`):
            The slots.
        strategy (`Strategy`):
            What the replies were asked with.
        judge (`Judge`):
            Decides.
        filters (`Sequence[Filter]`):
            The judge's filters.
    """

    def __init__(self, plan: Plan, strategy: Strategy, judge: Judge, filters: Sequence[Filter[Any]]) -> None:
        self._plan = plan
        self._strategy = strategy
        self._judge = judge
        self._keyed = [one for one in filters if isinstance(one, KeyedDuplicates)]
        self._queue = AskQueue(plan, (), plan.redraws())

    def settle(self, wave: Wave, on_settled: Callable[[bool], None]) -> Wave | None:
        """
        Decide about one wave, all of whose shards are finished.

        Args:
            wave (`Wave`):
                The next one.
            on_settled (`Callable`):
                Told after each slot whether it has a row now.

        Returns:
            `Wave`, *optional*: The further draws of those slots that have none, as long as there are draws.
        """
        entries = [0] * wave.shards
        for one in self._keyed:
            entries = one.compare([place.path for place in wave.folders])
        allow_open_files(wave.shards)
        lines = [records(place) for place in wave.folders]
        for shard, ask in wave.asks(self._plan, self._strategy):
            draw, answer, readings = from_line(next(lines[shard]), entries[shard])
            entries[shard] += sum(reading.candidate is not None for reading in readings)
            for slot, accepted in zip(ask.slots, self._judge.settle(ask, draw, answer, readings), strict=True):
                if not accepted:
                    self._queue.again(ask, slot)
                on_settled(accepted)
        return wave.next(self._queue.rest(), self._strategy.turns)
