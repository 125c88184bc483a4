import re
import unicodedata

# Joiners hold scripts and emoji together.
_HARMLESS = {"\u200c", "\u200d"}
_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def plain(text: str) -> str:
    """
    A text on one line that does nothing but stand there: control characters, marks that turn the direction of writing
    and the like are written as escapes. Names and rows of a study come from others.
    """
    return "".join(
        letter.encode("unicode_escape").decode("ascii")
        if letter not in _HARMLESS and unicodedata.category(letter) in _CATEGORIES
        else letter
        for letter in " ".join(text.split())
    )


def file_stem(*parts: str) -> str:
    """
    A part of a file name for any names: letters, digits, `-` and `_` stay, all else becomes `_`. Different names may
    become equal, so whoever writes files numbers them.
    """
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "_", part).strip("_") or "_" for part in parts)
