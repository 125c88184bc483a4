import unicodedata
from collections.abc import Iterable


def normalised(texts: Iterable[str]) -> str:
    """
    The form in which two rows count as the same text: Unicode NFKC, case folded, white space collapsed; the columns
    of a row are joined by a character that no text holds.
    """
    return "\x1f".join(" ".join(unicodedata.normalize("NFKC", text).casefold().split()) for text in texts)
