import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from synth_builder.studies.leaderboard.board.board import Board
from synth_builder.studies.leaderboard.board.entries import Entry
from synth_builder.studies.leaderboard.board.ranking import Rank
from synth_builder.studies.leaderboard.pages.view import FILTERS, View

ON_A_PAGE = 50
MOST_CHOICES = 200
"""Of a filter: the search finds what is rarer."""


@dataclass(frozen=True)
class Selection:
    """
    One page of the table.

    Args:
        entries (`list[Entry]`):
            What stands on it.
        total (`int`):
            Entries on all pages.
        page, pages (`int`):
            Which page, of how many; a page beyond the last is the last.
        low, high (`float`):
            Ends of all intervals, rounded to tenths: the axis that they are drawn on.
    """

    entries: list[Entry]
    total: int
    page: int
    pages: int
    low: float
    high: float

    @property
    def first(self) -> int:
        """Number of the first entry, from 1; 0 where there is none."""
        return (self.page - 1) * ON_A_PAGE + 1 if self.entries else 0


def select(board: Board, view: View) -> Selection:
    """
    The entries that a visitor asked for, filtered and sorted. The ranks are not touched by it: they are among all
    entries.

    Args:
        board (`Board`):
            All of them.
        view (`View`):
            What is asked.
    """
    wanted = {name: getattr(view, name) for name in FILTERS if getattr(view, name)}
    words = view.search.casefold().split()
    found = [
        entry
        for entry in board.entries
        if all(getattr(entry, name) == value for name, value in wanted.items()) and _has(entry, words)
    ]
    found.sort(key=_by(board, view, "rank"))
    if view.sort != "rank":
        found.sort(key=_by(board, view, view.column), reverse=view.descending)
    pages = max(1, -(-len(found) // ON_A_PAGE))
    page = min(view.part, pages)
    ends = [getattr(entry, view.measure).ends for entry in found]
    return Selection(
        entries=found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE],
        total=len(found),
        page=page,
        pages=pages,
        low=math.floor(min((low for low, _ in ends), default=0) * 10) / 10,
        high=math.ceil(max((high for _, high in ends), default=1) * 10) / 10,
    )


def choices(board: Board) -> dict[str, list[str]]:
    """Filter -> its values, in order; the commonest where there are very many."""
    found = {}
    for name in FILTERS:
        counts = Counter(value for entry in board.entries if (value := getattr(entry, name)) is not None)
        commonest = [value for value, _ in counts.most_common(MOST_CHOICES)]
        orders = {entry.regime: _order(entry) for entry in board.entries}
        found[name] = sorted(
            commonest, key=lambda value: (orders[value] if name == "regime" else (), value.casefold())
        )
    return found


def _order(entry: Entry) -> tuple[int, ...]:
    """Ways of training in their order: synthetic rows, real and synthetic ones, real ones; by size, all rows first."""
    kind, real, synthetic = entry.cell
    return ("synthetic", "augmented", "real").index(kind), real or 0, synthetic or 0


def _has(entry: Entry, words: list[str]) -> bool:
    if not words:
        return True
    names = (entry.study, entry.task, entry.classifier, entry.title, entry.model, entry.engine, entry.strategy)
    text = " ".join([name for name in names if name] + [entry.regime]).casefold()
    return all(word in text for word in words)


def _place(rank: Rank | None) -> float:
    return math.inf if rank is None else rank.place


def _by(board: Board, view: View, column: str) -> Callable[[Entry], Any]:
    if column == "rank":
        return lambda entry: (
            entry.task,
            entry.classifier,
            _order(entry),
            _place(board.rank(entry, view.measure)),
            -getattr(entry, view.measure).mean,
            entry.id,
        )
    if column in ("accuracy", "macro_f1"):
        return lambda entry: getattr(entry, column).mean
    if column == "rows":
        return lambda entry: entry.rows
    if column == "variant":
        return lambda entry: entry.title.casefold()
    return lambda entry: (getattr(entry, column) or "").casefold()
