from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from synth_builder.errors import RecipeError, ScoringError
from synth_builder.recipes.reference import LOCAL_SUFFIXES, FileReference, HubReference, mistaken_path, parse_reference
from synth_builder.scoring.rows.source import foreign_errors

if TYPE_CHECKING:
    from datasets import Dataset

Given: TypeAlias = "Dataset | Sequence[Mapping[str, Any]] | str"
"""What a user may give as rows: a `Dataset`, dictionaries, or the name of a dataset on the Hub."""

LONGEST_ID = 96  # what huggingface_hub lets pass
FORMS = (
    "expected a datasets.Dataset, a list of dictionaries, or 'owner/name', 'owner/name:split' or "
    "'owner/name:config:split' of a dataset on the Hub"
)


@dataclass(frozen=True)
class GivenDataset:
    """
    Rows as somebody gave them, opened.

    Args:
        role (`str`):
            The argument that they were given as; messages call them so.
        dataset (`Dataset`):
            The rows.
        reference (`str`):
            What results call them: the name on the Hub with its split, else the role.
        name (`str`):
            Repository id, with the revision where one was asked for; else the role.
        variant (`str`, defaults to `"default"`):
            The config that was asked for.
    """

    role: str
    dataset: "Dataset"
    reference: str
    name: str
    variant: str = "default"


def open_given(given: Given, role: str, part: Literal["train", "test"]) -> GivenDataset:
    """
    Open what a user gave as rows. Paths of this machine are not taken: who gives a name may be somebody else.

    Args:
        given (`Dataset`, `Sequence[Mapping[str, Any]]` or `str`):
            Rows, or a name on the Hub: `owner/name`, `owner/name:split` or `owner/name:config:split`, each with
            `@revision` after the name if wished.
        role (`str`):
            The argument's name, for messages.
        part (`"train"` or `"test"`):
            Which split a name without one means; its only split where there is but one.

    Returns:
        `GivenDataset`: With at least one row.

    Raises:
        ScoringError: It is something else, has no rows, or can't be read.
    """
    import datasets

    if isinstance(given, str):
        opened = _from_hub(given, role, part)
    elif isinstance(given, datasets.Dataset):
        opened = GivenDataset(role, given, role, role)
    elif isinstance(given, datasets.DatasetDict):
        raise ScoringError(f"{role} has the splits {', '.join(given)}; give one of them, as in {role}=data[{part!r}].")
    elif isinstance(given, Sequence) and all(isinstance(row, Mapping) for row in given):
        opened = GivenDataset(role, _from_dictionaries(given, role), role, role)
    else:
        raise ScoringError(f"{role} is of the type {type(given).__name__}; {FORMS}.")
    if not len(opened.dataset):
        raise ScoringError(f"{role} has no rows; expected at least one.")
    return opened


def _from_dictionaries(rows: Sequence[Any], role: str) -> "Dataset":
    import datasets

    columns = dict.fromkeys(key for row in rows for key in row)
    found = {}
    for column in columns:
        values = [row.get(column) for row in rows]
        try:
            found[column] = datasets.Dataset.from_dict({column: values})
        except (TypeError, ValueError, OverflowError) as error:
            raise ScoringError(
                f"The column {column!r} of {role} can't be read: {error}. Expected values of one kind in all rows; "
                "leave the column out if it is not needed."
            ) from error
    return datasets.concatenate_datasets(list(found.values()), axis=1) if found else datasets.Dataset.from_dict({})


def _from_hub(name: str, role: str, part: str) -> GivenDataset:
    import datasets

    reference = _reference(name, role, part)
    with_split = ":" in name
    with foreign_errors(
        name, expected=f"{role}: the name of a dataset on the Hub that can be reached, and of its split"
    ):
        found = datasets.load_dataset(
            reference.repo,
            reference.config,
            split=reference.split if with_split else None,
            revision=reference.revision,
        )
    split = reference.split
    if not with_split:
        if split not in found and len(found) > 1:
            raise ScoringError(
                f"{role}: {name!r} has the splits {', '.join(found)} and none is called {part!r}; say which one, as "
                f"in '{name}:{next(iter(found))}'."
            )
        split = split if split in found else next(iter(found))
        found = found[split]
    shown = name if with_split else f"{name}:{split}"
    repository = reference.repo if reference.revision is None else f"{reference.repo}@{reference.revision}"
    return GivenDataset(role, found, shown, repository, reference.config or "default")


def _reference(name: str, role: str, part: str) -> HubReference:
    bare = ":" not in name and not name.lower().endswith(LOCAL_SUFFIXES)
    try:
        parsed = parse_reference(f"{name}:{part}" if bare else name, Path())
    except RecipeError as error:
        raise ScoringError(f"{role}: {name!r} names no dataset; {FORMS}.") from error
    if isinstance(parsed, FileReference):
        raise ScoringError(
            f"{role}: {name!r} is a file's name, and files are not read here. Load it with datasets.load_dataset, and "
            "give the Dataset."
        )
    # A name without an owner may be a format for `datasets`, which then reads the files of the current folder.
    if "/" not in parsed.repo or len(parsed.repo) > LONGEST_ID:
        raise ScoringError(f"{role}: {name!r} names no dataset; {FORMS}.")
    if Path(parsed.repo).is_dir():
        raise ScoringError(
            f"{role}: {parsed.repo!r} is a folder here, and folders are not read. Load it with datasets.load_dataset, "
            "and give the Dataset; if a dataset of that name on the Hub is meant, run this in another folder."
        )
    mistaken = mistaken_path(parsed.repo)
    if mistaken is not None:
        raise ScoringError(f"{role}: {mistaken}")
    return parsed
