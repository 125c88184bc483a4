from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Interval(NamedTuple):
    """
    A measure with its 95 % interval.

    Args:
        mean (`float`):
            Mean over the seeds.
        low, high (`float`):
            Ends of the interval.
    """

    mean: float
    low: float
    high: float

    def overlaps(self, other: "Interval") -> bool:
        """Whether the intervals share a point: then the two are not told apart. Ends that are equal are shared."""
        return self.low <= other.high and other.low <= self.high


class Rank(NamedTuple):
    """
    Where an entry stands among those that it can be compared with.

    Args:
        place (`int`):
            1 for the best.
        tied (`bool`):
            Whether others have the same place.
        of (`int`):
            How many entries are compared.
    """

    place: int
    tied: bool
    of: int


def ranked(intervals: Sequence[Interval]) -> list[Rank]:
    """
    Rank entries so that those which are not told apart tie.

    An entry's place is one more than the number of entries whose lower end lies above its upper end: of those that are
    surely better, as far as 95 % intervals say so. Intervals that overlap never put one entry behind the other, so
    all entries that overlap with everything above them are first, however many these are. Places may be left out after
    a tie: with two in the first place, the next one may be 3.

    Whether intervals overlap is a milder test than that of their difference: entries of one place may well differ, and
    the differences of their study, which are paired, can say so.

    Args:
        intervals (`Sequence[Interval]`):
            Of the entries of one group, in any order.

    Returns:
        `list[Rank]`: One for each, in the same order.
    """
    lows = sorted(interval.low for interval in intervals)
    places = [1 + len(lows) - bisect_right(lows, interval.high) for interval in intervals]
    count = Counter(places)
    return [Rank(place, count[place] > 1, len(places)) for place in places]
