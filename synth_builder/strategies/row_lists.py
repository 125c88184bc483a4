"""Reading replies that hold several rows. Strictly: what is not in the form that was asked for is no row."""

import json
import re
from collections.abc import Sequence
from typing import Any

from synth_builder.strategies.replies import ReplyForm, UnusableReplyError, read_fields

ROWS = "rows"
"""Name of the list in a JSON reply of several rows."""

Part = dict[str, str] | UnusableReplyError

_ITEM = re.compile(r"^\s*(\d{1,3})[.)]\s+(\S.*)$")
_LIST = re.compile(rf'\{{\s*"{ROWS}"\s*:\s*\[')


def rows_schema(schema: dict[str, Any], count: int) -> dict[str, Any]:
    """JSON schema of an object that holds so many rows of one schema."""
    rows = {"type": "array", "items": schema, "minItems": count, "maxItems": count}
    return {"type": "object", "properties": {ROWS: rows}, "required": [ROWS], "additionalProperties": False}


def read_rows(reply: str, fields: Sequence[str], form: ReplyForm, count: int, *, cut: bool = False) -> list[Part]:
    """
    The fields of each row of a reply.

    Args:
        reply (`str`):
            The raw reply.
        fields (`Sequence[str]`):
            Names of the fields of one row.
        form (`"text"`, `"json"` or `"tagged"`):
            A numbered list with a row a line, an object with a list of objects, or blocks of tagged lines.
        count (`int`):
            Rows that were asked for.
        cut (`bool`, defaults to `False`):
            Whether the reply ended at the limit of tokens. Its last row may not be whole then, and is none.

    Returns:
        `list`: One for each row that was asked for, in the reply's order: its fields, or why there are none. What the
        reply holds beyond them is left.
    """
    missing = UnusableReplyError("missing_row", f"the reply does not hold all of the {count} rows")
    unfinished = UnusableReplyError("cut", "the reply was cut before the end of this row")
    if not reply.strip():
        return [UnusableReplyError("empty", "the reply is empty")] * count
    try:
        parts = _PARTS[form](reply, fields, count)
    except UnusableReplyError as error:
        return [unfinished if cut and form == "json" else error] * count
    if cut and form != "json":  # an object that could be read has its end
        parts[-1] = unfinished
    return (parts + [unfinished if cut else missing] * count)[:count]


def _numbered(reply: str, fields: Sequence[str], count: int) -> list[Part]:
    """
    Lines `1. ...`, `2. ...` in this order. What stands before the first is talk, and what stands after the last too,
    when it is set off by an empty line; anywhere else it may belong to a row, and which is not known.
    """
    rows: list[Part] = []
    beside = ""  # what stands after the latest item
    for line in reply.splitlines():
        item = _ITEM.match(line)
        if item is None:
            if rows:
                beside += f"{line}\n"
        elif int(item[1]) != len(rows) + 1:
            raise UnusableReplyError("malformed", f"item {item[1]} of the list comes after item {len(rows)}")
        elif beside.strip():
            raise UnusableReplyError("malformed", f"item {len(rows)} of the list goes over several lines")
        else:
            rows.append({fields[0]: item[2]})
            beside = ""
    if not rows:
        raise UnusableReplyError("malformed", "the reply holds no numbered list")
    set_off = not beside.partition("\n")[0].strip()
    if beside.strip() and not (set_off and len(rows) >= count):
        rows[-1] = UnusableReplyError("malformed", f"item {len(rows)} of the list goes over several lines")
    return rows


def _blocks(reply: str, fields: Sequence[str], count: int) -> list[Part]:
    """Each block begins at a line with the first field's tag; each field is one line."""
    starts = [match.start() for match in _tag(fields[0]).finditer(reply)]
    if not starts:
        raise UnusableReplyError("malformed", f"the reply holds no line that begins with {fields[0]!r}")
    for field in fields[1:]:
        # In another order a block would take the end of the row before it: a label that is not its own.
        if _tag(field).search(reply, 0, starts[0]):
            raise UnusableReplyError("malformed", f"the reply does not begin with {fields[0]!r}, but with {field!r}")
    return [_block(reply[start:end], fields) for start, end in zip(starts, [*starts[1:], len(reply)], strict=True)]


def _block(text: str, fields: Sequence[str]) -> Part:
    try:
        found = read_fields(_before_tag(fields[0]).sub("", text, count=1).strip(), fields, "tagged")
    except UnusableReplyError as error:
        return error
    for field, value in found.items():
        if "\n" in value.strip():
            return UnusableReplyError("malformed", f"{field!r} goes over several lines")
    return found


def _tag(field: str) -> re.Pattern[str]:
    return re.compile(rf"{_MARKS}{_spaced(field)}[\s*]*:", re.IGNORECASE | re.MULTILINE)


def _before_tag(field: str) -> re.Pattern[str]:
    return re.compile(rf"{_MARKS}(?={_spaced(field)}[\s*]*:)", re.IGNORECASE)


_MARKS = r"^[ \t*#>\-\d.)]*"


def _spaced(field: str) -> str:
    return r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", field))


def _objects(reply: str, fields: Sequence[str], count: int) -> list[Part]:
    """
    The objects of the list, one after the other, up to the first that can't be read: a list that is cut or broken
    loses only what comes after.
    """
    start = _LIST.search(reply)
    if start is None:
        raise UnusableReplyError("malformed", f"the reply holds no JSON object with a list {ROWS!r}")
    decoder = json.JSONDecoder()
    parts: list[Part] = []
    place = start.end()
    while found := re.compile(r"\s*" if not parts else r"\s*,\s*").match(reply, place):
        try:
            value, place = decoder.raw_decode(reply, found.end())
        except (json.JSONDecodeError, RecursionError):
            break
        parts.append(_object(value, fields))
    if not parts:
        raise UnusableReplyError("malformed", f"nothing in the list {ROWS!r} can be read as JSON")
    return parts


def _object(row: Any, fields: Sequence[str]) -> Part:
    if not isinstance(row, dict):
        return UnusableReplyError("malformed", f"the list holds {row!r:.80}, which is no object")
    try:
        # Read as a reply of its own: one that is no good does not take the others with it.
        return read_fields(json.dumps(row), fields, "json")
    except UnusableReplyError as error:
        return error


_PARTS = {"text": _numbered, "tagged": _blocks, "json": _objects}
