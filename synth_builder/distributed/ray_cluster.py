import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from synth_builder.distributed.coordinator import Coordinator, Report, Terms
from synth_builder.distributed.shard import ShardWork, run_shard
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.errors import ClusterError, SynthBuilderError
from synth_builder.extras import require
from synth_builder.generation.budget import Budget

if TYPE_CHECKING:
    from ray import ObjectRef

LOCAL = "local"

OBJECT_STORE = 100 * 2**20
"""Bytes of shared memory of a local cluster: only what is to be done and how it went is sent between processes."""

CONNECTING = 10.0
"""Seconds in which a cluster answers."""

POLL = 0.5
"""Seconds between two looks at how far the shards are."""


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
    ray = require("ray", extra="ray")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        _answers(address)
        if address == LOCAL:
            ray.init(
                address="local",
                num_cpus=workers or os.cpu_count() or 1,
                include_dashboard=False,
                object_store_memory=OBJECT_STORE,
                _node_ip_address="127.0.0.1",
                **quiet,
            )
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        first = str(error).strip().split("\n")[0]
        raise ClusterError(
            f"There is no Ray cluster at {address!r}: {first} Start one with `ray start --head`, or give --ray local."
        ) from error
    try:
        yield RayCluster(max(1, int(ray.cluster_resources().get("CPU", 1))))
    finally:
        ray.shutdown()


def _answers(address: str) -> None:
    """Ray itself would look for many minutes for a machine that is not there."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=CONNECTING).close()


class RayCluster:
    """
    Runs shards as Ray tasks, one CPU each. A task whose process or machine dies is begun again elsewhere, and goes on
    from its journal.

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
        waiting: list[ObjectRef[Any]] = [task.remote(work, coordinator) for work in works]
        found: list[ShardSum] = []
        try:
            while waiting:
                done, waiting = ray.wait(waiting, num_returns=1, timeout=POLL)
                on_settled(ray.get(coordinator.settled.remote()))
                for one in done:
                    came = ray.get(one)
                    if isinstance(came, SynthBuilderError):
                        raise came
                    found.append(came)
        except ray.exceptions.RayError as error:
            raise ClusterError(
                f"The cluster could not finish the shards: {str(error).strip().splitlines()[0]} What was answered is "
                "kept; run the same again to go on from there."
            ) from error
        finally:
            for one in waiting:
                ray.cancel(one)
            if waiting:
                # What is under way at the servers comes to its end, and journals are closed.
                ray.wait(waiting, num_returns=len(waiting), timeout=2 * seconds)
            ray.kill(coordinator)
        return found


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
