import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from synth_builder.distributed.leasing.coordinator import Coordination
from synth_builder.distributed.leasing.lease_keeper import LeaseKeeper
from synth_builder.distributed.leasing.leases import LEASE_SECONDS
from synth_builder.distributed.recorder import Recorder
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.distributed.shard_place import ShardPlace, SharedFolder
from synth_builder.distributed.storage.shared_storage import SharedStorage
from synth_builder.distributed.storage.stored_shard import StoredShard
from synth_builder.distributed.wave import Wave
from synth_builder.engines.base import Completion, Engine, EngineInfo
from synth_builder.engines.choose import EngineChoice, make_engine
from synth_builder.engines.limits import RetryPolicy
from synth_builder.generation.ask_queue import AskQueue
from synth_builder.generation.checking import CheckerEngine
from synth_builder.generation.journal import Journal
from synth_builder.generation.loop import Loop
from synth_builder.generation.opened_engines import opened_engines
from synth_builder.generation.preparation import replay
from synth_builder.generation.setup import Setup


@dataclass(frozen=True)
class Asked:
    """
    Who is asked, in a form that another process can use.

    Args:
        choice (`EngineChoice`):
            The engine by its name: each process makes its own.
        info (`EngineInfo`):
            What it said of itself.
        named (`str`, *optional*):
            Hash of a checker as the user named it.
    """

    choice: EngineChoice
    info: EngineInfo
    named: str = ""

    def engine(self, workers: int) -> Engine:
        """An engine of one's own. One that can't keep to a lease gets a fixed part of what there may be under way."""
        made = make_engine(self.choice.engine, self.choice.settings)
        if made.shared and not made.takes_shares:
            made.concurrency = max(1, made.concurrency // workers)
        return made


@dataclass(frozen=True)
class ShardWork:
    """
    One shard of one wave: a part of the requests, asked and read by one process.

    Args:
        setup (`Setup`):
            What is generated.
        wave (`Wave`):
            All requests.
        shard (`int`):
            Which part of them.
        writer (`Asked`):
            Who is asked.
        checker (`Asked`, *optional*):
            Who is asked about rows, where that is another.
        prepared (`Sequence[Sequence[Completion]]`):
            Replies to what the strategy asked before the first row, round by round.
        workers (`int`):
            Shards that are at work at once.
        policy (`RetryPolicy`):
            How patient to be with the engines.
        lease_seconds (`float`, defaults to 10.0):
            How long a share of the servers holds.
        storage (`str`, *optional*):
            URL of the build's folder in a storage; without one, the wave's folder is shared by all machines.
        reads_others (`bool`, defaults to `True`):
            Whether answers may stand in the journals of other numbers of shards.
    """

    setup: Setup
    wave: Wave
    shard: int
    writer: Asked
    checker: Asked | None
    prepared: Sequence[Sequence[Completion]]
    workers: int
    policy: RetryPolicy
    lease_seconds: float = LEASE_SECONDS
    storage: str | None = None
    reads_others: bool = True


async def run_shard(work: ShardWork, coordination: Coordination) -> ShardSum:
    """
    Ask and read what belongs to a shard. What its journal or an older one holds is not asked again.

    Args:
        work (`ShardWork`):
            The shard.
        coordination (`Coordination`):
            Who gives it a share of the servers.

    Raises:
        SynthBuilderError: As `generate`; what was answered is in the shard's journal.
    """
    with _place(work) as place:
        finished = place.finished()
        return await _run(work, place, coordination) if finished is None else finished


@contextmanager
def _place(work: ShardWork) -> Iterator[ShardPlace]:
    if work.storage is None:
        yield SharedFolder(work.wave, work.shard)
        return
    with tempfile.TemporaryDirectory(prefix="synth-builder-") as scratch:
        yield StoredShard(SharedStorage(work.storage), work.wave, work.shard, work.reads_others, Path(scratch))


async def _run(work: ShardWork, place: ShardPlace, coordination: Coordination) -> ShardSum:
    place.begin()
    setup, wave = work.setup, place.wave
    strategy = setup.strategy(work.writer.info)
    replay(strategy, work.prepared)
    checker_info = work.checker.info if work.checker is not None else None
    filters = setup.fitted_filters(strategy, work.writer.info, checker_info, lambda one: not one.remembers)
    plan = setup.plan()
    before = wave.earlier_turns(work.shard, plan, strategy)
    async with AsyncExitStack() as opened:
        journal = opened.enter_context(place.journal())
        keeper = LeaseKeeper(coordination, work.shard, work.lease_seconds)
        engine, of_rows = work.writer.engine(work.workers), None
        engines = [engine]
        _remember(journal, work.writer.info, "engine")
        if work.checker is not None:
            of_rows = CheckerEngine(work.checker.engine(work.workers), work.checker.named)
            engines.append(of_rows.engine)
            _remember(journal, work.checker.info, of_rows.role)
        asker, checker = await opened.enter_async_context(
            opened_engines(engine, of_rows, journal, work.policy, keeper)
        )
        recorder = opened.enter_context(Recorder(setup, strategy, filters, place.folder, passed_over=len(before)))
        async with keeper.keeping(engines, asker, checker, recorder):
            asks = chain(before, wave.asks_of(work.shard, plan, strategy))
            await Loop(AskQueue(plan, asks), strategy, asker, recorder).run(max(one.concurrency for one in engines))
        asker.keep_failures()
        counted = recorder.counted(asker.asked)
    place.finish(counted)
    return counted


def _remember(journal: Journal, info: EngineInfo, role: str) -> None:
    if journal.engine_info(role) is None:
        journal.set_engine_info(info, role)
