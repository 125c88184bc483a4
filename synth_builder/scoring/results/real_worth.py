from synth_builder.scoring.results.record import Record


class RealWorth(Record):
    """
    What a variant is worth in real rows. `None` stands for beyond the sizes that were tried.

    Args:
        smallest, largest (`int`):
            The fewest and the most real rows that were trained on.
        rows (`int`, *optional*):
            Real rows that reach the variant's accuracy; `None` where it is worse than the smallest number, or
            better than the largest.
        more_than_largest (`bool`):
            Which of the two, where `rows` is `None`.
        low (`int`, *optional*):
            Lower end of the 95 % interval; `None`: below the smallest number.
        high (`int`, *optional*):
            Upper end; `None`: above the largest number.
    """

    smallest: int
    largest: int
    rows: int | None
    more_than_largest: bool
    low: int | None
    high: int | None

    def __str__(self) -> str:
        fewer, more = f"fewer than {self.smallest:,}", f"more than {self.largest:,}"
        if self.rows is not None:
            best = f"about {self.rows:,}"
        else:
            best = more if self.more_than_largest else fewer
            # The whole interval lies there, too: it would say the same again.
            if (self.low, self.high) in ((None, self.smallest), (self.largest, None)):
                return best
        if self.low is None and self.high is None:
            return f"{best} (not decided: the 95 % interval goes from {fewer} to {more})"
        low = fewer if self.low is None else f"{self.low:,}"
        high = more if self.high is None else f"{self.high:,}"
        return f"{best} (95 % interval {low} to {high})"
