import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

LEASE_SECONDS = 10.0
"""How long a share may be used without being renewed. Who dies has its share kept for so long: a server may still be
busy with what it was asked."""


@dataclass
class _Holding:
    """What one holder has: the places given to it, and when they fall back."""

    until: float
    servers: frozenset[str]
    places: dict[str, int] = field(default_factory=dict)


class Leases:
    """
    Shares the places of servers among those who ask them, so that all together never use more than there are.

    A place that is given counts until its holder gives it back, or has not renewed it for `seconds`. A share that
    shrinks is free for others only when its holder tells that it uses less. Places are shared evenly among those who
    use the server. What it takes is told by them; the least that any of them said counts.

    Args:
        seconds (`float`, defaults to 10.0):
            How long a lease holds without being renewed.
        clock (`Callable`, defaults to `time.monotonic`):
            Seconds.
        after (`float`, defaults to 0.0):
            Seconds from now in which nothing is given: as long as a lease, where leases were given before that are
            forgotten.
    """

    def __init__(
        self,
        seconds: float = LEASE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        after: float = 0.0,
    ) -> None:
        self._capacities: dict[str, int] = {}
        self._seconds = seconds
        self._clock = clock
        self._begins = clock() + after
        self._holdings: dict[str, _Holding] = {}

    def renew(self, holder: str, in_use: Mapping[str, int], capacities: Mapping[str, int]) -> dict[str, int]:
        """
        Prolong a holder's lease, or give it its first one.

        Args:
            holder (`str`):
                Who asks.
            in_use (`Mapping[str, int]`):
                Server -> places that it uses at this moment.
            capacities (`Mapping[str, int]`):
                Server -> places that there are, as far as it knows.

        Returns:
            `dict[str, int]`: Server -> places that it may use from now on. What it uses beyond, it lets end.
        """
        now = self._clock()
        for name in [name for name, holding in self._holdings.items() if holding.until < now]:
            del self._holdings[name]
        before = self._holdings.get(holder)
        mine = _Holding(now + self._seconds, frozenset(capacities), dict(before.places) if before else {})
        self._holdings[holder] = mine
        for server, most in capacities.items():
            self._capacities[server] = min(most, self._capacities.get(server, most))
        granted = {}
        for server in capacities:
            capacity = self._capacities[server]
            others = sum(one.places.get(server, 0) for name, one in self._holdings.items() if name != holder)
            granted[server] = max(0, min(self._share(server, holder), capacity - others)) if now >= self._begins else 0
            mine.places[server] = max(granted[server], in_use.get(server, 0))
        return granted

    def release(self, holder: str) -> None:
        """Give everything back: nothing of the holder is under way any more."""
        self._holdings.pop(holder, None)

    def _share(self, server: str, holder: str) -> int:
        """A holder's even share of a server's places; the first ones get what does not divide evenly."""
        users = [name for name, one in self._holdings.items() if server in one.servers]
        even, more = divmod(self._capacities[server], len(users))
        return even + (users.index(holder) < more)
