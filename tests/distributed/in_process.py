import asyncio
from collections.abc import Callable, Sequence

from synth_builder.distributed.leasing.coordinator import Coordinator, Report, Terms
from synth_builder.distributed.shard import ShardWork, run_shard
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.generation.budget import Budget
from synth_builder.generation.event_loop import run_coroutine


class Near:
    """Reaches a coordinator in the same process."""

    def __init__(self, coordinator: Coordinator) -> None:
        self.coordinator = coordinator

    async def renew(self, holder: str, report: Report) -> Terms:
        return self.coordinator.renew(holder, report)

    async def release(self, holder: str) -> None:
        self.coordinator.release(holder)


class InProcess:
    """A cluster that is this process: so many shards at once, in one event loop."""

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers
        self.ran: list[tuple[int, int]] = []

    def run(
        self,
        works: Sequence[ShardWork],
        budget: Budget | None,
        used: tuple[int, int, int, int],
        on_settled: Callable[[int], None],
    ) -> list[ShardSum]:
        self.ran += [(work.wave.number, work.shard) for work in works]
        coordinator = Coordinator(budget, used, works[0].lease_seconds)
        free = asyncio.Semaphore(self.workers)

        async def one(work: ShardWork) -> ShardSum:
            async with free:
                return await run_shard(work, Near(coordinator))

        async def all_of_them() -> list[ShardSum]:
            return list(await asyncio.gather(*(one(work) for work in works)))

        found = run_coroutine(all_of_them())
        on_settled(coordinator.settled())
        return found

    def share(self, work: Callable[[int], None], on_look: Callable[[], None], *, on_gpus: bool) -> None:
        for number in range(self.workers):
            work(number)
            on_look()
