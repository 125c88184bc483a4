from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synth_builder.scoring.label_quality.results import GroupAgreement
from synth_builder.scoring.label_quality.share import Share

if TYPE_CHECKING:
    from datasets import Dataset

Group = tuple[str, str]
"""Kind and value, as `("topic", "late trains")`."""

FEWEST_ROWS = 10
MOST_GROUPS = 5


def groups_of_rows(dataset: "Dataset") -> list[frozenset[Group]]:
    """
    What the column `provenance` says about each row of a release: its strategy, its topic, its attributes.

    Args:
        dataset (`Dataset`):
            Rows of a variant; where there is no such column, or a foreign one of that name, the rows have no groups.
    """
    if not isinstance(dataset.features.get("provenance"), dict):
        return [frozenset()] * len(dataset)
    return [frozenset(_groups(told or {})) for told in dataset["provenance"]]


def least_agreeing(
    groups: Sequence[frozenset[Group]], agrees: Sequence[bool | None], most: int = MOST_GROUPS
) -> tuple[GroupAgreement, ...]:
    """
    Groups of rows that the real-trained classifier agrees with least.

    A group needs ten judged rows: with fewer, the interval of its share says next to nothing. A group that all judged
    rows are in says nothing new.

    Args:
        groups (`Sequence[frozenset[Group]]`):
            The groups that each row is in.
        agrees (`Sequence[bool | None]`):
            Whether the classifier agrees with each row; `None` where that was not judged.
        most (`int`, defaults to 5):
            How many groups, at most.

    Returns:
        `tuple[GroupAgreement, ...]`: The one with the least share first; of equal shares, the one with more rows, then
        by kind and value.
    """
    judged = [(ours, agreed) for ours, agreed in zip(groups, agrees, strict=True) if agreed is not None]
    rows = Counter(group for ours, _ in judged for group in ours)
    hits = Counter(group for ours, agreed in judged if agreed for group in ours)
    shares = {
        group: Share.of(hits[group], count) for group, count in rows.items() if FEWEST_ROWS <= count < len(judged)
    }
    ordered = sorted(shares, key=lambda group: (shares[group].share, -shares[group].rows, group))
    return tuple(
        GroupAgreement(kind=kind, value=value, agreement=shares[kind, value]) for kind, value in ordered[:most]
    )


def _groups(told: Mapping[str, Any]) -> list[Group]:
    found = [(kind, str(told[kind])) for kind in ("strategy", "topic") if told.get(kind) is not None]
    attributes = told.get("attributes")
    for attribute in attributes if isinstance(attributes, list) else ():
        if isinstance(attribute, Mapping) and {"name", "value"} <= attribute.keys():
            found.append((f"attribute {attribute['name']}", str(attribute["value"])))
    return found
