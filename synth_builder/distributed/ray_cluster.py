import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from synth_builder.distributed.leasing.coordinator import Coordinator, Report, Terms
from synth_builder.distributed.local_ray import LOCAL, local_ray, want_token
from synth_builder.distributed.ray_address import check_address
from synth_builder.distributed.ray_messages import own_words
from synth_builder.distributed.ray_tasks import ended
from synth_builder.distributed.shard import ShardWork, run_shard
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.errors import ClusterError, SynthBuilderError
from synth_builder.extras import require
from synth_builder.generation.budget import Budget

STOPPING = 5.0
"""Seconds that a training has to stop in."""

DEATHS = 10
"""So often a process that shares work is begun again: a training that kills each process would go on for ever."""


@contextmanager
def ray_cluster(address: str = LOCAL, workers: int | None = None) -> "Iterator[RayCluster]":
    """
    Connect to a Ray cluster, or start one on this machine for as long as the block runs.

    Args:
        address (`str`, defaults to `"local"`):
            Address of a running cluster (`"auto"`, `"10.0.0.5:6379"`, `"ray://..."`), or `"local"`.
        workers (`int`, *optional*):
            Processes of a local cluster; as many as there are cores when not given. A running cluster has as many as
            it has CPUs.

    Raises:
        MissingExtraError: Ray is not installed.
        ClusterError: There is no cluster at the address.
    """
    if address == LOCAL:
        want_token()
    ray: Any = require("ray", extra="ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    with ExitStack() as opened:
        opened.enter_context(own_words())
        ended_by = signal.getsignal(signal.SIGTERM)
        try:
            if address == LOCAL:
                opened.enter_context(local_ray(ray, workers, **quiet))
            else:
                check_address(address)
                ray.init(address=address, **quiet)
                opened.callback(ray.shutdown)
        except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
            first = str(error).strip().split("\n")[0].rstrip(".")
            raise ClusterError(
                f"There is no Ray cluster at {address!r}: {first}. Start one with `ray start --head`, or give --ray "
                "local."
            ) from error
        # Ray takes the signal for itself, and ends the process without a word of ours.
        if ended_by is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, ended_by)
        yield RayCluster(max(1, int(ray.cluster_resources().get("CPU", 1))))


class RayCluster:
    """
    Runs shards as Ray tasks, one CPU each, and other work that processes share. A task whose process or machine dies
    is begun again elsewhere, and goes on from what is kept: a shard from its journal.

    Args:
        workers (`int`):
            Shards that are at work at once.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def run(
        self,
        works: Sequence[ShardWork],
        budget: Budget | None,
        used: tuple[int, int, int, int],
        on_settled: Callable[[int], None],
    ) -> list[ShardSum]:
        """
        Run shards to their end.

        Raises:
            SynthBuilderError: What the first shard met that could not go on; the others are stopped.
            ClusterError: The cluster is gone.
        """
        import ray

        seconds = max(work.lease_seconds for work in works)
        coordinator: Any = (
            ray.remote(_CoordinatorActor)
            .options(num_cpus=0, max_restarts=-1, max_task_retries=-1)
            .remote(budget, used, seconds)
        )
        task = ray.remote(_shard).options(num_cpus=1, max_retries=-1)
        try:
            tasks = [task.remote(work, coordinator) for work in works]
            return ended(tasks, lambda: on_settled(ray.get(coordinator.settled.remote())), patience=2 * seconds)
        finally:
            ray.kill(coordinator)

    def share(self, work: Callable[[int], None], on_look: Callable[[], None], *, on_gpus: bool) -> None:
        """
        Run one piece of work in many processes, which divide it among themselves: each has a GPU where the cluster has
        some, and as many CPUs as OMP_NUM_THREADS says. One that dies is begun again.

        Args:
            work (`Callable[[int], None]`):
                The work; called with the number of the process.
            on_look (`Callable`):
                Called about twice a second.
            on_gpus (`bool`):
                Whether GPUs are of use.

        Raises:
            SynthBuilderError: What the first process met that could not go on; the others are stopped.
            ClusterError: The cluster is gone, or has no machine with so many CPUs.
        """
        ray: Any = require("ray", extra="ray")
        threads = omp_threads()
        machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        gpus = on_gpus and any(machine.get("GPU", 0) >= 1 for machine in machines)
        room = sum(room_of(machine, threads, gpus=gpus) for machine in machines)
        if not room:
            raise ClusterError(
                f"No machine of the cluster has {'a GPU and ' if gpus else ''}the {threads} CPUs of one process "
                "(OMP_NUM_THREADS); set it to fewer."
            )
        task = ray.remote(_share).options(num_cpus=threads, num_gpus=1 if gpus else 0, max_retries=DEATHS)
        held = ray.put(work)
        ended([task.remote(held, number, threads) for number in range(room)], on_look, patience=STOPPING)


def omp_threads() -> int:
    """Threads of one process that trains: OMP_NUM_THREADS, and one where that is not set."""
    told = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    return max(1, int(told)) if told.isdecimal() else 1


def room_of(machine: Mapping[str, float], threads: int, *, gpus: bool) -> int:
    """
    Processes that train on a machine at once.

    Args:
        machine (`Mapping[str, float]`):
            What Ray says that it has: `CPU`, `GPU`.
        threads (`int`):
            CPUs of each process.
        gpus (`bool`):
            Whether each takes a GPU.
    """
    room = int(machine.get("CPU", 0)) // threads
    return min(room, int(machine.get("GPU", 0))) if gpus else room


class _CoordinatorActor(Coordinator):
    """One that was begun again knows nothing of the leases that it gave, and waits until they have fallen back."""

    def __init__(self, budget: Budget | None, used: tuple[int, int, int, int], seconds: float) -> None:
        import ray

        begun_again = ray.get_runtime_context().was_current_actor_reconstructed
        super().__init__(budget, used, seconds, after=seconds if begun_again else 0.0)


class _Far:
    """How a task reaches the coordinator's actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def renew(self, holder: str, report: Report) -> Terms:
        terms: Terms = await self._reached(self._actor.renew.remote(holder, report))
        return terms

    async def release(self, holder: str) -> None:
        await self._reached(self._actor.release.remote(holder))

    async def _reached(self, answer: Any) -> Any:
        import ray

        try:
            return await answer
        except ray.exceptions.RayError as error:
            raise ConnectionError(str(error)) from error


def _shard(work: ShardWork, coordinator: Any) -> ShardSum | SynthBuilderError:
    """One task. Errors of ours go back as values: Ray would wrap what is raised, and print it."""
    try:
        return asyncio.run(run_shard(work, _Far(coordinator)))
    except SynthBuilderError as error:
        return error


def _share(work: Callable[[int], None], number: int, threads: int) -> SynthBuilderError | None:
    """One process of many, with the threads that it would have without a cluster."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    torch = sys.modules.get("torch")
    if torch is not None:  # the process did something else before
        torch.set_num_threads(threads)
    try:
        work(number)
    except SynthBuilderError as error:
        return error
    return None
