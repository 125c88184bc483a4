"""Rows of a toy release, given as rows, and what has to be equal in two results on the same rows."""

from typing import Any

import datasets

from synth_builder.scoring.diversity.results import Diversity
from synth_builder.scoring.results.scores import Scores
from synth_builder.scoring.rows.text_rows import TextRows
from tests.verbs.toy_release import NAMES

TIMES_AND_NAMES = {"dataset", "variant", "reference", "created", "seconds"}


def as_dictionaries(rows: TextRows, column: str = "text") -> list[dict[str, Any]]:
    """With names as labels."""
    return [
        {column: text, "label": NAMES[label], "id": row_id}
        for (text,), label, row_id in zip(rows.texts, rows.labels, rows.ids, strict=True)
    ]


def as_dataset(rows: TextRows) -> datasets.Dataset:
    """With a `ClassLabel`."""
    return datasets.Dataset.from_list(as_dictionaries(rows)).cast_column("label", datasets.ClassLabel(names=NAMES))


def measured(result: Scores | Diversity | dict[str, Any]) -> Any:
    """Everything but times, and what data sets and row sets are called."""
    return _without(result if isinstance(result, dict) else result.model_dump(mode="json"))


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without(one) for key, one in value.items() if key not in TIMES_AND_NAMES}
    return [_without(one) for one in value] if isinstance(value, list) else value
