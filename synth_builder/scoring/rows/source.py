from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth_builder.errors import ScoringError, UnknownNameError
from synth_builder.recipes.recipe import Recipe
from synth_builder.recipes.reference import mistaken_path
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
    import datasets

    features = dataset.features
    if "label" not in features:
        raise ScoringError(
            f"{source.name!r} has no {RECIPE_FILE} and no column 'label'; it has: {', '.join(features)}. "
            "Rename its label column to 'label', or put a recipe beside the data."
        )
    texts = text_columns_of(dataset, "label")
    if len(texts) not in (1, 2):
        raise ScoringError(
            f"{source.name!r} has no {RECIPE_FILE} and {len(texts)} text columns ({', '.join(texts) or 'none'}); "
            "expected one or two. Drop the others, or put a recipe beside the data that names the right ones."
        )
    label = features["label"]
    names = label.names if isinstance(label, datasets.ClassLabel) else sorted({str(x) for x in dataset["label"]})
    if len(names) < 2:
        raise ScoringError(f"{source.name!r} has {len(names)} label(s): {names!r}; a classifier needs at least two.")
    return Task(
        kind="text_classification" if len(texts) == 1 else "text_pair_classification",
        description=f"The labels of {source.name}",
        columns={name: name for name in texts},
        labels={name: name for name in names},
    )


def text_columns_of(dataset: "Dataset", label_column: str) -> list[str]:
    """All columns of texts but `id`, `provenance` and the one of the labels."""
    import datasets

    return [
        name
        for name, feature in dataset.features.items()
        if isinstance(feature, datasets.Value)
        and feature.dtype in ("string", "large_string")
        and name not in (*RESERVED_COLUMNS, label_column)
    ]


def text_rows(dataset: "Dataset", task: Task, place: str) -> TextRows:
    """
    Rows of a `Dataset` in the task's terms.

    Args:
        dataset (`Dataset`):
            With the task's columns; a column `id` is used where there is one, else the row's number.
        task (`Task`):
            Its columns and labels.
        place (`str`):
            What messages call the dataset.

    Raises:
        ScoringError: A column is missing, a text is none, or a label is not one of the task's.
    """
    missing = [name for name in (*task.columns, task.label_column) if name not in dataset.features]
    if missing:
        raise ScoringError(
            f"{place} has no column {', '.join(map(repr, missing))}; it has: {', '.join(dataset.column_names)}. "
            "The recipe names the columns of the task: build again, or correct it."
        )
    label_feature = dataset.features[task.label_column]
    index_of = {name: index for index, name in enumerate(task.label_names)}
    labels: list[int] = []
    for number, value in enumerate(dataset[task.label_column]):
        name = _label_name(label_feature, value)
        if name not in index_of:
            raise ScoringError(
                f"Row {number} of {place} has the label {name!r}; expected one of: {', '.join(task.label_names)}."
            )
        labels.append(index_of[name])
    texts = list(zip(*(dataset[name] for name in task.columns), strict=True))
    for number, row in enumerate(texts):
        if not all(isinstance(text, str) for text in row):
            raise ScoringError(f"Row {number} of {place} holds {row!r}; expected a text in each text column.")
    ids = [str(value) for value in dataset["id"]] if "id" in dataset.features else [str(n) for n in range(len(labels))]
    return TextRows(texts=tuple(texts), labels=tuple(labels), ids=tuple(ids))


def variant_datasets(source: Source, variants: Sequence[str] | None = None) -> tuple[Task, "dict[str, Dataset]"]:
    """
    The training rows of variants as they stand, with all their columns.

    Args:
        source (`Source`):
            Where they are from.
        variants (`Sequence[str]`, *optional*):
            Which; all when not given.

    Returns:
        `tuple[Task, dict[str, Dataset]]`: The task, and variant -> its rows, in the order asked.

    Raises:
        ScoringError: The rows can't be read.
        UnknownNameError: There is no such variant.
    """
    variants = [variants] if isinstance(variants, str) else variants
    for variant in variants or []:
        source.check_variant(variant)
    chosen = list(dict.fromkeys(variants or source.variants()))
    datasets = {variant: source.load(variant) for variant in chosen}
    return task_of(source, datasets[chosen[0]]), datasets


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
    task, datasets = variant_datasets(source, variants)
    return task, {
        variant: text_rows(dataset, task, f"the variant {variant!r} of {source.name!r}")
        for variant, dataset in datasets.items()
    }


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
