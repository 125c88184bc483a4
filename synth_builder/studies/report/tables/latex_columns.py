"""Which type and which columns a table needs in LaTeX, so that it is no wider and no higher than a page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.tables.latex_widths import BOLD, SKIPS, longest_piece, text_width
from synth_builder.studies.report.tables.table import Table

PAGE = 345.0
"""Width of the text of the class article in points, at 10 points."""
TIE = "\u00a0"
"""A space where no line may end."""
_ROOM = 0.985 * PAGE  # the widths are estimates
_HIGHEST = 480.0  # of 550 points, for the rules and the room around
_STEPS = (("small", 6), ("small", 4), ("footnotesize", 4), ("footnotesize", 3), ("scriptsize", 3), ("scriptsize", 2))
_COMFORT = 72.0
_LEAST = 60.0


@dataclass(frozen=True)
class Column:
    """
    A column of a table in LaTeX.

    Args:
        left (`bool`):
            Whether it starts at the left, as words do, not at the right, as numbers do.
        points (`float`):
            How wide it is.
        wrapped (`bool`):
            Whether its cells have several lines.
    """

    left: bool
    points: float
    wrapped: bool

    @property
    def kind(self) -> str:
        """The column's letter in LaTeX."""
        if not self.wrapped:
            return "l" if self.left else "r"
        ragged = r"\raggedright" if self.left else r"\raggedleft"
        # Without a space before it the first word of a paragraph is never hyphenated.
        return (
            rf">{{{ragged}\arraybackslash\hspace{{0pt}}}}p{{{math.floor(1000 * self.points / PAGE) / 1000}\linewidth}}"
        )


@dataclass(frozen=True)
class Layout:
    r"""
    How a table is set.

    Args:
        size (`str`):
            Size of type.
        gap (`int`):
            `\tabcolsep`: half of the room between two columns, in points.
        columns (`tuple[Column, ...]`):
            The columns.
        high (`float`):
            About how high it is, in points.
    """

    size: str
    gap: int
    columns: tuple[Column, ...]
    high: float

    @property
    def wrapped(self) -> bool:
        """Whether any column is."""
        return any(column.wrapped for column in self.columns)

    @property
    def long(self) -> bool:
        """Whether it is higher than a page."""
        return self.high > _HIGHEST


def kept_together(cell: str) -> str:
    """A cell with spaces where no line may end: `0.5 ± 0.1` has two lines at most."""
    return (
        plain(cell).replace("± ", f"±{TIE}").replace(" %", f"{TIE}%").replace(" ↑", f"{TIE}↑").replace(" ↓", f"{TIE}↓")
    )


def latex_layout(table: Table) -> Layout | None:
    """
    The largest type in which a table fits: with wrapped words, then with narrower ones, then with wrapped numbers too.

    Args:
        table (`Table`):
            The table.

    Returns:
        `Layout`, *optional*: `None` where there are too many columns for a page.
    """
    every: Sequence[int] = range(len(table.header))
    words: Sequence[int] = [at for at in every if at < table.words or _told(table, at)]
    tries = [(*step, words, _COMFORT) for step in _STEPS]
    tries += [(*step, which, 0.0) for which in (words, every) for step in _STEPS[-2:]]
    for size, gap, wrappable, comfort in tries:
        columns = _columns(table, size, gap, wrappable, comfort)
        if columns is not None:
            return Layout(size, gap, columns, _height(table, size, columns))
    return None


def fitting_parts(table: Table) -> list[tuple[Table, Layout]]:
    """
    A table in parts that fit on a page, each with the columns that name a row. Nearly all tables are one part.

    Args:
        table (`Table`):
            The table.
    """
    numbers = len(table.header) - table.words
    for count in range(1, numbers + 1):
        parts = [table] if count == 1 else [_part(table, number, count) for number in range(count)]
        layouts = [latex_layout(part) for part in parts]
        if None not in layouts or count == numbers:
            return [(part, layout or _narrowest(part)) for part, layout in zip(parts, layouts, strict=True)]
    return [(table, latex_layout(table) or _narrowest(table))]


def _part(table: Table, number: int, count: int) -> Table:
    """The so-manieth part of so many, of about equally many columns of numbers."""
    numbers = len(table.header) - table.words
    start, end = (table.words + numbers * at // count for at in (number, number + 1))
    kept = [*range(table.words), *range(start, end)]
    return replace(
        table,
        name=table.name if number == 0 else f"{table.name}-{number + 1}",
        title=f"{table.title}, part {number + 1} of {count}",
        header=tuple(table.header[at] for at in kept),
        rows=tuple(tuple(row[at] for at in kept) for row in table.rows),
        best=frozenset((line, kept.index(at)) for line, at in table.best if at in kept),
    )


def _narrowest(table: Table) -> Layout:
    """All columns alike, and words broken anywhere."""
    size, gap = _STEPS[-1]
    each = _ROOM / len(table.header) - 2 * gap
    columns = tuple(Column(at < table.words, max(each, 12.0), True) for at in range(len(table.header)))
    return Layout(size, gap, columns, _height(table, size, columns))


def _told(table: Table, at: int) -> bool:
    """Whether a column among the numbers has words."""
    return sum(any(map(str.isdigit, row[at])) for row in table.rows) < len(table.rows) / 2 and any(
        " " in row[at] for row in table.rows
    )


def _columns(table: Table, size: str, gap: int, wrappable: Sequence[int], comfort: float) -> tuple[Column, ...] | None:
    """Columns that fit, wrapped as few as that takes; `None` where they do not."""
    room = _ROOM - 2 * gap * (len(table.header) - 1)
    natural = [max(_cell_widths(table, at, size), default=0.0) for at in range(len(table.header))]
    headed = [
        max([width, *(text_width(word, size) for word in kept_together(name).split(" "))])
        for width, name in zip(natural, table.header, strict=True)
    ]
    if sum(headed) <= room:
        return tuple(Column(at < table.words, width, False) for at, width in enumerate(headed))
    least = list(headed)
    for at in wrappable:
        widest = max(longest_piece(kept_together(cell), size) for cell in (table.header[at], *_cells(table, at)))
        bold = BOLD if any(column == at for _, column in table.best) else 1.0
        least[at] = min(headed[at], max(min(1.02 * widest * bold, _LEAST if at < table.words else PAGE), comfort))
    left = room - sum(least)
    if left < 0:
        return None
    # The rest goes to those that have more to say, by how much.
    mean = {at: sum(_cell_widths(table, at, size)) / len(table.rows) for at in wrappable}
    open_ones = {at for at in wrappable if least[at] < headed[at]}
    while left > 1 and open_ones:
        every = sum(mean[at] for at in open_ones)
        given = {at: min(left * mean[at] / every, headed[at] - least[at]) for at in open_ones}
        for at, width in given.items():
            least[at] += width
        left -= sum(given.values())
        open_ones = {at for at in open_ones if least[at] < headed[at] - 0.5}
    return tuple(Column(at < table.words, width, width < headed[at] - 0.5) for at, width in enumerate(least))


def _cells(table: Table, at: int) -> list[str]:
    return [row[at] for row in table.rows]


def _cell_widths(table: Table, at: int, size: str) -> list[float]:
    return [
        text_width(row[at], size) * (BOLD if (line, at) in table.best else 1.0) for line, row in enumerate(table.rows)
    ]


def _height(table: Table, size: str, columns: Sequence[Column]) -> float:
    lines = sum(
        max(_lines(text_width(cell, size), column) for cell, column in zip(row, columns, strict=True))
        for row in table.rows
    )
    wrapped = any(column.wrapped for column in columns)
    small_print = sum(math.ceil(text_width(note) / _ROOM) * 10 for note in table.notes)
    caption = math.ceil(1.1 * text_width(f"{table.title} {table.caption}") / _ROOM) * 12
    return lines * SKIPS[size] + (3 * len(table.rows) if wrapped else 0) + 4 * SKIPS[size] + caption + small_print


def _lines(width: float, column: Column) -> int:
    # Ragged lines end before their end.
    return max(1, math.ceil(1.15 * width / column.points)) if column.wrapped else 1
