from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Interval(NamedTuple):
    """
    A measure with its 95 % interval, where there is one: of very large test sets no predictions are kept, so none is.

    Args:
        mean (`float`):
            Mean over the seeds.
        low, high (`float`, *optional*):
            Ends of the interval; both are there, or none.
    """

    mean: float
    low: float | None
    high: float | None

    @property
    def known(self) -> bool:
        """Whether there is an interval."""
        return self.low is not None and self.high is not None

    @property
    def ends(self) -> tuple[float, float]:
        """What a picture of it takes up: the interval, or the mean alone."""
        return (self.mean, self.mean) if self.low is None or self.high is None else (self.low, self.high)

    def overlaps(self, other: "Interval") -> bool | None:
        """
        Whether the intervals share a point: then the two are not told apart. Ends that are equal are shared. `None`
        where one of the two has no interval, and nothing can be said.
        """
        if not self.known or not other.known:
            return None
        return self.ends[0] <= other.ends[1] and other.ends[0] <= self.ends[1]


class Rank(NamedTuple):
    """
    Where an entry stands among those that it can be compared with.

    Args:
        place (`int`):
            1 for the best.
        tied (`bool`):
            Whether others have the same place.
        of (`int`):
            How many entries are ranked.
    """

    place: int
    tied: bool
    of: int


def ranked(intervals: Sequence[Interval]) -> list[Rank | None]:
    """
    Rank entries so that those which are not told apart tie.

    An entry's place is one more than the number of entries whose lower end lies above its upper end: of those that are
    surely better, as far as 95 % intervals say so. Intervals that overlap never put one entry behind the other, so
    all entries that overlap with everything above them are first, however many these are. Places may be left out after
    a tie: with two in the first place, the next one may be 3.

    Whether intervals overlap is a milder test than that of their difference: entries of one place may well differ, and
    the differences of their study, which are paired, can say so.

    An entry without an interval has no rank, as nothing tells which others it is not told apart from. The others are
    ranked as if it were not there.

    Args:
        intervals (`Sequence[Interval]`):
            Of the entries of one group, in any order.

    Returns:
        `list[Rank | None]`: One for each, in the same order; `None` without an interval.
    """
    lows = sorted(interval.ends[0] for interval in intervals if interval.known)
    places = [
        1 + len(lows) - bisect_right(lows, interval.ends[1]) if interval.known else None for interval in intervals
    ]
    count = Counter(places)
    return [None if place is None else Rank(place, count[place] > 1, len(lows)) for place in places]
