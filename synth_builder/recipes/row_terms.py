from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

NO_LABEL = ""


class RowTerms(Protocol):
    """What one has to know to read rows: every `Task` tells it, and `ColumnTerms` where there is none."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Text column -> what stands in it."""

    @property
    def label_column(self) -> str | None:
        """The column of the labels; `None` where labels are not read."""

    @property
    def labels(self) -> Mapping[str, str]:
        """Label -> what it means, in the order of the indices."""

    @property
    def label_names(self) -> list[str]:
        """Labels in the order of the indices."""


@dataclass(frozen=True)
class ColumnTerms:
    """
    Terms of rows that no classifier is trained on: other than a `Task` they may have one label, or none.

    Args:
        columns (`Mapping[str, str]`):
            Text column -> what stands in it; one or two.
        label_column (`str`, *optional*):
            The column of the labels. When not given, labels are not read, and all rows have the label `NO_LABEL`.
        labels (`Mapping[str, str]`):
            Label -> what it means, in the order of the indices.
    """

    columns: Mapping[str, str]
    label_column: str | None
    labels: Mapping[str, str]

    @classmethod
    def of(cls, texts: list[str], label_column: str | None, names: list[str]) -> "ColumnTerms":
        """Terms of columns and labels that are called what they are; without a label column the names do not count."""
        names = names if label_column is not None else [NO_LABEL]
        return cls({name: name for name in texts}, label_column, {name: name for name in names})

    @property
    def label_names(self) -> list[str]:
        """Labels in the order of the indices."""
        return list(self.labels)
