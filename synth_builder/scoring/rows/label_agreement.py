from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synth_builder.errors import ScoringError

if TYPE_CHECKING:
    from datasets import Dataset

TEXTS = ("string", "large_string", "bool")
NUMBERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


@dataclass(frozen=True)
class LabelNames:
    """
    The labels that rows from several sources share.

    Args:
        names (`tuple[str, ...]`):
            In the order of their indices.
        by_index (`bool`):
            Whether plain numbers mean the label of that index, in all sources: where a `ClassLabel` gave the names,
            and some number is none of them. The order of texts that were sorted means nothing.
    """

    names: tuple[str, ...]
    by_index: bool


def agreed_label_names(sides: Mapping[str, "Dataset"], column: str, fewest: int = 2) -> LabelNames:
    """
    The labels of rows from several sources.

    The first source, the synthetic rows, decides: the names of its `ClassLabel` in their order; its texts, sorted; or
    its numbers, for which a `ClassLabel` of another source may have the names.

    Args:
        sides (`Mapping[str, Dataset]`):
            What messages call a source -> its rows; the synthetic ones first.
        column (`str`):
            The column of the labels, in all of them.
        fewest (`int`, defaults to 2):
            Labels that there have to be: a classifier needs two.

    Returns:
        `LabelNames`: The names.

    Raises:
        ScoringError: A row has no label, the column holds something else, or there are too few labels.
    """
    (first, rows), *others = sides.items()
    names, numbered = _class_names(rows, column), True
    if names is None:
        values = _values(rows, column, first)
        named = [_class_names(other, column) for _, other in others] if _holds_numbers(rows, column) else []
        fitting = [known for known in named if known is not None and _readable(values, known)]
        names, numbered = (fitting[0], True) if fitting else ([str(value) for value in values], False)
    if len(names) < fewest:
        raise ScoringError(f"{first} has {len(names)} label(s): {_listed(names)}; a classifier needs at least two.")
    # Decided once: with the names "1" to "5", a source that has 0 to 4 and one that has 1 to 4 mean the same by them.
    plain = [_values(rows, column, place) for place, rows in sides.items() if _holds_numbers(rows, column)]
    by_index = numbered and any(str(value) not in names for values in plain for value in values)
    return LabelNames(tuple(names), by_index)


def with_label_names(rows: "Dataset", column: str, labels: LabelNames, place: str) -> "Dataset":
    """
    Rows whose labels are told by name.

    Args:
        rows (`Dataset`):
            With labels as a `ClassLabel`, texts or whole numbers.
        column (`str`):
            The column of the labels.
        labels (`LabelNames`):
            The labels, from `agreed_label_names`.
        place (`str`):
            What messages call the rows.

    Returns:
        `Dataset`: The rows; numbers that are indices have become a `ClassLabel` of the names.

    Raises:
        ScoringError: Some labels are none of the names.
    """
    import datasets

    own = _class_names(rows, column)
    values = _values(rows, column, place)
    if labels.by_index and _holds_numbers(rows, column):
        foreign = [str(value) for value in values if not 0 <= value < len(labels.names)]
        if not foreign:
            return rows.cast_column(column, datasets.ClassLabel(names=list(labels.names)))
    else:
        found = [own[value] if own is not None else str(value) for value in values]
        foreign = [name for name in found if name not in labels.names]
        if not foreign:
            return rows
    raise ScoringError(
        f"{place} has the label{'s' if len(foreign) > 1 else ''} {_listed(foreign)}, and the synthetic rows have "
        f"{_listed(labels.names)}. The labels have to agree: rename them, or leave those rows out."
    )


def _class_names(rows: "Dataset", column: str) -> list[str] | None:
    import datasets

    feature = rows.features[column]
    return list(feature.names) if isinstance(feature, datasets.ClassLabel) else None


def _holds_numbers(rows: "Dataset", column: str) -> bool:
    return getattr(rows.features[column], "dtype", None) in NUMBERS and _class_names(rows, column) is None


def _values(rows: "Dataset", column: str, place: str) -> list[Any]:
    """The labels that the rows have, as they are stored, each once and sorted."""
    feature = rows.features[column]
    names = _class_names(rows, column)
    if getattr(feature, "dtype", None) not in (*TEXTS, *NUMBERS):
        raise ScoringError(
            f"The column {column!r} of {place} holds {feature!r}; expected one label in each row: a ClassLabel, texts "
            "or whole numbers."
        )
    values = rows.unique(column)
    # A ClassLabel stores -1 for "no label", as the test rows of many public datasets have it.
    if None in values or (names is not None and -1 in values):
        raise ScoringError(f"Some rows of {place} have no label in the column {column!r}; leave them out.")
    return sorted(values)


def _readable(values: Sequence[int], names: Sequence[str]) -> bool:
    """Whether numbers can be names, or indices of names."""
    return all(str(value) in names for value in values) or all(0 <= value < len(names) for value in values)


def _listed(names: Sequence[str], most: int = 10) -> str:
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
