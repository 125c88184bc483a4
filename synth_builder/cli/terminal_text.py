import io
import sys
import unicodedata

# Joiners hold scripts and emoji together; they move nothing on a terminal.
_HARMLESS = {"\u200c", "\u200d"}
_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str, *, lines: bool = False) -> str:
    """
    A text that does nothing to a terminal but stand there: control characters, marks that turn the direction of
    writing and the like are written as escapes, so that a model's reply can't move the cursor or colour the screen.

    Args:
        text (`str`):
            Anything, for example a raw reply.
        lines (`bool`, defaults to `False`):
            Whether line breaks are kept; they are escaped as well when not.
    """
    return "".join(letter if lines and letter == "\n" else _escaped(letter) for letter in text)


def width(text: str) -> int:
    """Columns that a text takes on a terminal: Chinese, Japanese and Korean letters and most emoji take two."""
    return sum(
        0
        if unicodedata.combining(letter) or letter in _HARMLESS
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in text
    )


def padded(text: str, columns: int) -> str:
    """A text filled with spaces up to so many columns of a terminal."""
    return text + " " * max(0, columns - width(text))


def escape_what_the_terminal_lacks() -> None:
    """Letters that the terminal's encoding does not have are written as escapes from now on, not as an error."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _escaped(letter: str) -> str:
    if letter in _HARMLESS or unicodedata.category(letter) not in _CATEGORIES:
        return letter
    return letter.encode("unicode_escape").decode("ascii")
