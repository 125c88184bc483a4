from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import parse_qs, urlencode

from synth_builder.studies.leaderboard.board.board import MEASURES, Measure

FILTERS = ("task", "model", "strategy", "classifier", "regime")
"""Filters of which a visitor chooses one value each."""

COLUMNS = ("rank", "variant", "accuracy", "macro_f1", "task", "regime", "classifier", "model", "rows", "study")
"""What the table can be sorted by."""

_MOST_LETTERS = 200
_MOST_FIELDS = 50
_NUMBERS = ("accuracy", "macro_f1", "rows")


@dataclass(frozen=True)
class View:
    """
    What a visitor looks at: all of it stands in the address of the page, so that any view can be linked to.

    Args:
        task, model, strategy, classifier, regime (`str`, defaults to none):
            Only entries with this value.
        search (`str`, defaults to none):
            Only entries in whose names each of these words stands.
        measure (`"accuracy"` or `"macro_f1"`, defaults to `"accuracy"`):
            What is ranked by.
        sort (`str`, defaults to `"rank"`):
            A column; with `-` before it from the largest to the smallest.
        part (`int`, defaults to 1):
            Which page of the table. Gradio takes `page` in an address for one of its own.
        entry (`str`, defaults to none):
            The entry that is looked at.
        compare, other (`str`, defaults to none):
            The two that are compared; with the first alone the other is about to be chosen.
    """

    task: str = ""
    model: str = ""
    strategy: str = ""
    classifier: str = ""
    regime: str = ""
    search: str = ""
    measure: Measure = "accuracy"
    sort: str = "rank"
    part: int = 1
    entry: str = ""
    compare: str = ""
    other: str = ""

    @classmethod
    def parse(cls, query: str) -> Self:
        """
        Read the query of an address, such as `?task=sst2&sort=-accuracy`. Anybody may write one: what does not fit is
        left out.
        """
        try:
            told = parse_qs(query[:10_000].removeprefix("?"), max_num_fields=_MOST_FIELDS)
        except ValueError:  # too many fields
            return cls()
        known: dict[str, Any] = {
            field.name: told[field.name][-1][:_MOST_LETTERS]
            for field in fields(cls)
            if field.name in told and field.name not in ("part", "measure", "sort")
        }
        part, measure, sort = (told.get(name, [""])[-1] for name in ("part", "measure", "sort"))
        if part.isascii() and part.isdigit() and len(part) < 8:
            known["part"] = max(1, int(part))
        if measure in MEASURES:
            known["measure"] = measure
        if sort.removeprefix("-") in COLUMNS:
            known["sort"] = sort
        return cls(**known)

    def href(self, **changes: Any) -> str:
        """The address of this view with some values changed, relative to the page's own; `?` for the first view."""
        changed, first = replace(self, **changes), View()
        told = {
            field.name: getattr(changed, field.name)
            for field in fields(self)
            if getattr(changed, field.name) != getattr(first, field.name)
        }
        return f"?{urlencode(told)}"

    @property
    def column(self) -> str:
        """The column that it is sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    def sorted_by(self, column: str) -> str:
        """The address of this table sorted by a column: the other way round where it is sorted by it already."""
        first, then = (f"-{column}", column) if column in _NUMBERS else (column, f"-{column}")
        return self.href(sort=then if self.sort == first else first, part=1)
