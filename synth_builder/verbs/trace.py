from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.errors import JournalError, SynthBuilderError, UnknownNameError
from synth_builder.generation.generate import JOURNAL_NAME
from synth_builder.generation.journal import Journal, request_key
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import WORK, ReleaseFolder
from synth_builder.strategies.base import Strategy
from synth_builder.strategies.slot import Slot
from synth_builder.strategies.zero_shot_topic import ZeroShotTopic
from synth_builder.verbs.inspect import (
    InspectedRejection,
    InspectedRow,
    chosen_variants,
    opened,
    read_rejections,
    read_rows,
)


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
    folder, recipe = opened(release)
    chosen = chosen_variants(folder, variant)
    split = id.rpartition("-")[0]
    origins = [
        _origin(folder, recipe, chosen[name], row)
        for name in chosen
        for row in read_rows(folder, recipe, {name: chosen[name]}, split, None)
        if row.id == id
    ]
    if not origins:
        raise UnknownNameError(
            f"No row has the id {id!r} in {', '.join(map(repr, chosen))}; ids are made of split and position, for "
            "example 'train-0', and positions that ended short have none."
        )
    return origins


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
        here = (found for found in read_rejections(folder, row.variant) if found.split == row.split)
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
    info = _engine_info(provenance)
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


def _engine_info(provenance: dict[str, Any]) -> EngineInfo:
    """Who answered; what another version of this package told besides is left out."""
    known = {field.name for field in fields(EngineInfo)}
    return EngineInfo(**{name: value for name, value in provenance["engine"].items() if name in known})
