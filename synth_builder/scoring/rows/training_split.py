from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from synth_builder.errors import ScoringError

if TYPE_CHECKING:
    from datasets import Dataset

# Of a csv file, pandas reads None, NA, nan and a dozen other words as "no value". A person who writes "None" means a
# text, and `recipes/records.py` reads it as one; only an empty cell is no value.
WORDS_ARE_TEXTS = {"keep_default_na": False, "na_values": [""]}


def read_training_split(path: str, variant: str, called: str, folder: Path | None) -> "Dataset":
    """
    The training rows of a variant: its split `train`, or its only split.

    Args:
        path (`str`):
            What `load_dataset` takes: a folder, or a repository id.
        variant (`str`):
            The dataset's config.
        called (`str`):
            What messages call the dataset.
        folder (`Path`, *optional*):
            The folder, where it is one. In its csv files the words None and NA are texts.

    Raises:
        ScoringError: It has several splits and none is called `train`, or the split has no rows.
    """
    import datasets

    builder = datasets.load_dataset_builder(path, variant)
    if folder is not None and builder.name == "csv":
        builder = datasets.load_dataset_builder(path, variant, **WORDS_ARE_TEXTS)
    for split, files in (builder.config.data_files or {}).items() if folder is not None else ():
        paths = [Path(str(file)) for file in files]
        if paths and all(path.is_file() and _has_no_rows(path) for path in paths):
            raise ScoringError(
                f"The split {str(split)!r} of {called!r} has no rows in {', '.join(path.name for path in paths)}; "
                "expected at least one, or no such file."
            )
    builder.download_and_prepare()
    splits = builder.info.splits or {}
    if "train" not in splits and len(splits) != 1:
        raise ScoringError(
            f"The variant {variant!r} of {called!r} has the splits {', '.join(splits) or 'none'}; expected one called "
            "'train', or a single one."
        )
    chosen = "train" if "train" in splits else next(iter(splits))
    dataset: Dataset = builder.as_dataset(split=chosen)
    return dataset


def _has_no_rows(file: Path) -> bool:
    """Whether a file is empty, or has a header alone; what `datasets` says then tells nobody so."""
    if file.suffix.lower() == ".parquet" and file.stat().st_size:
        import pyarrow.parquet

        return not pyarrow.parquet.read_metadata(file).num_rows
    if file.suffix.lower() != ".csv":
        return not file.stat().st_size
    with file.open("rb") as lines:
        return sum(1 for _ in islice((line for line in lines if line.strip()), 2)) < 2
