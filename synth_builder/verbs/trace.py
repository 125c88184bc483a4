from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.errors import JournalError, SynthBuilderError, UnknownNameError
from synth_builder.generation.asking import reply_key
from synth_builder.generation.journal import JOURNAL_NAME, Journal, build_journal, request_key
from synth_builder.generation.preparation import recall_replies
from synth_builder.generation.setup import set_up
from synth_builder.recipes.model_name import is_model
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import WORK, ReleaseFolder
from synth_builder.strategies.base import Draw, Strategy
from synth_builder.strategies.slot import Ask
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
            Whether `prompt` is, by its key, what was asked; `None` when there is no prompt, or it can't be told.
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
        for row in read_rows(folder, recipe, {name: chosen[name]}, split, None, id)
    ]
    if not origins:
        raise UnknownNameError(
            f"No row has the id {id!r} in {', '.join(map(repr, chosen))}; ids are made of split and position, for "
            "example 'train-0', and positions that ended short have none."
        )
    return origins


def _origin(folder: ReleaseFolder, recipe: Recipe, provenance: dict[str, Any], row: InspectedRow) -> Origin:
    notes: list[str] = []
    missing: list[str] = []
    reply = None
    with ExitStack() as open_files:
        journal = _journal(folder, row.variant, open_files, missing)
        draw, is_the_one = _draw(recipe, provenance, row, journal, notes)
        if draw is not None and draw.reply is not None:
            reply = Completion(draw.reply, "stop") if is_the_one else None
        else:
            found = journal.get(row.provenance["request"]) if journal is not None else None
            if isinstance(found, Completion):
                reply = found
            elif journal is not None:
                missing.append(f"The journal {str(journal.path)!r} does not hold the reply to this row's request.")
            notes = [*missing, *notes]
    place = int(row.id.rpartition("-")[2])
    earlier: tuple[InspectedRejection, ...] = ()
    if folder.rejections(row.variant).is_file():
        here = (found for found in read_rejections(folder, row.variant) if found.split == row.split)
        earlier = tuple(found for found in here if found.slot == place)
    else:
        notes.append("There is no file of rejections, so earlier tries at this row can't be told.")
    prompt = draw.request if draw is not None else None
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
        return open_files.enter_context(build_journal(folder.work(variant), read_only=True))
    except JournalError as error:
        notes.append(f"The raw reply is not known. {error}")
        return None


def _draw(
    recipe: Recipe, provenance: dict[str, Any], row: InspectedRow, journal: Journal | None, notes: list[str]
) -> tuple[Draw | None, bool | None]:
    info = _engine_info(provenance, journal)
    try:
        setup = set_up(recipe, row.variant)
        strategy = setup.strategy(info)
        if not _prepared(strategy, info, journal, provenance):
            notes.append(
                "The prompt can't be made again: the strategy asked the model for something before the first row, and "
                "the answers are not there."
            )
            return None, None
        plan = setup.plan()
        asks = list(plan.asks(strategy.rows_per_request, strategy.turns))
        ask = next((one for one in asks if any(f"{slot.split}-{slot.index}" == row.id for slot in one.slots)), None)
        if ask is None:
            notes.append(
                "The prompt can't be made again: the release's recipe no longer has a place for this row; its "
                "generation.rows were changed after the build."
            )
            return None, None
        earlier = _history(asks, ask, strategy, info, journal)
        if earlier is None:
            notes.append(
                "The prompt can't be made again: it holds earlier turns of its conversation, and the replies in them "
                "are not there."
            )
            return None, None
        slot = next(slot for slot in ask.slots if f"{slot.split}-{slot.index}" == row.id)
        for _ in range(row.provenance["draw"]):
            ask = plan.next_ask(ask, slot)
            slot = ask.first
        draw = strategy.draw(ask.first, len(ask.slots), earlier)
    except SynthBuilderError as error:
        notes.append(f"The prompt can't be made again: {error}")
        return None, None
    is_the_one = _key(info, draw) == row.provenance["request"]
    if not is_the_one and not is_model(provenance["engine"], info.model):
        notes.append(
            "Whether the prompt that is shown is the one that was asked can't be told: a path named the model, "
            "of which only the last part is kept, and the journal that knows it is not there."
        )
        return draw, None
    if not is_the_one:
        notes.append(
            "The prompt that is shown is NOT the one that was asked: made again now, it has another key than the row "
            "tells. The recipe, the real rows or this package have changed since the build."
        )
    return draw, is_the_one


def _history(
    asks: Sequence[Ask], ask: Ask, strategy: Strategy, info: EngineInfo, journal: Journal | None
) -> list[str] | None:
    """Replies of the earlier turns of a request's conversation, or `None` where they are not known."""
    replies: list[str] = []
    for before in [one for one in asks if one.conversation == ask.conversation][: ask.turn]:
        draw = strategy.draw(before.first, len(before.slots), replies)
        found = journal.get(_key(info, draw)) if journal is not None else None
        if found is None:
            return None
        replies = [*replies, found.text if isinstance(found, Completion) else ""]
    return replies


def _key(info: EngineInfo, draw: Draw) -> str:
    """What the journal, or a strategy that asks no model, knows the reply by."""
    return request_key(info, draw.request) if draw.reply is None else reply_key(draw.reply)


def _prepared(strategy: Strategy, info: EngineInfo, journal: Journal | None, provenance: dict[str, Any]) -> bool:
    """Tell a strategy what the model answered before the first row; returns whether that is known."""
    if journal is not None:
        is_known, _ = recall_replies(strategy, info, journal)
    else:
        is_known = next(strategy.prepare(), None) is None  # where nothing is asked before the first row
    return is_known or strategy.recall(provenance["facts"])


def _engine_info(provenance: dict[str, Any], journal: Journal | None) -> EngineInfo:
    """Who answered; what another version of this package told besides is left out."""
    remembered = journal.engine_info() if journal is not None else None
    if remembered is not None and is_model(provenance["engine"], remembered.model):
        return remembered  # the provenance holds no path that a model is called by
    known = {field.name for field in fields(EngineInfo)}
    return EngineInfo(**{name: value for name, value in provenance["engine"].items() if name in known})
