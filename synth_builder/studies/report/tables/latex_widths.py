"""How wide a text is in LaTeX, and where a line of it may end."""

import re
import unicodedata

from synth_builder.studies.plain_text import plain

SCALES = {"small": 0.925, "footnotesize": 0.85, "scriptsize": 0.796}
"""Sizes of type in a document of 10 points: width of a text, of that in the normal size."""
SKIPS = {"small": 11.0, "footnotesize": 9.5, "scriptsize": 8.0}
"""From line to line, in points."""
BOLD = 1.155
"""How much wider bold type is."""

# Thousandths of the size of type, as in the metrics of Computer Modern Roman (cmr10.tfm), rounded up to a few groups.
# All other signs of ASCII have 500.
_WIDTHS = {
    sign: width
    for signs, width in {
        "!',.:;`ijl[]|": 278,
        "fI ": 361,
        "()rst": 394,
        "cez<>": 444,
        "kvxyq": 528,
        "bdhnpuS": 556,
        "Zw": 722,
        "LJ": 625,
        "EFPBRCT": 725,
        "&AUKHNOQGVXYD": 785,
        "=+<>@±\u2212": 778,
        "#%m": 833,
        "M": 917,
        "W": 1028,
        "_": 360,
        "…": 1334,
        "↑↓": 500,
    }.items()
    for sign in signs
}
_PIECE = re.compile(r"[^-_/]*[-_/]+|[^-_/]+")


def text_width(text: str, size: str = "small") -> float:
    """
    Width of a text in Computer Modern, in points of a document of 10 points. It is rather too wide than too narrow.

    Args:
        text (`str`):
            As it is read, not as LaTeX.
        size (`str`, defaults to `"small"`):
            Size of type, one of `SCALES`.
    """
    return sum(map(_sign_width, plain(text))) * SCALES[size] / 100


def pieces(word: str) -> list[str]:
    """Parts of a word after which a line may end: `zero_`, `shot` of `zero_shot`."""
    return _PIECE.findall(word)


def longest_piece(text: str, size: str) -> float:
    """Width of the widest part of a text that has to stay on one line."""
    return max((text_width(piece, size) for word in text.split(" ") for piece in pieces(word)), default=0.0)


def _sign_width(sign: str) -> int:
    if sign.isascii() or sign in _WIDTHS:
        return _WIDTHS.get(sign, 500)
    return 1000 if unicodedata.east_asian_width(sign) in "WF" else 750
