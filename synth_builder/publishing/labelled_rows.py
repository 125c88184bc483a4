import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from synth_builder.errors import PublishError
from synth_builder.publishing.published import Published
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.row_batches import ROWS_AT_A_TIME, row_batches
from synth_builder.releases.split_files import each_told

LabelledRow = tuple[tuple[str, ...], str]
"""The texts of a row in the task's order, and its label by name."""


def local_rows(release: ReleaseFolder, provenance: Mapping[str, Any], split: str) -> Iterator[LabelledRow]:
    """
    Rows of a release folder, a batch in memory at a time.

    Args:
        release (`ReleaseFolder`):
            The folder.
        provenance (`Mapping[str, Any]`):
            What is known of the variant.
        split (`str`):
            One of its splits.
    """
    task = provenance["task"]
    files = release.data_files(provenance["variant"], split, provenance["splits"][split])
    for batch in row_batches(files, [*task["columns"], task["label_column"]]):
        yield from _labelled(batch.to_pydict(), task)


def published_rows(published: Published, provenance: Mapping[str, Any], split: str) -> Iterator[LabelledRow]:
    """
    Rows of a published version: by `load_dataset`, so that they stand in the cache of `datasets`, or from the files
    themselves, one after the other, where that can't read the place.

    Args:
        published (`Published`):
            The version.
        provenance (`Mapping[str, Any]`):
            What is known of the variant.
        split (`str`):
            One of its splits.

    Raises:
        PublishError: They can't be loaded.
    """
    import datasets

    task, name = provenance["task"], provenance["variant"]
    if published.place.download(published.version) is not None:
        revision = published.place.versions()[published.version]
        contents = (
            io.BytesIO(published.place.read(told["file"], revision)) for told in each_told(provenance["splits"][split])
        )
        for batch in row_batches(contents, [*task["columns"], task["label_column"]]):
            yield from _labelled(batch.to_pydict(), task)
        return
    source, arguments = published.place.source(published.version)
    with _loading(f"{name!r} of {published.name}"):
        loaded = datasets.load_dataset(source, name, split=split, **arguments)
        rows = loaded.select_columns([*task["columns"], task["label_column"]])
    for batch in rows.iter(ROWS_AT_A_TIME):
        yield from _labelled(batch, task)


def _labelled(batch: Mapping[str, list[Any]], task: Mapping[str, Any]) -> Iterator[LabelledRow]:
    names = task["labels"]
    texts = zip(*(batch[column] for column in task["columns"]), strict=True)
    for row, label in zip(texts, batch[task["label_column"]], strict=True):
        yield row, names[label]


@contextmanager
def _loading(what: str) -> Iterator[None]:
    """What `datasets` raises becomes ours here, and its bars are not shown."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    had_bars = not datasets.utils.are_progress_bars_disabled()
    datasets.utils.disable_progress_bars()
    try:
        yield
    except (OSError, ValueError, RuntimeError, HfHubHTTPError, datasets.exceptions.DatasetsError) as error:
        first_line = next(iter(str(error).splitlines()), type(error).__name__)
        raise PublishError(
            f"The rows of {what} can't be loaded: {first_line.rstrip('.')}. Try again later."
        ) from error
    finally:
        if had_bars:
            datasets.utils.enable_progress_bars()
