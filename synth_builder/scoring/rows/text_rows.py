import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextRows:
    """
    Labelled rows of texts: all that scoring knows of a dataset.

    Args:
        texts (`tuple[tuple[str, ...], ...]`):
            The text columns of each row, in the task's order.
        labels (`tuple[int, ...]`):
            Index of each row's label.
        ids (`tuple[str, ...]`):
            Name of each row, for messages.
    """

    texts: tuple[tuple[str, ...], ...]
    labels: tuple[int, ...]
    ids: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __add__(self, other: "TextRows") -> "TextRows":
        return TextRows(self.texts + other.texts, self.labels + other.labels, self.ids + other.ids)

    def take(self, positions: Sequence[int]) -> "TextRows":
        """The rows at these positions, in that order."""
        return TextRows(
            texts=tuple(self.texts[position] for position in positions),
            labels=tuple(self.labels[position] for position in positions),
            ids=tuple(self.ids[position] for position in positions),
        )

    def label_counts(self, label_names: Sequence[str]) -> dict[str, int]:
        """How many rows each label has, in the order of the names; labels without rows are told as 0."""
        return {name: self.labels.count(index) for index, name in enumerate(label_names)}

    def fingerprint(self) -> str:
        """A SHA-256 over texts and labels, in order: equal for equal rows, whatever their ids."""
        return rows_fingerprint(zip(self.texts, self.labels, strict=True))


def rows_fingerprint(rows: Iterable[tuple[Sequence[str], int]]) -> str:
    """
    `TextRows.fingerprint` of rows that are not held in memory.

    Args:
        rows (`Iterable[tuple[Sequence[str], int]]`):
            Texts and label of each.
    """
    digest = hashlib.sha256()
    for texts, label in rows:
        digest.update(json.dumps([texts, label]).encode("ascii") + b"\n")
    return digest.hexdigest()
