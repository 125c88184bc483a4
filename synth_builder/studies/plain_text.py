import unicodedata

# Joiners hold scripts and emoji together.
_JOINERS = {"\u200c", "\u200d"}
_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_plain(letter: str) -> bool:
    """
    Whether a letter does nothing but stand there: it is no control character, no mark that turns the direction of
    writing, and the like.
    """
    return letter in _JOINERS or unicodedata.category(letter) not in _CATEGORIES


def plain(text: str) -> str:
    """
    A text on one line that does nothing but stand there: letters that are not plain are written as escapes. Names and
    rows of a study come from others.
    """
    return "".join(
        letter if is_plain(letter) else letter.encode("unicode_escape").decode("ascii")
        for letter in " ".join(text.split())
    )
