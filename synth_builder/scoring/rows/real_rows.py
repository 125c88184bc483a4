from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from synth_builder.recipes.real_data import RealRow, read_real_rows
from synth_builder.recipes.row_terms import RowTerms
from synth_builder.scoring.rows.source import Source
from synth_builder.scoring.rows.text_rows import TextRows


def real_text_rows(
    asked: str | None, part: Literal["train", "test"], source: Source, task: RowTerms
) -> tuple[str | None, TextRows | None]:
    """
    The real rows that the user asked for, else those that the recipe names, else none.

    Args:
        asked (`str`, *optional*):
            Hub `id:split` or a local file, relative to the current directory.
        part (`"train"` or `"test"`):
            Which rows of the recipe.
        source (`Source`):
            The dataset, with its recipe where it has one.
        task (`RowTerms`):
            Its columns and labels.

    Returns:
        `tuple[str, TextRows]`: Where they are from, and the rows; `None` twice when there are none.

    Raises:
        RealDataError: The rows can't be read.
    """
    settings = source.recipe.real if source.recipe is not None else None
    if asked is not None:
        flag = "--test" if part == "test" else "--real"
        rows = read_real_rows(asked, task, settings, Path.cwd(), named_by=flag, without_recipe=source.recipe is None)
        return asked, _text_rows(rows, task)
    named = getattr(settings, part) if settings is not None else None
    if named is None or source.recipe is None:
        return None, None
    rows = read_real_rows(named, task, settings, source.recipe.directory, named_by=f"real.{part}")
    return named, _text_rows(rows, task)


def _text_rows(rows: Sequence[RealRow], task: RowTerms) -> TextRows:
    index_of = {name: index for index, name in enumerate(task.label_names)}
    return TextRows(
        texts=tuple(tuple(row.columns[name] for name in task.columns) for row in rows),
        labels=tuple(index_of[row.label] for row in rows),
        ids=tuple(row.id for row in rows),
    )
