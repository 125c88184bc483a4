import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.errors import JournalError, ReleaseError, SynthBuilderError, UnknownNameError
from synth_builder.generation.generate import JOURNAL_NAME
from synth_builder.generation.journal import Journal, request_key
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.registry import nearest
from synth_builder.releases.folder import WORK, ReleaseFolder
from synth_builder.strategies.base import Strategy
from synth_builder.strategies.slot import Slot
from synth_builder.strategies.zero_shot_topic import ZeroShotTopic


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


@dataclass(frozen=True)
class Origin:
    """
    Where a row comes from, as far as it can be told.

    Args:
        row (`InspectedRow`):
            The row.
        engine (`dict[str, Any]`):
            Who answered.
        prompt (`Request`, *optional*):
            What was asked, made again from the recipe.
        prompt_is_the_one (`bool`, *optional*):
            Whether `prompt` is, by its key, what was asked; `None` when there is no prompt.
        reply (`Completion`, *optional*):
            The raw reply, from the journal.
        earlier (`tuple[InspectedRejection, ...]`):
            Replies for the same place in the plan that were not used.
        notes (`tuple[str, ...]`):
            What is missing, and why.
    """

    row: InspectedRow
    engine: dict[str, Any]
    prompt: Request | None
    prompt_is_the_one: bool | None
    reply: Completion | None
    earlier: tuple[InspectedRejection, ...]
    notes: tuple[str, ...]


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
    folder, recipe = _opened(release)
    _check_label(recipe, label)
    chosen = _variants(folder, variant)
    _check_name("split", split, {found for provenance in chosen.values() for found in provenance["splits"]}, folder)
    return _rows(folder, recipe, chosen, split, label)


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
    folder, recipe = _opened(release)
    _check_label(recipe, label)
    chosen = _variants(folder, variant)
    # A split without one accepted row has rejections all the same.
    splits = {found for provenance in chosen.values() for found in provenance["generation"]["rows"]}
    _check_name("split", split, splits, folder)
    reasons = {found for provenance in chosen.values() for found in provenance["tally"]["rejected"]}
    _check_name("reason", reason, reasons | {"failed"}, folder)
    return (
        found
        for name in chosen
        for found in _rejections(folder, name)
        if split in (None, found.split) and label in (None, found.label) and reason in (None, found.reason)
    )


def trace_row(release: ReleaseFolder | str | Path, id: str, variant: str | None = None) -> list[Origin]:
    """
    Follow a row back to its prompt and the raw reply. Calls no engine: the reply is in the journal, where the release
    has one, and the prompt is made again from the recipe and compared, by its key, with what was asked.

    Args:
        release (`ReleaseFolder`, `str` or `Path`):
            A release folder.
        id (`str`):
            The row's `id`.
        variant (`str`, *optional*):
            The variant that it is in; ids are unique in a variant only, so without one there may be several rows.

    Returns:
        `list[Origin]`: One for each variant that has the row.

    Raises:
        ReleaseError: The folder is no release, or a file of it is missing or damaged.
        UnknownNameError: There is no such variant or row.
    """
    folder, recipe = _opened(release)
    chosen = _variants(folder, variant)
    split = id.rpartition("-")[0]
    origins = [
        _origin(folder, recipe, chosen[name], row)
        for name in chosen
        for row in _rows(folder, recipe, {name: chosen[name]}, split, None)
        if row.id == id
    ]
    if not origins:
        raise UnknownNameError(
            f"No row has the id {id!r} in {', '.join(map(repr, chosen))}; ids are made of split and position, for "
            "example 'train-0', and positions that ended short have none."
        )
    return origins


def _opened(release: ReleaseFolder | str | Path) -> tuple[ReleaseFolder, Recipe]:
    folder = release if isinstance(release, ReleaseFolder) else ReleaseFolder(Path(release))
    return folder, folder.read_recipe()


def _variants(folder: ReleaseFolder, variant: str | None) -> dict[str, dict[str, Any]]:
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


def _rows(
    folder: ReleaseFolder, recipe: Recipe, chosen: Mapping[str, Any], split: str | None, label: str | None
) -> Iterator[InspectedRow]:
    task = recipe.task
    for name, provenance in chosen.items():
        for here in provenance["splits"]:
            if split not in (None, here):
                continue
            for row in _read(folder.data(name, here)):
                written = task.label_names[row[task.label_column]]
                if label in (None, written):
                    columns = {column: row[column] for column in task.columns}
                    yield InspectedRow(name, here, row["id"], written, columns, row["provenance"])


def _rejections(folder: ReleaseFolder, variant: str) -> Iterator[InspectedRejection]:
    for row in _read(folder.rejections(variant)):
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


def _read(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1000):
                yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise ReleaseError(f"{str(path)!r} can't be read: {error}. Build that variant again.") from error


def _origin(folder: ReleaseFolder, recipe: Recipe, provenance: dict[str, Any], row: InspectedRow) -> Origin:
    notes: list[str] = []
    with ExitStack() as open_files:
        journal = _journal(folder, row.variant, open_files, notes)
        prompt, is_the_one = _prompt(recipe, provenance, row, journal, notes)
        reply = None
        if journal is not None:
            found = journal.get(row.provenance["request"])
            if isinstance(found, Completion):
                reply = found
            else:
                notes.append(f"The journal {str(journal.path)!r} does not hold the reply to this row's request.")
    place = int(row.id.rpartition("-")[2])
    earlier: tuple[InspectedRejection, ...] = ()
    if folder.rejections(row.variant).is_file():
        here = (found for found in _rejections(folder, row.variant) if found.split == row.split)
        earlier = tuple(found for found in here if found.slot == place)
    else:
        notes.append("There is no file of rejections, so earlier tries at this row can't be told.")
    return Origin(row, provenance["engine"], prompt, is_the_one, reply, earlier, tuple(notes))


def _journal(folder: ReleaseFolder, variant: str, open_files: ExitStack, notes: list[str]) -> Journal | None:
    path = folder.work(variant) / JOURNAL_NAME
    if not path.is_file():
        notes.append(
            f"There is no journal at {str(path)!r}, so the raw reply is not known: {WORK} stays on the machine of the "
            "build and is not part of what is published."
        )
        return None
    try:
        return open_files.enter_context(Journal(path, read_only=True))
    except JournalError as error:
        notes.append(f"The raw reply is not known. {error}")
        return None


def _prompt(
    recipe: Recipe, provenance: dict[str, Any], row: InspectedRow, journal: Journal | None, notes: list[str]
) -> tuple[Request | None, bool | None]:
    info = EngineInfo(**provenance["engine"])
    try:
        setup = set_up(recipe, row.variant)
        strategy = setup.strategy(info)
        if not _prepared(strategy, info, journal, provenance):
            notes.append(
                "The prompt can't be made again: the strategy asked the model for something before the first row, and "
                "the answers are not there."
            )
            return None, None
        slot = _slot(setup.plan().slots(), row)
        if slot is None:
            notes.append(
                "The prompt can't be made again: the release's recipe no longer has a place for this row; its "
                "generation.rows were changed after the build."
            )
            return None, None
        for _ in range(row.provenance["draw"]):
            slot = setup.plan().next_draw(slot)
        request = strategy.draw(slot).request
    except SynthBuilderError as error:
        notes.append(f"The prompt can't be made again: {error}")
        return None, None
    is_the_one = request_key(info, request) == row.provenance["request"]
    if not is_the_one:
        notes.append(
            "The prompt that is shown is NOT the one that was asked: made again now, it has another key than the row "
            "tells. The recipe, the real rows or this package have changed since the build."
        )
    return request, is_the_one


def _slot(slots: Iterator[Slot], row: InspectedRow) -> Slot | None:
    return next((slot for slot in slots if f"{slot.split}-{slot.index}" == row.id), None)


def _prepared(strategy: Strategy, info: EngineInfo, journal: Journal | None, provenance: dict[str, Any]) -> bool:
    """Tell a strategy what the model answered before the first row; returns whether that is known."""
    rounds = strategy.prepare()
    try:
        requests = next(rounds)
        while journal is not None:
            found = [journal.get(request_key(info, request)) for request in requests]
            answers = [answer for answer in found if isinstance(answer, Completion)]
            if len(answers) != len(requests):
                break
            requests = rounds.send(answers)
    except StopIteration:
        return True
    if isinstance(strategy, ZeroShotTopic) and provenance["facts"].get("topics"):
        strategy.topics = list(provenance["facts"]["topics"])
        return True
    return False
