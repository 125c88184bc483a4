from collections.abc import Callable, Sequence
from typing import Protocol

from synth_builder.distributed.shard import ShardWork
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.generation.budget import Budget


class Cluster(Protocol):
    """Where shards are run."""

    workers: int
    """Shards that are at work at once."""

    def run(
        self,
        works: Sequence[ShardWork],
        budget: Budget | None,
        used: tuple[int, int, int, int],
        on_settled: Callable[[int], None],
    ) -> list[ShardSum]:
        """
        Run shards to their end, each again where its process died.

        Args:
            works (`Sequence[ShardWork]`):
                The shards.
            budget (`Budget`, *optional*):
                How much all together may use.
            used (`tuple[int, int, int, int]`):
                Tokens that were used before: of prompts and replies, and the checker's.
            on_settled (`Callable`):
                Told now and then how many slots were answered.
        """

    def share(self, work: Callable[[int], None], on_look: Callable[[], None], *, on_gpus: bool) -> None:
        """
        Run one piece of work in many processes, which divide it among themselves; each again where it died.

        Args:
            work (`Callable[[int], None]`):
                The work; called with the number of the process.
            on_look (`Callable`):
                Called now and then.
            on_gpus (`bool`):
                Whether GPUs are of use.
        """
