from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from synth_builder.engines.base import Completion, Request
from synth_builder.recipes.real_data import RealRow
from synth_builder.recipes.strict import Strict
from synth_builder.recipes.task import Task
from synth_builder.recipes.variant import PromptForm


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
        replies (`Mapping[str, tuple[Completion | None, ...]]`, defaults to `{}`):
            Filter -> replies to what it asked the model about this row; `None` for a request that failed.
    """

    columns: dict[str, str]
    label: str
    demonstrations: tuple[RealRow, ...] = ()
    replies: Mapping[str, tuple[Completion | None, ...]] = field(default_factory=dict)


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
        train_rows (`Sequence[RealRow]`, defaults to `()`):
            Real train rows, without those that also stand in the test rows; only given to filters with
            `needs_train_rows`, which have at least one row of each label then.

    An option called `languages` that a recipe does not give is its `card.language`. Texts that a filter without
    `shows_rejected` rejects are left out of reports and cards: they should not be spread. A filter whose decision
    depends on the rows kept so far has `remembers`; one that asks the model about a row has `asks`, and gets the
    replies with the row. It is told by `prompt_form` and `grammar` how the engine is asked, and whether it can hold a
    reply to a JSON schema.
    """

    name: ClassVar[str]
    Options: ClassVar[type[FilterOptions]] = FilterOptions
    needs_test_rows: ClassVar[bool] = False
    needs_train_rows: ClassVar[bool] = False
    shows_rejected: ClassVar[bool] = True
    remembers: ClassVar[bool] = False
    asks: ClassVar[bool] = False
    prompt_form: PromptForm = "chat"
    grammar: bool = False

    def __init__(
        self,
        options: ReadOptions,
        task: Task,
        test_rows: Sequence[RealRow] = (),
        train_rows: Sequence[RealRow] = (),
    ) -> None:
        self.options = options
        self.task = task

    @classmethod
    def for_options(cls, options: ReadOptions) -> "type[Filter[Any]]":
        """The class that does the work under these options, where they decide what is needed. This one by default."""
        return cls

    @classmethod
    def templates(cls) -> dict[str, str]:
        """Name -> text of the templates of what the filter asks the model. Nothing by default."""
        return {}

    @classmethod
    def require(cls, options: ReadOptions) -> None:
        """
        Make sure, before the first request, that what the filter needs is there. Nothing by default.

        Raises:
            SynthBuilderError: A package is missing, or an option names what does not exist here.
        """

    def requests(self, candidate: Candidate) -> Sequence[Request]:
        """What to ask the model about a row before `check`; only for filters with `asks`. Nothing by default."""
        return ()

    def measures(self, candidate: Candidate) -> dict[str, float]:
        """What the filter found out about a row that stays, for its provenance: name -> value. Nothing by default."""
        return {}

    @abstractmethod
    def check(self, candidate: Candidate) -> Objection | None:
        """Say what is wrong with a row, or `None`. It must not change what the filter remembers."""

    def keep(self, candidate: Candidate) -> None:
        """Told of each row that passed all filters. Nothing by default."""
