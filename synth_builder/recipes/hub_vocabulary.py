"""
The words that the Hub knows in the metadata of a dataset, as `hub_vocabulary.json` has them, with date and sources.
A word that came later is refused with the way round it: the list is shipped so that nothing is asked for offline.
"""

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from synth_builder.registry import nearest

TASK_CATEGORY = "text-classification"

# ISO 639-2 and 639-3 codes, too many for a list, and the two words that the Hub takes beside the codes.
_LONG_CODE = re.compile(r"[a-z]{3}")
_NO_CODES = ("code", "multilingual")


@cache
def hub_vocabulary() -> dict[str, Any]:
    """Key of the metadata -> its words (of `languages`: code -> name), and `date` and `sources` of the list."""
    text = files("synth_builder.recipes").joinpath("hub_vocabulary.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def unknown_language(code: str) -> str | None:
    """What is wrong with a language, as the end of a sentence; `None` when the Hub knows it."""
    languages: dict[str, str] = hub_vocabulary()["languages"]
    if code in languages or code in _NO_CODES or _LONG_CODE.fullmatch(code):
        return None
    names = {name.casefold(): known for known, name in languages.items()}
    key = code.casefold()
    base = re.split("[-_]", key)[0]
    likely = names.get(key) or (base if base in languages else None)
    hint = f" Did you mean {likely!r}?" if likely else nearest(key, [*languages])
    return f"{code!r} is no language that the Hub knows.{hint} Give ISO 639 codes in small letters, such as 'en'"


def unknown_license(name: str) -> str | None:
    """What is wrong with a licence, as the end of a sentence; `None` when the Hub knows it."""
    known: list[str] = hub_vocabulary()["licenses"]
    if name in known:
        return None
    return (
        f"{name!r} is no licence that the Hub knows.{nearest(name.casefold(), known)} For one that it has no word for "
        "give 'other', with card.license_name and card.license_link"
    )


def unknown_task(name: str) -> str | None:
    """What is wrong with one of the `task_ids`, as the end of a sentence; `None` when the Hub knows it."""
    known: list[str] = hub_vocabulary()["task_ids"]
    if name in known:
        return None
    return (
        f"{name!r} is no task that the Hub knows under {TASK_CATEGORY}.{nearest(name, known)} "
        f"Known: {', '.join(known)}"
    )
