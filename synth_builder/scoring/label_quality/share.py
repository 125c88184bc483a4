from typing import Self

from synth_builder.scoring.results.record import Record
from synth_builder.scoring.statistics.wilson import wilson_interval


class Share(Record):
    """
    Rows that count among others.

    Args:
        hits (`int`):
            Rows that count.
        rows (`int`):
            All of them.
        share (`float`):
            The one divided by the other.
        low, high (`float`):
            Ends of the share's 95 % interval (Wilson).
    """

    hits: int
    rows: int
    share: float
    low: float
    high: float

    @classmethod
    def of(cls, hits: int, rows: int) -> Self:
        """The share of so many rows of others; of at least one."""
        low, high = wilson_interval(hits, rows)
        return cls(hits=hits, rows=rows, share=hits / rows, low=low, high=high)

    @classmethod
    def of_any(cls, hits: int, rows: int) -> Self | None:
        """The same, and `None` where there are no rows."""
        return cls.of(hits, rows) if rows else None

    def __str__(self) -> str:
        return f"{self.hits} of {self.rows} ({self.share:.1%})"
