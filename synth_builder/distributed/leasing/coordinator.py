from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from synth_builder.distributed.leasing.leases import LEASE_SECONDS, Leases
from synth_builder.distributed.leasing.shared_budget import SharedBudget
from synth_builder.generation.budget import Budget


@dataclass(frozen=True)
class Report:
    """
    What a shard tells from time to time.

    Args:
        shard (`int`):
            Its number.
        settled (`int`):
            Slots that were answered.
        tokens, checker_tokens (`tuple[int, int]`):
            Tokens of prompts and of replies so far, of the model that writes and of the checker.
        in_use, capacities (`Mapping[str, int]`):
            Server -> requests under way there, and how many it takes.
    """

    shard: int
    settled: int
    tokens: tuple[int, int]
    checker_tokens: tuple[int, int]
    in_use: Mapping[str, int]
    capacities: Mapping[str, int]


@dataclass(frozen=True)
class Terms:
    """
    What a shard is told in return.

    Args:
        shares (`dict[str, int]`):
            Server -> requests that it may have under way there.
        stop (`str`, *optional*):
            Why no further request may be made.
        budget (`Budget`, *optional*):
            How much the shard may use in all before it tells again; without one, nothing is limited.
    """

    shares: dict[str, int]
    stop: str | None = None
    budget: Budget | None = None


class Coordination(Protocol):
    """How a shard reaches the coordinator, wherever that is."""

    async def renew(self, holder: str, report: Report) -> Terms:
        """Tell how far the shard is, and get its share of the servers."""

    async def release(self, holder: str) -> None:
        """Give the share back."""


class Coordinator:
    """
    What the shards of a build have to know of each other: who may send how much to which server, and how much all
    have used together.

    Args:
        budget (`Budget`, *optional*):
            How much may be used.
        used (`tuple[int, int, int, int]`, defaults to zeros):
            What earlier waves used: tokens of prompts and replies, and the checker's.
        seconds (`float`, defaults to 10.0):
            How long a lease holds.
        after (`float`, defaults to 0.0):
            Seconds from now in which no lease is given.
    """

    def __init__(
        self,
        budget: Budget | None = None,
        used: tuple[int, int, int, int] = (0, 0, 0, 0),
        seconds: float = LEASE_SECONDS,
        after: float = 0.0,
    ) -> None:
        self._leases = Leases(seconds, after=after)
        self._budget = SharedBudget(budget, used, seconds) if budget is not None and budget.limited else None
        self._reports: dict[int, Report] = {}
        self._shards: dict[str, int] = {}

    def renew(self, holder: str, report: Report) -> Terms:
        """Take a report in, and give the shard its terms. A shard that was begun anew counts from where it is."""
        self._reports[report.shard] = report
        self._shards[holder] = report.shard
        shares = self._leases.renew(holder, report.in_use, report.capacities)
        if self._budget is None:
            return Terms(shares)
        stop, part = self._budget.tell(report.shard, (*report.tokens, *report.checker_tokens))
        return Terms(shares, stop, part)

    def release(self, holder: str) -> None:
        """Give a holder's share back."""
        self._leases.release(holder)
        shard = self._shards.pop(holder, None)
        if self._budget is not None and shard is not None:
            self._budget.end(shard)

    def settled(self) -> int:
        """Slots that were answered, over all shards."""
        return sum(report.settled for report in self._reports.values())
