import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from synth_builder.recipes.task import Task
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.rows import Written, write_rows
from synth_builder.releases.split_files import file_name


def write_data(
    release: ReleaseFolder, variant: str, splits: Mapping[str, Iterable[dict[str, Any]]], task: Task
) -> dict[str, Written]:
    """
    Write all rows of a variant in place of those that were there. They are written elsewhere in the release, and the
    folder `data/<variant>` then appears at once: a kill never leaves some of the files of a split, which
    `load_dataset` would take for all.

    Args:
        release (`ReleaseFolder`):
            Where.
        variant (`str`):
            The variant.
        splits (`Mapping[str, Iterable[dict[str, Any]]]`):
            Split -> its rows, as `write_rows` takes them.
        task (`Task`):
            Says which columns and labels there are.

    Returns:
        `dict[str, Written]`: What was written of each split.
    """
    folder, unfinished = release.path / "data" / variant, release.work(variant) / "data"
    for before in (folder, unfinished):
        shutil.rmtree(before, ignore_errors=True)
    written = {split: write_rows(rows, unfinished / file_name(split), task) for split, rows in splits.items()}
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(unfinished, folder)
    return {
        split: replace(one, files=tuple(folder / path.name for path in one.files)) for split, one in written.items()
    }
