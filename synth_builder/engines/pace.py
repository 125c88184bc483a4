import statistics
import time
from collections.abc import Callable

START = 32
"""Requests under way at the beginning; doubled each window until the server shows a limit."""

LEAST_WINDOW = 20
"""
Answers after which the pace is looked at again: at least so many (four times the limit, where that is less), and at
least as many as may be under way.
"""

TOLERATED = 0.1
"""Share of refusals in a window that changes nothing: servers refuse single requests for reasons of their own."""

DECREASE = 0.7
STEP = 0.05
SLOWER, FASTER = 2.0, 1.02


class Pace:
    """
    How many requests one server is given at once: additive increase and multiplicative decrease, as in TCP (Chiu and
    Jain 1989).

    Looked at once a window, never at a single answer. When more than a tenth of a window was refused (429, 503, lost,
    out of time), the limit falls to 0.7 of what it was. When answers take more than twice as long as they did at best
    and no more of them come in a second, it falls to 0.9. Otherwise it rises, doubling until the first fall and by a
    twentieth of the cap from then on.

    Args:
        cap (`int`):
            The most that there may be, at least 1: what the user asked for, or what the server says it takes.
        clock (`Callable`, defaults to `time.monotonic`):
            Seconds.
    """

    def __init__(self, cap: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.cap = max(1, cap)
        self._clock = clock
        self._limit = float(min(START, self.cap))
        self._doubling = True
        self._best_seconds: float | None = None
        self._rate_before = 0.0
        self._begin_window()

    @property
    def limit(self) -> int:
        """Requests that may be under way now, from 1 to the cap."""
        return max(1, min(self.cap, int(self._limit)))

    def answered(self, seconds: float) -> None:
        """Told of each answer, and how long it took."""
        self._seconds.append(seconds)
        self._look()

    def refused(self) -> None:
        """Told of each request that was refused for now or lost."""
        self._refused += 1
        self._look()

    def restart(self) -> None:
        """A server that was away begins anew, with one request at a time."""
        self._limit = 1.0
        self._doubling = True
        self._best_seconds = None
        self._begin_window()

    def _begin_window(self) -> None:
        self._seconds: list[float] = []
        self._refused = 0
        self._began = self._clock()

    def _look(self) -> None:
        outcomes = len(self._seconds) + self._refused
        if outcomes < max(min(LEAST_WINDOW, 4 * self.limit), self.limit):
            return
        if self._refused > TOLERATED * outcomes:
            self._fall(DECREASE)
        elif self._seconds:
            middle = statistics.median(self._seconds)
            rate = len(self._seconds) / max(1e-6, self._clock() - self._began)
            if self._best_seconds is None or middle < self._best_seconds:
                self._best_seconds = middle
            if middle > SLOWER * self._best_seconds and rate < FASTER * self._rate_before:
                self._fall(0.9)
            else:
                self._limit = min(self.cap, self._limit * 2 if self._doubling else self._limit + STEP * self.cap)
            self._rate_before = rate
        self._begin_window()

    def _fall(self, factor: float) -> None:
        self._limit = max(1.0, self._limit * factor)
        self._doubling = False
