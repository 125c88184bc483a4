import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synth_builder.distributed.shard_files import ShardFolder
from synth_builder.generation.plan import Plan, part_of
from synth_builder.recipes.fingerprint import digest
from synth_builder.strategies.base import Strategy
from synth_builder.strategies.slot import Ask

ASKS = "asks.jsonl"
ASKS_OF_SHARDS = "asks"

LEAST_ASKS = 1_000
"""Requests of a shard, at least, in a wave of further draws."""

BUFFERED = 100_000
"""Requests that are held in memory while they are cut into files, one for each shard."""


@dataclass(frozen=True)
class Wave:
    """
    Requests that can be asked in any order, as none of them depends on a row of another: the plan, then all further
    draws of those of its slots that got no row, and so on. Each wave is what one process would ask next.

    Args:
        number (`int`):
            0 for the plan.
        work (`Path`):
            Work folder of the variant.
        identity (`str`):
            Hash of everything that decides the rows.
        shards (`int`):
            Parts that it is asked in.
        most_shards (`int`):
            Parts that a large wave is asked in.
        draws (`int`, defaults to 0):
            Further draws that it holds; none in the wave of the plan.
    """

    number: int
    work: Path
    identity: str
    shards: int
    most_shards: int
    draws: int = 0

    @classmethod
    def of_plan(cls, work: Path, identity: str, shards: int) -> "Wave":
        """The first wave."""
        return cls(0, work, identity, shards, shards)

    @property
    def name(self) -> str:
        """Equal for equal waves of equal builds alone."""
        told = {"identity": self.identity, "shards": [self.shards, self.most_shards]}
        return f"{self.number:03d}-{digest(told)}"

    @property
    def folders(self) -> list[ShardFolder]:
        """Where its shards put what they find."""
        return [ShardFolder(self.work, self.name, shard, self.shards) for shard in range(self.shards)]

    def size(self, plan: Plan) -> int:
        """Slots that it asks for."""
        return self.draws if self.number else plan.rows

    def next(self, asks: Iterable[Ask], turns: int) -> "Wave | None":
        """
        The wave of further draws after this one, written down: whole for the pass over all shards, and what belongs
        to each shard in a file of its own. A small wave is asked in fewer parts: those of a conversation find their
        earlier replies in the journals of the others.

        Args:
            asks (`Iterable[Ask]`):
                All its requests, in order.
            turns (`int`):
                The most requests of one conversation.

        Returns:
            `Wave`, *optional*: `None` where there are no requests.
        """
        unfinished = self.work / "shards" / f"{ASKS}.part"
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        count = 0
        with unfinished.open("w", encoding="utf-8") as file:
            for ask in asks:
                slot = ask.first
                told = [slot.split, slot.index, slot.draw, slot.label, slot.rank, ask.chain, ask.turn]
                file.write(json.dumps(told) + "\n")
                count += 1
        if not count:
            unfinished.unlink()
            return None
        shards = max(1, min(self.most_shards, count // LEAST_ASKS))
        after = Wave(self.number + 1, self.work, self.identity, shards, self.most_shards, count)
        after._path.parent.mkdir(parents=True, exist_ok=True)
        after._cut(unfinished, turns)
        unfinished.replace(after._path)
        return after

    def asks_file(self, shard: int) -> Path:
        """Where the requests of one shard stand, in a wave of further draws."""
        return self._path.parent / ASKS_OF_SHARDS / f"{shard:05d}.jsonl"

    def asks(self, plan: Plan, strategy: Strategy) -> Iterator[tuple[int, Ask]]:
        """All its requests, in order, each with the shard that it belongs to."""
        for ask in self._asks(plan, strategy):
            yield part_of(ask.first.index, ask.chain, strategy.turns, self.shards), ask

    def asks_of(self, shard: int, plan: Plan, strategy: Strategy) -> Iterator[Ask]:
        """The requests of one shard."""
        if self.number == 0:
            return plan.asks(strategy.rows_per_request, strategy.turns, (shard, self.shards))
        return _read(self.asks_file(shard), plan)

    def earlier_turns(self, shard: int, plan: Plan, strategy: Strategy) -> list[Ask]:
        """
        Requests of the plan that stand before those of a shard in their conversations. Their replies are in the
        shard's journal: the requests of a conversation stay in one shard.
        """
        if self.number == 0 or strategy.turns == 1:
            return []
        latest: dict[tuple[str, str | None, int], int] = {}
        for ask in self.asks_of(shard, plan, strategy):
            latest[ask.conversation] = max(ask.turn, latest.get(ask.conversation, 0))
        first = plan.asks(strategy.rows_per_request, strategy.turns, (shard, self.shards))
        return [ask for ask in first if ask.turn < latest.get(ask.conversation, 0)]

    @property
    def _path(self) -> Path:
        return self.work / "shards" / self.name / ASKS

    def _asks(self, plan: Plan, strategy: Strategy) -> Iterator[Ask]:
        if self.number == 0:
            return plan.asks(strategy.rows_per_request, strategy.turns)
        return _read(self._path, plan)

    def _cut(self, whole: Path, turns: int) -> None:
        """Write the requests of each shard into a file of its own, with one of them open at a time."""
        folder = self.asks_file(0).parent
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        lines: dict[int, list[str]] = defaultdict(list)
        buffered = 0

        def write() -> None:
            for shard, told in lines.items():
                with self.asks_file(shard).open("a", encoding="utf-8") as file:
                    file.writelines(told)
            lines.clear()

        for shard in range(self.shards):
            self.asks_file(shard).touch()  # one without requests has a file, too
        with whole.open(encoding="utf-8") as file:
            for line in file:
                _, index, _, _, _, chain, _ = json.loads(line)
                lines[part_of(index, chain, turns, self.shards)].append(line)
                buffered += 1
                if buffered % BUFFERED == 0:
                    write()
        write()


def _read(path: Path, plan: Plan) -> Iterator[Ask]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            split, index, draw, label, rank, chain, turn = json.loads(line)
            yield Ask((plan.slot(split, index, draw, label, rank),), chain, turn)
