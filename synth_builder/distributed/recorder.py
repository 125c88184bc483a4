from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from synth_builder.distributed.duplicates.row_keys import RowKeys
from synth_builder.distributed.records import to_line
from synth_builder.distributed.shard_files import RecordWriter, ShardFolder, ShardSum
from synth_builder.filters.base import Filter
from synth_builder.filters.duplicates import Duplicates
from synth_builder.generation.asking import Answer, Asker
from synth_builder.generation.reading import AnswerReader, Reading
from synth_builder.generation.setup import Setup
from synth_builder.generation.tally import Tally
from synth_builder.strategies.base import Draw, Strategy
from synth_builder.strategies.slot import Ask


class Recorder:
    """
    Writes answers down for the pass over those of all shards, and the keys of their rows. It decides nothing.

    Args:
        setup (`Setup`):
            What is generated.
        strategy (`Strategy`):
            Reads the replies.
        filters (`Sequence[Filter]`):
            Those that do not remember rows.
        folder (`ShardFolder`):
            Where to.
        passed_over (`int`, defaults to 0):
            So many first answers are not written: they stand in the records of an earlier wave.
    """

    def __init__(
        self,
        setup: Setup,
        strategy: Strategy,
        filters: Sequence[Filter[Any]],
        folder: ShardFolder,
        passed_over: int = 0,
    ) -> None:
        self._filters = filters
        self._tally = Tally({}, has_checker=True)
        self._reader = AnswerReader(strategy, filters, self._tally)
        self._left = passed_over
        self._open = ExitStack()
        self._records = RecordWriter(folder)
        self._keys: RowKeys | None = None
        for filter_class, options in setup.filter_classes():
            if issubclass(filter_class, Duplicates):
                self._keys = RowKeys(folder.path, options.threshold, setup.recipe.task.label_names)
        self.settled = 0

    async def read(self, ask: Ask, draw: Draw, answer: Answer, asker: Asker) -> list[Reading]:
        """Read an answer as soon as it is there, out of order."""
        return await self._reader.read(ask, draw, answer, asker)

    def settle(self, ask: Ask, draw: Draw, answer: Answer, readings: Sequence[Reading]) -> list[bool]:
        """Write an answer down, in order. Nothing is drawn again here: that is for the next wave."""
        if self._left:
            self._left -= 1
            return [True] * len(ask.slots)
        self._records.add(to_line(draw, answer, readings, self._filters))
        if self._keys is not None:
            for reading in readings:
                if reading.candidate is not None:
                    self._keys.add(reading.candidate)
        self.settled += len(ask.slots)
        return [True] * len(ask.slots)

    def counted(self, asked: int) -> ShardSum:
        """What the shard came to, with the requests that went out."""
        return ShardSum(asked, self._tally.check_requests, list(self._tally.checker_tokens), self.settled)

    def __enter__(self) -> Self:
        self._open.enter_context(self._records)
        if self._keys is not None:
            self._open.callback(self._keys.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)
