from pydantic import Field, model_validator

from synth_builder.filters.base import Candidate, Filter, FilterOptions, Objection


class LengthOptions(FilterOptions):
    """
    Options of `length`.

    Args:
        min_words (`int`, defaults to 3):
            Fewest words of each text column.
        max_words (`int`, *optional*):
            Most words of each text column.
    """

    min_words: int = Field(default=3, ge=1)
    max_words: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> "LengthOptions":
        if self.max_words is not None and self.max_words < self.min_words:
            raise ValueError(f"max_words is {self.max_words}, less than min_words, which is {self.min_words}")
        return self


class Length(Filter[LengthOptions]):
    """Rejects rows with a text that is too short or too long, counted in words between white space."""

    name = "length"
    Options = LengthOptions

    def check(self, candidate: Candidate) -> Objection | None:
        """Reasons: `too_short`, `too_long`."""
        for column, text in candidate.columns.items():
            words = len(text.split())
            if words < self.options.min_words:
                return Objection(
                    "too_short", f"{column} has {words} words, at least {self.options.min_words} are asked"
                )
            if self.options.max_words is not None and words > self.options.max_words:
                return Objection("too_long", f"{column} has {words} words, at most {self.options.max_words} are asked")
        return None
