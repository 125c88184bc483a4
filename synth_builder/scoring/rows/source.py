from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.errors import ScoringError, UnknownNameError
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import mistaken_path
from synth_builder.recipes.row_terms import NO_LABEL, ColumnTerms, RowTerms
from synth_builder.recipes.task import RESERVED_COLUMNS, Task
from synth_builder.registry import nearest
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.rows.training_split import read_training_split

if TYPE_CHECKING:
    from datasets import Dataset

RECIPE_FILE = "recipe.yaml"
EXPECTED = "the folder of a release, or 'owner/name' of a dataset on the Hub that can be reached"


@dataclass(frozen=True)
class Source:
    """
    A dataset that can be scored: a release of ours, or anybody's.

    Args:
        path (`str`):
            What `load_dataset` takes: a folder, or a repository id.
        folder (`Path`, *optional*):
            The folder, where it is one.
        recipe (`Recipe`, *optional*):
            Its recipe, where it has one.
    """

    path: str
    folder: Path | None
    recipe: Recipe | None

    @property
    def name(self) -> str:
        """Repository id, or the folder's name."""
        return self.path if self.folder is None else self.folder.resolve().name

    def variants(self) -> list[str]:
        """
        Its variants, which are the dataset's configs.

        Raises:
            ScoringError: The dataset can't be read.
        """
        import datasets

        with foreign_errors(self.path):
            return list(datasets.get_dataset_config_names(self.path))

    def check_variant(self, variant: str) -> None:
        """
        Make sure that a variant exists.

        Raises:
            UnknownNameError: It does not; the message lists those that do.
        """
        known = self.variants()
        if variant not in known:
            raise UnknownNameError(
                f"{self.name!r} has no variant {variant!r}.{nearest(variant, known)} It has: {', '.join(known)}."
            )

    def load(self, variant: str) -> "Dataset":
        """
        The training rows of a variant: its split `train`, or its only split.

        Args:
            variant (`str`):
                One of `variants()`.

        Raises:
            ScoringError: The dataset can't be read, a split has no rows, or of several none is called `train`.
        """
        with foreign_errors(self.path):
            return read_training_split(self.path, variant, self.name, self.folder)


def open_source(release: str | Path) -> Source:
    """
    Find a dataset and its recipe.

    Args:
        release (`str` or `Path`):
            A folder, or a dataset's id on the Hub.

    Returns:
        `Source`: With the recipe when there is a file `recipe.yaml` beside the data.

    Raises:
        ScoringError: There is no such folder and no such repository, or the Hub can't be reached.
        RecipeError: The recipe can't be read.
    """
    folder = Path(release)
    if folder.is_dir():
        path = folder / RECIPE_FILE
        return Source(str(folder), folder, Recipe.load(path, check_files=False) if path.is_file() else None)
    repository = str(release)
    mistaken = mistaken_path(repository)
    if mistaken is not None:
        raise ScoringError(mistaken)
    if repository.count("/") != 1 or repository.startswith((".", "/", "~")):
        raise ScoringError(
            f"There is no folder {repository!r}, and it is no repository id either; expected the folder of a release, "
            "or 'owner/name' of a dataset on the Hub."
        )
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import RemoteEntryNotFoundError

    with foreign_errors(repository):
        try:
            path = Path(hf_hub_download(repository, RECIPE_FILE, repo_type="dataset"))
        except RemoteEntryNotFoundError:
            return Source(repository, None, None)
    return Source(repository, None, Recipe.load(path, check_files=False))


def task_of(source: Source, dataset: "Dataset") -> Task:
    """
    The task of a dataset: its recipe's, or the one that its columns tell.

    Without a recipe, the text columns are all string columns but `id` and `provenance`, and the labels are those of
    the column `label`.

    Args:
        source (`Source`):
            Where it is from.
        dataset (`Dataset`):
            Rows of any of its variants.

    Raises:
        ScoringError: There is no recipe, and the columns do not tell.
    """
    if source.recipe is not None:
        return source.recipe.task
    if "label" not in dataset.features:
        raise ScoringError(
            f"{source.name!r} has no {RECIPE_FILE} and no column 'label'; it has: {', '.join(dataset.features)}. "
            "Rename its label column to 'label', or put a recipe beside the data."
        )
    terms = terms_of(source, dataset)
    names = terms.label_names
    if len(names) < 2:
        raise ScoringError(f"{source.name!r} has {len(names)} label(s): {names!r}; a classifier needs at least two.")
    return Task(
        kind="text_classification" if len(terms.columns) == 1 else "text_pair_classification",
        description=f"The labels of {source.name}",
        columns=dict(terms.columns),
        labels=dict(terms.labels),
    )


def terms_of(source: Source, dataset: "Dataset") -> RowTerms:
    """
    How to read a dataset that no classifier is trained on: as `task_of`, but one label will do, and so does a single
    text column without labels. Arguments are those of `task_of`.

    Raises:
        ScoringError: There is no recipe, and the columns do not tell.
    """
    if source.recipe is not None:
        return source.recipe.task
    import datasets

    label = dataset.features.get("label")
    texts = text_columns_of(dataset, "label")
    if label is None and len(texts) != 1:
        raise ScoringError(
            f"{source.name!r} has no {RECIPE_FILE}, no column 'label' and {told_texts(dataset, texts, 'label')}; "
            "without labels, expected one text column. Rename its label column to 'label', drop the columns that are "
            "no texts to look at, or put a recipe beside the data."
        )
    if len(texts) not in (1, 2):
        raise ScoringError(
            f"{source.name!r} has no {RECIPE_FILE} and {told_texts(dataset, texts, 'label')}; "
            + (
                "expected one or two. Drop the others, or put a recipe beside the data that names the right ones."
                if texts
                else "expected one or two. Store what is to be read as texts."
            )
        )
    if label is None:
        return ColumnTerms.of(texts, None, [])
    names = label.names if isinstance(label, datasets.ClassLabel) else sorted({str(x) for x in dataset["label"]})
    return ColumnTerms.of(texts, "label", list(names))


def told_texts(dataset: "Dataset", texts: Sequence[str], label_column: str | None) -> str:
    """How many text columns there are, for messages: their names; where there are none, what the others hold."""
    if texts:
        return f"{len(texts)} text columns ({', '.join(texts)})"
    others = [
        f"{name!r} holds {getattr(feature, 'dtype', type(feature).__name__)}"
        for name, feature in dataset.features.items()
        if name not in (*RESERVED_COLUMNS, label_column)
    ]
    return f"no column of texts ({', '.join(others) or 'and no other column'})"


def text_columns_of(dataset: "Dataset", label_column: str | None) -> list[str]:
    """All columns of texts but `id`, `provenance` and the one of the labels."""
    import datasets

    return [
        name
        for name, feature in dataset.features.items()
        if isinstance(feature, datasets.Value)
        and feature.dtype in ("string", "large_string")
        and name not in (*RESERVED_COLUMNS, label_column)
    ]


def text_rows(dataset: "Dataset", task: RowTerms, place: str) -> TextRows:
    """
    Rows of a `Dataset` in the task's terms.

    Args:
        dataset (`Dataset`):
            With the task's columns; a column `id` is used where there is one, else the row's number.
        task (`RowTerms`):
            Its columns and labels.
        place (`str`):
            What messages call the dataset.

    Raises:
        ScoringError: A column is missing, a text is none, or a label is not one of the task's.
    """
    wanted = (*task.columns, *([] if task.label_column is None else [task.label_column]))
    missing = [name for name in wanted if name not in dataset.features]
    if missing:
        raise ScoringError(
            f"{place} has no column {', '.join(map(repr, missing))}; it has: {', '.join(dataset.column_names)}. "
            "The recipe names the columns of the task: build again, or correct it."
        )
    labels = _label_indices(dataset, task, place)
    texts = list(zip(*(dataset[name] for name in task.columns), strict=True))
    for number, row in enumerate(texts):
        if not all(isinstance(text, str) for text in row):
            raise ScoringError(f"Row {number} of {place} holds {row!r}; expected a text in each text column.")
    ids = [str(value) for value in dataset["id"]] if "id" in dataset.features else [str(n) for n in range(len(labels))]
    return TextRows(texts=tuple(texts), labels=tuple(labels), ids=tuple(ids))


def variant_datasets(source: Source, variants: Sequence[str] | None = None) -> "dict[str, Dataset]":
    """
    The training rows of variants as they stand, with all their columns.

    Args:
        source (`Source`):
            Where they are from.
        variants (`Sequence[str]`, *optional*):
            Which; all when not given.

    Returns:
        `dict[str, Dataset]`: Variant -> its rows, in the order asked; at least one.

    Raises:
        ScoringError: The rows can't be read.
        UnknownNameError: There is no such variant.
    """
    variants = [variants] if isinstance(variants, str) else variants
    for variant in variants or []:
        source.check_variant(variant)
    return {variant: source.load(variant) for variant in dict.fromkeys(variants or source.variants())}


def variant_rows(source: Source, variants: Sequence[str] | None = None) -> tuple[Task, dict[str, TextRows]]:
    """
    The training rows of variants.

    Args:
        source (`Source`):
            Where they are from.
        variants (`Sequence[str]`, *optional*):
            Which; all when not given.

    Returns:
        `tuple[Task, dict[str, TextRows]]`: The task, and variant -> its rows, in the order asked.

    Raises:
        ScoringError: The rows can't be read, or do not fit the task.
        UnknownNameError: There is no such variant.
    """
    datasets = variant_datasets(source, variants)
    task = task_of(source, next(iter(datasets.values())))
    return task, _in_terms(source, datasets, task)


def measured_rows(source: Source, variants: Sequence[str] | None = None) -> tuple[RowTerms, dict[str, TextRows]]:
    """The same of rows that no classifier is trained on, with the terms of `terms_of`; see `variant_rows`."""
    datasets = variant_datasets(source, variants)
    terms = terms_of(source, next(iter(datasets.values())))
    return terms, _in_terms(source, datasets, terms)


def _in_terms(source: Source, datasets: "Mapping[str, Dataset]", terms: RowTerms) -> dict[str, TextRows]:
    return {
        variant: text_rows(dataset, terms, f"the variant {variant!r} of {source.name!r}")
        for variant, dataset in datasets.items()
    }


def _label_indices(dataset: "Dataset", task: RowTerms, place: str) -> list[int]:
    index_of = {name: index for index, name in enumerate(task.label_names)}
    if task.label_column is None:
        return [index_of[NO_LABEL]] * len(dataset)
    feature = dataset.features[task.label_column]
    labels: list[int] = []
    for number, value in enumerate(dataset[task.label_column]):
        name = _label_name(feature, value)
        if name not in index_of:
            raise ScoringError(
                f"Row {number} of {place} has the label {name!r}; expected one of: {', '.join(task.label_names)}."
            )
        labels.append(index_of[name])
    return labels


def _label_name(feature: Any, value: Any) -> str:
    names = getattr(feature, "names", None)
    # A ClassLabel stores -1 for "no label".
    return names[value] if names is not None and isinstance(value, int) and 0 <= value < len(names) else str(value)


@contextmanager
def foreign_errors(path: str, expected: str = EXPECTED) -> Iterator[None]:
    """
    What `datasets` and the Hub's client raise about a dataset becomes ours here, and their bars are not shown.

    Args:
        path (`str`):
            What is read, for the message.
        expected (`str`, *optional*):
            What it should have been, for the message.

    Raises:
        ScoringError: In place of theirs.
    """
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    had_bars = not datasets.utils.are_progress_bars_disabled()
    datasets.utils.disable_progress_bars()
    try:
        yield
    except (OSError, ValueError, RuntimeError, HfHubHTTPError, datasets.exceptions.DatasetsError) as error:
        # "An error occurred while generating the dataset" is all that this one says; what happened is its cause.
        generating = isinstance(error, datasets.exceptions.DatasetGenerationError) and error.__cause__ is not None
        reason = error.__cause__ if generating else error
        raise ScoringError(f"The dataset {path!r} can't be read: {reason}\nExpected {expected}.") from error
    finally:
        if had_bars:
            datasets.utils.enable_progress_bars()
