"""Texts of files that others handed in, made fit to be shown."""

import unicodedata

from synth_builder.recipes.fingerprint import digest
from synth_builder.studies.plain_text import is_plain

MOST_LETTERS = 80
"""Of a name."""

_MOST_MARKS = 3


def harmless(text: str, most: int, *, lines: bool = False) -> str:
    """
    A text that does nothing to a page but stand there, once it is escaped for HTML: control characters, marks that
    turn the direction of writing and the like become U+FFFD, piles of combining marks are cut, and so is what is long.

    Args:
        text (`str`):
            Anything.
        most (`int`):
            Letters that are shown.
        lines (`bool`, defaults to `False`):
            Whether line breaks are kept.
    """
    kept: list[str] = []
    marks = 0
    for letter in text[:most]:
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks > _MOST_MARKS:
            continue
        fine = is_plain(letter) or (lines and letter == "\n")
        kept.append(letter if fine else "\N{REPLACEMENT CHARACTER}")
    return "".join(kept) + ("…" if len(text) > most else "")


def harmless_name(name: str) -> str:
    """
    A name that can be shown and filtered by. One that has to be changed carries a part of its hash, so that two names
    never become one.
    """
    shown = harmless(name, MOST_LETTERS)
    return name if shown == name and name.strip() else f"{shown} ({digest(name, 6)})"
