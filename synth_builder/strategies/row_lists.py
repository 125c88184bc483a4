"""Reading replies that hold several rows. Strictly: what is not in the form that was asked for is no row."""

import json
import re
from collections.abc import Sequence
from typing import Any

from synth_builder.strategies.replies import ReplyForm, UnusableReplyError, read_fields

ROWS = "rows"
"""Name of the list in a JSON reply of several rows."""

_ITEM = re.compile(r"^\s*(\d{1,3})[.)]\s+(\S.*)$")


def rows_schema(schema: dict[str, Any], count: int) -> dict[str, Any]:
    """JSON schema of an object that holds so many rows of one schema."""
    rows = {"type": "array", "items": schema, "minItems": count, "maxItems": count}
    return {"type": "object", "properties": {ROWS: rows}, "required": [ROWS], "additionalProperties": False}


def read_rows(
    reply: str, fields: Sequence[str], form: ReplyForm, count: int
) -> list[dict[str, str] | UnusableReplyError]:
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

    Returns:
        `list`: One for each row that was asked for, in the reply's order: its fields, or why there are none. What the
        reply holds beyond them is left.
    """
    try:
        parts = _PARTS[form](reply, fields)
    except UnusableReplyError as error:
        return [error] * count
    found: list[dict[str, str] | UnusableReplyError] = []
    for part in parts[:count]:
        try:
            found.append(part if isinstance(part, dict) else read_fields(part, fields, "tagged"))
        except UnusableReplyError as error:
            found.append(error)
    missing = UnusableReplyError("missing_row", f"the reply holds {len(parts)} rows, {count} were asked for")
    return found + [missing] * (count - len(found))


def _numbered(reply: str, fields: Sequence[str]) -> list[dict[str, str] | str]:
    """Lines `1. ...`, `2. ...` in this order; what stands before the first and after the last is talk."""
    rows: list[dict[str, str] | str] = []
    for line in reply.splitlines():
        item = _ITEM.match(line)
        if item and int(item[1]) == len(rows) + 1:
            rows.append({fields[0]: item[2]})
        elif item:
            raise UnusableReplyError("malformed", f"item {item[1]} of the list comes after item {len(rows)}")
        elif rows and line.strip():
            break
    if not rows:
        raise UnusableReplyError("malformed", "the reply holds no numbered list")
    return rows


def _blocks(reply: str, fields: Sequence[str]) -> list[dict[str, str] | str]:
    """Each block begins at a line with the first field's tag."""
    tag = r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", fields[0]))
    starts = [match.start() for match in re.finditer(rf"^[\s*#>\-\d.)]*{tag}[\s*]*:", reply, re.I | re.M)]
    if not starts:
        raise UnusableReplyError("malformed", f"the reply holds no line that begins with {fields[0]!r}")
    return [reply[start:end].strip() for start, end in zip(starts, [*starts[1:], len(reply)], strict=True)]


def _objects(reply: str, fields: Sequence[str]) -> list[dict[str, str] | str]:
    start = reply.find("{")
    try:
        value, _ = json.JSONDecoder().raw_decode(reply, max(start, 0))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnusableReplyError("malformed", f"the reply's JSON can't be read: {error}") from error
    rows = value.get(ROWS) if isinstance(value, dict) else None
    if not isinstance(rows, list):
        raise UnusableReplyError("malformed", f"the reply gives no list {ROWS!r}")
    # Each is read as a reply of its own: one that is no good does not take the others with it.
    return [_object(row, fields) for row in rows]


def _object(row: Any, fields: Sequence[str]) -> dict[str, str] | str:
    if isinstance(row, dict) and all(isinstance(row.get(field), str) and row[field].strip() for field in fields):
        texts = {field: row[field] for field in fields}
        if not any("\ud800" <= letter <= "\udfff" for text in texts.values() for letter in text):
            return texts
    return ""  # read as a reply without any field


_PARTS = {"text": _numbered, "tagged": _blocks, "json": _objects}
