"""
Reading a reply that is nearly JSON: a quotation mark, a comma or a bracket is missing or wrong, or a line break stands
in a text as it is.

A repair may change punctuation and nothing else. Whatever json-repair makes of a reply, it counts only when the fields
and their texts, in their order, are the whole of what was written but for JSON's own signs. So it can't invent a field
or a label, leave words out, end a text early, or join a text with the label of another row.
"""

import re
from collections.abc import Sequence

LONGEST = 5000
"""Characters of a reply that is repaired. The library's time grows with the square of it: half a second at worst."""

# JSON's signs, and what models write in their place.
_QUOTES = "\"'`\u201c\u201d\u201e\u2018\u2019"
_SIGNS = re.compile(rf"[\s{{}}\[\]:,\\{_QUOTES}]*")
# Where a text holds the end of a field and the beginning of another value, the library has read over a border.
_BORDER = re.compile(rf"[{_QUOTES}]\s*(?:[:={{}}\[\]]|\+\s*[{_QUOTES}])")
# Words behind the object are a remark, no part of a text, where a fence closes the object.
_FENCE = re.compile(r"\s*```")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def repaired_fields(reply: str, fields: Sequence[str]) -> dict[str, str] | None:
    """
    The fields of a reply whose JSON can't be read as it is.

    Args:
        reply (`str`):
            The raw reply. One that was cut must not be given: its last text is no whole one.
        fields (`Sequence[str]`):
            Names of the fields: these and no others have to be there.

    Returns:
        `dict[str, str]`: Field -> text, or `None` where more than punctuation would have to change.
    """
    import json_repair  # only the few replies that are no JSON need it

    start, end = reply.find("{"), reply.rfind("}")
    written, behind = (reply[start : end + 1], reply[end + 1 :]) if end > start else (reply[start:], "")
    if start < 0 or len(written) > LONGEST or (any(map(str.isalnum, behind)) and not _FENCE.match(behind)):
        return None  # words behind the last brace belong to a text with a brace in it, as far as anybody can tell
    try:
        value = json_repair.loads(written, skip_json_loads=True)
    except (ValueError, RecursionError, IndexError):  # too deep for it, or signs that old versions trip over
        return None
    if not isinstance(value, dict) or sorted(value) != sorted(fields):
        return None
    found = {name: text for name, text in value.items() if isinstance(text, str)}
    if len(found) < len(fields) or not all(any(map(str.isalnum, text)) for text in found.values()):
        return None  # a text that is nothing but signs was made of the reply's own
    if any("\ud800" <= letter <= "\udfff" for text in found.values() for letter in text):
        return None
    if any(_BORDER.search(text) for text in found.values()) or not _only_signs_differ(written, found):
        return None
    return found


def _only_signs_differ(written: str, found: dict[str, str]) -> bool:
    """Whether the names and texts, one after the other, are all that was written but for signs."""
    plain = re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", _unescaped, written, flags=re.DOTALL)
    position = 0
    for part in (part for field in found.items() for part in field):
        begin = plain.find(part, position)
        if begin < 0 or not _SIGNS.fullmatch(plain, position, begin):
            return False
        position = begin + len(part)
    # A text that runs to the very end of the reply may have been cut, whatever the server says.
    return plain[position:].strip() != "" and _SIGNS.fullmatch(plain, position) is not None


def _unescaped(escape: re.Match[str]) -> str:
    code, letter = escape.groups()
    return chr(int(code, 16)) if code else _ESCAPES.get(letter, letter)
