import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.errors import ReleaseError, UnknownNameError
from synth_builder.recipes.recipe import Recipe
from synth_builder.registry import nearest
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.releases.row_batches import row_batches


@dataclass(frozen=True)
class InspectedRow:
    """
    A row of a release.

    Args:
        variant, split, id, label (`str`):
            Where it stands and what it is.
        columns (`dict[str, str]`):
            Text column -> text.
        provenance (`dict[str, Any]`):
            What the row tells of where it is from.
    """

    variant: str
    split: str
    id: str
    label: str
    columns: dict[str, str]
    provenance: dict[str, Any]


@dataclass(frozen=True)
class InspectedRejection:
    """
    A reply that became no row.

    Args:
        variant, split (`str`):
            Where the row would have stood.
        slot, draw (`int`):
            Its place in the plan, and which try it was.
        label (`str`, *optional*):
            The label that it was asked or read with.
        reason, detail (`str`):
            Why it was not used.
        columns (`dict[str, str]`, *optional*):
            Its texts, where they could be read.
        raw (`str`, *optional*):
            The reply; `None` when there was none.
    """

    variant: str
    split: str
    slot: int
    draw: int
    label: str | None
    reason: str
    detail: str
    columns: dict[str, str] | None
    raw: str | None


def inspect_rows(
    release: ReleaseFolder | str | Path, variant: str | None = None, split: str | None = None, label: str | None = None
) -> Iterator[InspectedRow]:
    """
    The rows of a release, in their order; read as they are asked for.

    Args:
        release (`ReleaseFolder`, `str` or `Path`):
            A release folder.
        variant (`str`, *optional*):
            Only its rows; those of all when not given.
        split (`str`, *optional*):
            The same for a split.
        label (`str`, *optional*):
            The same for a label.

    Raises:
        ReleaseError: The folder is no release, or a file of it is missing or damaged.
        UnknownNameError: It has no such variant, split or label.
    """
    folder, recipe = opened(release)
    _check_label(recipe, label)
    chosen = chosen_variants(folder, variant)
    _check_name("split", split, {found for provenance in chosen.values() for found in provenance["splits"]}, folder)
    return read_rows(folder, recipe, chosen, split, label)


def inspect_rejections(
    release: ReleaseFolder | str | Path,
    variant: str | None = None,
    split: str | None = None,
    label: str | None = None,
    reason: str | None = None,
) -> Iterator[InspectedRejection]:
    """
    What was not used for a release, in the order of the plan; read as it is asked for.

    Args:
        release (`ReleaseFolder`, `str` or `Path`):
            A release folder.
        variant (`str`, *optional*):
            Only its rejections; those of all when not given.
        split (`str`, *optional*):
            The same for a split.
        label (`str`, *optional*):
            The same for a label.
        reason (`str`, *optional*):
            The same for a reason.

    Raises:
        ReleaseError: The folder is no release, or a file of it is missing or damaged.
        UnknownNameError: It has no such variant, split, label or reason.
    """
    folder, recipe = opened(release)
    _check_label(recipe, label)
    chosen = chosen_variants(folder, variant)
    # A split without one accepted row has rejections all the same.
    splits = {found for provenance in chosen.values() for found in provenance["generation"]["rows"]}
    _check_name("split", split, splits, folder)
    reasons = {found for provenance in chosen.values() for found in provenance["tally"]["rejected"]}
    _check_name("reason", reason, reasons | {"failed"}, folder)
    return (
        found
        for name in chosen
        for found in read_rejections(folder, name)
        if split in (None, found.split) and label in (None, found.label) and reason in (None, found.reason)
    )


def opened(release: ReleaseFolder | str | Path) -> tuple[ReleaseFolder, Recipe]:
    """A release folder and its recipe."""
    folder = release if isinstance(release, ReleaseFolder) else ReleaseFolder(Path(release))
    return folder, folder.read_recipe()


def chosen_variants(folder: ReleaseFolder, variant: str | None) -> dict[str, dict[str, Any]]:
    """Provenance of the asked variants."""
    names = folder.variants()
    if not names:
        raise ReleaseError(f"{str(folder.path)!r} holds no variant; build one first.")
    _check_name("variant", variant, set(names), folder)
    found = {name: folder.read_provenance(name) for name in names if variant in (None, name)}
    return {name: provenance for name, provenance in found.items() if provenance is not None}


def _check_label(recipe: Recipe, label: str | None) -> None:
    if label is not None and label not in recipe.task.labels:
        names = recipe.task.label_names
        raise UnknownNameError(f"No label is called {label!r}.{nearest(label, names)} Labels: {', '.join(names)}.")


def _check_name(kind: str, name: str | None, known: set[str], folder: ReleaseFolder) -> None:
    if name is not None and name not in known:
        names = sorted(known)
        raise UnknownNameError(
            f"{str(folder.path)!r} has no {kind} {name!r}.{nearest(name, names)} It has: {', '.join(names)}."
        )


def read_rows(
    folder: ReleaseFolder,
    recipe: Recipe,
    chosen: Mapping[str, Any],
    split: str | None,
    label: str | None,
    id: str | None = None,
) -> Iterator[InspectedRow]:
    """Rows of the chosen variants, by their provenance; of one split, label and id where these are given."""
    task = recipe.task
    for name, provenance in chosen.items():
        for here, told in provenance["splits"].items():
            if split not in (None, here):
                continue
            for row in _read(folder.data_files(name, here, told), id):
                written = task.label_names[row[task.label_column]]
                if label in (None, written):
                    columns = {column: row[column] for column in task.columns}
                    yield InspectedRow(name, here, row["id"], written, columns, row["provenance"])


def read_rejections(folder: ReleaseFolder, variant: str) -> Iterator[InspectedRejection]:
    """All rejections of a variant."""
    for row in _read([folder.rejections(variant)]):
        yield InspectedRejection(
            variant=variant,
            split=row["split"],
            slot=row["slot"],
            draw=row["draw"],
            label=row["label"],
            reason=row["reason"],
            detail=row["detail"],
            columns=json.loads(row["columns"]) if row["columns"] else None,
            raw=row["raw"],
        )


def _read(files: Iterable[Path], id: str | None = None) -> Iterator[dict[str, Any]]:
    """Rows of files, one file after the other; the one of an id without making objects of all the others."""
    import pyarrow
    import pyarrow.compute

    for path in files:
        try:
            for batch in row_batches([path]):
                found = batch if id is None else batch.filter(pyarrow.compute.equal(batch["id"], id))
                yield from found.to_pylist()
        except (OSError, pyarrow.ArrowException) as error:
            raise ReleaseError(f"{str(path)!r} can't be read: {error}. Build that variant again.") from error
