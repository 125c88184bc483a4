from collections.abc import Callable
from dataclasses import dataclass

from synth_builder.distributed.cluster import Cluster
from synth_builder.distributed.shard import Asked, ShardWork
from synth_builder.distributed.shard_files import ShardFolder
from synth_builder.distributed.storage.build_storage import BuildStorage
from synth_builder.distributed.wave import Wave
from synth_builder.engines.base import Completion
from synth_builder.engines.limits import RetryPolicy
from synth_builder.generation.budget import Budget
from synth_builder.generation.setup import Setup
from synth_builder.generation.tally import Tally
from synth_builder.progress import Bar, bar


@dataclass(frozen=True)
class WaveAsking:
    """
    Asks wave after wave by shards.

    Args:
        setup (`Setup`):
            What is generated.
        writer (`Asked`):
            Who is asked.
        checker (`Asked`, *optional*):
            Who is asked about rows, where that is another.
        prepared (`list[list[Completion]]`):
            Replies to what the strategy asked before the first row, round by round.
        policy (`RetryPolicy`):
            How patient to be with the engines.
        budget (`Budget`, *optional*):
            How much may be used.
        lease_seconds (`float`):
            How long a share of the servers holds.
        stored (`BuildStorage`, *optional*):
            The storage that shards share.
        in_turns (`bool`):
            Whether requests are turns of conversations.
    """

    setup: Setup
    writer: Asked
    checker: Asked | None
    prepared: list[list[Completion]]
    policy: RetryPolicy
    budget: Budget | None
    lease_seconds: float
    stored: BuildStorage | None
    in_turns: bool

    def ask(self, wave: Wave, cluster: Cluster, tally: Tally) -> int:
        """
        Ask what a wave has and no finished shard of it was answered, and read it.

        Args:
            wave (`Wave`):
                The requests.
            cluster (`Cluster`):
                Where the shards are run.
            tally (`Tally`):
                What was used so far; what filters asked in this wave is added.

        Returns:
            `int`: Requests that were asked now.
        """
        if self.stored is not None:
            self.stored.offer(wave)
        counted = [place.finished() for place in wave.folders]
        works = [self._work(wave, shard, cluster.workers) for shard, one in enumerate(counted) if one is None]
        asked = 0
        if works:
            used = (tally.prompt_tokens, tally.completion_tokens, *tally.checker_tokens)
            title = f"{self.setup.variant.name}, asking{' again' if wave.number else ''}"
            with bar(wave.size(self.setup.plan()), title, "slot", stays=False) as shown:
                move = _mover(shown, sum(one.slots for one in counted if one is not None))
                found = cluster.run(works, self.budget, used, move)
                move(sum(one.slots for one in found))  # shards tell now and then, not at their end
            asked = sum(one.asked for one in found)
        if self.stored is not None:
            self.stored.fetch(wave)
        for place in wave.folders:
            _count_checks(tally, place)
        return asked

    def _work(self, wave: Wave, shard: int, workers: int) -> ShardWork:
        return ShardWork(
            setup=self.setup,
            wave=wave,
            shard=shard,
            writer=self.writer,
            checker=self.checker,
            prepared=self.prepared,
            workers=workers,
            policy=self.policy,
            lease_seconds=self.lease_seconds,
            storage=self.stored.url if self.stored is not None else None,
            reads_others=self.stored is None or self.stored.reads_others or self.in_turns,
        )


def _count_checks(tally: Tally, place: ShardFolder) -> None:
    counted = place.finished()
    assert counted is not None  # the cluster ran it to its end
    tally.count_checks(counted.check_requests, *counted.check_tokens)


def _mover(shown: Bar, before: int) -> Callable[[int], None]:
    """Moves a bar, never back, to what was answered before and what is told of the rest."""
    there = 0

    def move(settled: int) -> None:
        nonlocal there
        if before + settled > there:
            shown.update(before + settled - there)
            there = before + settled

    move(0)
    return move
