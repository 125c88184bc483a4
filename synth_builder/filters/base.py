from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.strict import Strict
from synth_builder.recipes.task import Task


class FilterOptions(Strict):
    """Options of a filter; none unless a filter declares some."""


ReadOptions = TypeVar("ReadOptions", bound=FilterOptions)


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A row that may become part of the dataset.

    Args:
        columns (`dict[str, str]`):
            Text column -> text.
        label (`str`):
            Its label.
        demonstrations (`tuple[RealRow, ...]`, defaults to `()`):
            The real rows that its prompt showed.
    """

    columns: dict[str, str]
    label: str
    demonstrations: tuple[RealRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a row can't stay: one word for the tally, a sentence for people."""

    reason: str
    detail: str


class Filter(ABC, Generic[ReadOptions]):
    """
    Decides which rows stay. Rows are shown in the order of the plan, so a filter may remember those that were kept.

    Args:
        options (`FilterOptions`):
            What the recipe says.
        task (`Task`):
            What is to be classified.
        test_rows (`Sequence[RealRow]`, defaults to `()`):
            Real test rows; only given to filters with `needs_test_rows`.

    An option called `languages` that a recipe does not give is its `card.language`. Texts that a filter without
    `shows_rejected` rejects are left out of reports and cards: they should not be spread.
    """

    name: ClassVar[str]
    Options: ClassVar[type[FilterOptions]] = FilterOptions
    needs_test_rows: ClassVar[bool] = False
    shows_rejected: ClassVar[bool] = True

    def __init__(self, options: ReadOptions, task: Task, test_rows: Sequence[RealRow] = ()) -> None:
        self.options = options
        self.task = task

    @classmethod
    def require(cls, options: ReadOptions) -> None:
        """
        Make sure, before the first request, that what the filter needs is there. Nothing by default.

        Raises:
            SynthBuilderError: A package is missing, or an option names what does not exist here.
        """

    @abstractmethod
    def check(self, candidate: Candidate) -> Objection | None:
        """Say what is wrong with a row, or `None`. It must not change what the filter remembers."""

    def keep(self, candidate: Candidate) -> None:
        """Told of each row that passed all filters. Nothing by default."""
