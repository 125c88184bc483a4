import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from synth_builder.errors import RealDataError, RecipeError
from synth_builder.recipes.fingerprint import digest
from synth_builder.recipes.recipe import RealData
from synth_builder.recipes.records import read_records
from synth_builder.recipes.reference import FileReference, HubReference, parse_reference
from synth_builder.recipes.row_terms import NO_LABEL, RowTerms
from synth_builder.recipes.task import RESERVED_COLUMNS
from synth_builder.registry import nearest

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RealRow:
    """
    One real labelled row.

    Args:
        columns (`dict[str, str]`):
            Text column of the task -> text.
        label (`str`):
            A label of the task; `NO_LABEL` where none were read.
        id (`str`):
            Part of the source and position in it, for example `train:17`.
    """

    columns: dict[str, str]
    label: str
    id: str


def read_real_rows(
    reference: str,
    task: RowTerms,
    real: RealData | None,
    directory: Path,
    *,
    named_by: str = "real data",
    without_recipe: bool = False,
) -> list[RealRow]:
    """
    Read real rows in the task's terms.

    Args:
        reference (`str`):
            Hub `id:split` or a local file, as in a recipe.
        task (`RowTerms`):
            Its columns and labels, as of a `Task`; where it has no label column, no labels are read.
        real (`RealData`, *optional*):
            How the source's columns and label values are called in the task.
        directory (`Path`):
            Where relative paths start: the recipe's folder, or for a flag the current one.
        named_by (`str`, defaults to `"real data"`):
            What names the reference, for messages: a key such as `real.train`, or a flag such as `--test`.
        without_recipe (`bool`, defaults to `False`):
            Whether the task is one that a dataset's columns tell. Then nobody has said what a number means: one
            without a name is the index of a label, where no label is called by a number. And messages name no keys of
            a recipe as if they were there.

    Returns:
        `list[RealRow]`: All rows in the source's order.

    Raises:
        RealDataError: The source is missing, lacks a column, or holds a value that is no label of the task.
        RecipeError: The reference has another form.
    """
    try:
        return _read(reference, task, real, directory, without_recipe)
    except FileNotFoundError as error:
        start = "current" if named_by.startswith("--") else "recipe's"
        raise RealDataError(
            f"{named_by}: there is no file {reference!r}; a relative path starts at the {start} folder."
        ) from error
    except (RealDataError, RecipeError) as error:
        sentence = str(error)
        sentence = "t" + sentence[1:] if sentence.startswith("The ") else sentence
        raise type(error)(f"{named_by}: {sentence}") from error


def _read(
    reference: str, task: RowTerms, real: RealData | None, directory: Path, without_recipe: bool
) -> list[RealRow]:
    parsed = parse_reference(reference, directory)
    if isinstance(parsed, FileReference):
        found, records = read_records(parsed.path, reference)
        if not found:
            raise RealDataError(f"{reference!r} holds no rows; expected at least one labelled row.")
        label_names: list[str] | None = None
        part = parsed.path.name.split(".")[0]
    else:
        found, records, label_names = _read_hub(parsed, task, real)
        part = parsed.split
    sources = _sources(found, task, real, reference, without_recipe)
    rows = []
    for position, record in enumerate(records):
        columns = {}
        for name in task.columns:
            value = record[sources[name]]
            if not isinstance(value, str):
                raise RealDataError(
                    f"{reference!r} holds {value!r} in column {sources[name]!r} of row {position}; expected a text."
                )
            columns[name] = value
        label = NO_LABEL
        if task.label_column is not None:
            value, place = record[sources[task.label_column]], f"row {position} of {reference!r}"
            label = _label(value, task, real, label_names, place, without_recipe)
        rows.append(RealRow(columns, label, f"{part}:{position}"))
    if not rows:
        raise RealDataError(f"{reference!r} holds no rows; expected at least one labelled row.")
    return rows


def rows_digest(rows: Iterable[RealRow]) -> str:
    """Hash of the rows' texts and labels, in order."""
    return digest([[row.columns, row.label] for row in rows])


def _sources(
    found: list[str], task: RowTerms, real: RealData | None, reference: str, without_recipe: bool
) -> dict[str, str]:
    """Task column -> column of the source."""
    renamed = {target: source for source, target in (real.columns if real else {}).items()}
    names = (*task.columns, *([] if task.label_column is None else [task.label_column]))
    # A local copy in the task's own terms may be given in place of the Hub's. Where a file holds further columns, one
    # of them may be the one that was meant.
    others = [column for column in found if column not in (*names, *renamed.values(), *RESERVED_COLUMNS)]
    sources: dict[str, str] = {}
    for name in names:
        source = renamed.get(name, name)
        if source not in found and name in found and not others:
            source = name
        if source not in found:
            free = [column for column in found if column not in (*sources.values(), *renamed.values())]
            if without_recipe:
                raise RealDataError(
                    f"{reference!r} has no column {name!r}, as the dataset has.{nearest(name, found)} It has: "
                    f"{', '.join(found)}. Rename the column there; or put a recipe.yaml beside the dataset that says "
                    "under real.columns which one it is."
                )
            near = get_close_matches(source, free, n=1, cutoff=0.4) or free or ["source"]
            what = f"no column {source!r} for the task's {name!r}.{nearest(source, found)} It has: {', '.join(found)}."
            raise RealDataError(
                f"{reference!r} has {what} Say under real.columns which one it is, for example {{{near[0]}: {name}}}."
                if name not in found
                else f"{reference!r} has {what} Correct the entry {source!r} of real.columns, or leave it out if "
                f"the column {name!r} is meant."
            )
        sources[name] = source
    return sources


def _label(
    value: Any,
    task: RowTerms,
    real: RealData | None,
    names: list[str] | None,
    place: str,
    without_recipe: bool = False,
) -> str:
    renamed = real.labels if real else {}
    spellings = [str(value), str(value).lower()] if isinstance(value, bool) else [str(value)]
    if names is not None and isinstance(value, int) and 0 <= value < len(names):
        spellings.append(names[value])
    for spelling in spellings:
        if spelling in renamed:
            return renamed[spelling]
    # The name comes before the number: of a ClassLabel with the names "1", "2", the number 1 means "2".
    for spelling in reversed(spellings):
        if spelling in task.labels:
            return spelling
    indices = {str(index): name for index, name in enumerate(task.labels)}
    # A ClassLabel whose names are words says what its numbers mean; they are no indices of other words.
    nameless = names is None or all(name.isdigit() for name in names)
    if without_recipe and nameless and spellings[0] in indices and not any(map(str.isdigit, task.labels)):
        return indices[spellings[0]]
    if without_recipe:
        raise RealDataError(
            f"The label {spellings[-1]!r} of {place} is no label of the dataset ({', '.join(task.labels)})."
            f"{nearest(spellings[-1], task.label_names)} Rename the label there; or put a recipe.yaml beside the "
            "dataset that says under real.labels which one it is."
        )
    raise RealDataError(
        f"The label {spellings[-1]!r} of {place} is no label of the task ({', '.join(task.labels)}). "
        f"Say under real.labels which one it is, for example {{{spellings[0]!r}: {task.label_names[0]}}}."
    )


def _read_hub(
    reference: HubReference, task: RowTerms, real: RealData | None
) -> tuple[list[str], Iterator[dict[str, Any]], list[str] | None]:
    """Columns, rows and label names of one split on the Hub."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    where = f"{reference.repo}{f' ({reference.config})' if reference.config else ''}, split {reference.split}"
    logger.info("Reading %s from the Hub", where)
    try:
        dataset = datasets.load_dataset(
            reference.repo, reference.config, split=reference.split, revision=reference.revision
        )
    # A RuntimeError is what `datasets` ends in where a repository holds a dataset script.
    except (OSError, ValueError, RuntimeError, datasets.exceptions.DatasetsError, HfHubHTTPError) as error:
        first_line = next(iter(str(error).splitlines()), type(error).__name__)
        raise RealDataError(
            f"{where} can't be loaded from the Hub: {first_line.rstrip('.')}. Check the name and the network, or "
            "give a "
            "local file instead."
        ) from error
    renamed = {target: source for source, target in (real.columns if real else {}).items()}
    label_column = task.label_column and renamed.get(task.label_column, task.label_column)
    feature = dataset.features.get(label_column) if label_column else None
    names = list(feature.names) if isinstance(feature, datasets.ClassLabel) else None
    return dataset.column_names, iter(dataset), names
