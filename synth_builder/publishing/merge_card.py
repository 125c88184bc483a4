from collections.abc import Mapping
from typing import Any

from synth_builder.releases.card.card_sections import CardParts

# Keys with one entry for each variant, which are merged by its name.
_BY_VARIANT = ("configs", "dataset_info")


def merged_front(
    theirs: Mapping[str, Any], base: Mapping[str, Any], ours: Mapping[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """
    The metadata of a card after it was computed anew. Nothing that somebody wrote on the Hub goes: a key that is not
    computed, a tag that was added, a value that was changed there, an entry of a config that is none of ours.

    Args:
        theirs (`Mapping[str, Any]`):
            The published metadata.
        base (`Mapping[str, Any]`):
            What was computed for the published release; where `theirs` differs from it, somebody changed it.
        ours (`Mapping[str, Any]`):
            What is computed now.

    Returns:
        `tuple[dict[str, Any], list[str]]`: The metadata, and a sentence for each value of ours that gave way.
    """
    merged: dict[str, Any] = {}
    notes = []
    for key, value in ours.items():
        there = theirs.get(key)
        if isinstance(value, list) and isinstance(there, str):
            there = [there]  # what the Hub takes as well
        if key in _BY_VARIANT:
            merged[key] = _by_variant(there, base.get(key), value)
        elif there is None or there == base.get(key) or there == value:
            merged[key] = value
        elif isinstance(value, list) and isinstance(there, list):
            added = [entry for entry in there if entry not in value and entry not in (base.get(key) or [])]
            merged[key] = [*value, *added]
        else:
            merged[key] = there
            notes.append(_stays(key, there))
    for key, there in theirs.items():
        if key in merged or (key in base and there == base[key]):
            continue
        merged[key] = there
        if key in base:
            notes.append(_stays(key, there))
    return merged, notes


def merged_hand(theirs: CardParts, base: CardParts | None, ours: CardParts) -> tuple[CardParts, list[str]]:
    """
    The hand-written parts of a card: ours where nobody touched the published ones since the last version, theirs
    otherwise.

    Args:
        theirs (`CardParts`):
            The published card.
        base (`CardParts`, *optional*):
            The card of the last version.
        ours (`CardParts`):
            The card of the release.

    Returns:
        `tuple[CardParts, list[str]]`: A card with `by_hand` and `between`, and a sentence for each part of ours that
        gave way.
    """
    notes = []

    def chosen(there: str, before: str, here: str, what: str) -> str:
        if there == here or not here:
            return there
        if there == before or (not there and here != before):  # what was taken away there stays away
            return here
        if here != before:
            notes.append(
                f"{what} was changed where it is published, and in the release too: the published text stays."
            )
        return there

    def moved(name: str) -> bool:
        # A remark goes behind another section when its own is not written any more.
        return ours.between.get(name, "") in theirs.between.values()

    before = base or CardParts()
    by_hand = chosen(theirs.by_hand, before.by_hand, ours.by_hand, "The hand-written part of the card")
    names = dict.fromkeys([*theirs.between, *ours.between])
    between = {
        name: chosen(
            theirs.between.get(name, ""),
            before.between.get(name, ""),
            "" if name not in theirs.between and moved(name) else ours.between.get(name, ""),
            f"What stands behind {name or 'the top'} in the card",
        )
        for name in names
    }
    kept = {name: text for name, text in between.items() if text}
    return CardParts(sections=theirs.sections or ours.sections, by_hand=by_hand, between=kept), notes


def _stays(key: str, there: Any) -> str:
    return f"The card's {key!r} was changed to {there!r} where it is published; that stays."


def _by_variant(theirs: Any, base: Any, ours: Any) -> Any:
    """Our entries, and those of configs that were never ours. The published default stays the default."""
    mine = {_name(entry): entry for entry in _entries(ours)}
    computed = {_name(entry) for entry in _entries(base)}
    others = [entry for entry in _entries(theirs) if _name(entry) not in mine and _name(entry) not in computed]
    # Whoever names no config must not get other rows because a variant came that the recipe has above.
    chosen = next((_name(entry) for entry in _entries(theirs) if entry.get("default")), None)
    if chosen in mine or any(entry.get("default") for entry in others):
        mine = {name: {key: entry[key] for key in entry if key != "default"} for name, entry in mine.items()}
    if chosen in mine:
        mine[chosen]["default"] = True
    merged = [*mine.values(), *others]
    return merged if others or not isinstance(ours, dict) else ours


def _entries(value: Any) -> list[dict[str, Any]]:
    found = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [entry for entry in found if isinstance(entry, dict)]


def _name(entry: Mapping[str, Any]) -> str:
    return str(entry.get("config_name", "default"))
