import json
import re
from collections.abc import Sequence
from typing import Any, Literal

ReplyForm = Literal["text", "json", "tagged"]


class UnusableReplyError(ValueError):
    """
    A reply that gives no row. Caught by the strategies, which make a rejection of it.

    Args:
        reason (`str`):
            One word for the tally.
        detail (`str`):
            What was found, for people.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class UnreadableJSONError(UnusableReplyError):
    """A reply that should be JSON and can't be parsed; it may be worth a repair (`strategies/repair.py`)."""


def reply_schema(columns: Sequence[str], label_column: str | None, labels: Sequence[str]) -> dict[str, Any]:
    """
    JSON schema of a reply with several fields: one string a column, and the label (when `label_column` is given) as
    one of its names, in this order.
    """
    properties: dict[str, Any] = {column: {"type": "string", "minLength": 1} for column in columns}
    if label_column is not None:
        properties[label_column] = {"type": "string", "enum": list(labels)}
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def read_fields(reply: str, fields: Sequence[str], form: ReplyForm, *, continued: bool = False) -> dict[str, str]:
    """
    The fields of a reply, as they were written.

    Args:
        reply (`str`):
            The raw reply.
        fields (`Sequence[str]`):
            Names of the fields, in the order that was asked for.
        form (`"text"`, `"json"` or `"tagged"`):
            One field as plain text, a JSON object, or lines that begin with the field's name and a colon.
        continued (`bool`, defaults to `False`):
            Whether the prompt ended with the first tag, so that a tagged reply begins with the first field itself.

    Returns:
        `dict[str, str]`: Field -> text, none of them empty.

    Raises:
        UnusableReplyError: With the reason `empty`, `malformed` or `missing_field`; an `UnreadableJSONError` where the
            JSON can't be parsed.
    """
    if not reply.strip():
        raise UnusableReplyError("empty", "the reply is empty")
    if form == "text":
        return {fields[0]: reply}
    found = _json_fields(reply, fields) if form == "json" else _tagged_fields(reply, fields, continued)
    for field in fields:
        if not found.get(field, "").strip():
            raise UnusableReplyError("missing_field", f"the reply gives no {field!r}")
    return found


def _json_fields(reply: str, fields: Sequence[str]) -> dict[str, str]:
    start = reply.find("{")
    if start < 0:
        raise UnusableReplyError("malformed", "the reply holds no JSON object")
    try:
        value, _ = json.JSONDecoder().raw_decode(reply, start)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UnreadableJSONError("malformed", f"the reply's JSON can't be read: {error}") from error
    wrong = next((field for field in fields if field in value and not isinstance(value[field], str)), None)
    if wrong is not None:
        raise UnusableReplyError("malformed", f"the reply gives {value[wrong]!r:.80} for {wrong!r}, which is no text")
    found = {field: value[field] for field in fields if field in value}
    if any("\ud800" <= letter <= "\udfff" for text in found.values() for letter in text):
        raise UnusableReplyError("malformed", "the reply's JSON holds half of a character, which no file can")
    return found


def _tagged_fields(reply: str, fields: Sequence[str], continued: bool) -> dict[str, str]:
    tags = "|".join(_spaced(field) for field in fields)
    pattern = re.compile(rf"^[\s*#>\-]*({tags})[\s*]*:[ \t*]*", re.IGNORECASE | re.MULTILINE)
    matches = list(pattern.finditer(reply))
    by_key = {re.sub(r"[\s_-]+", " ", field).casefold(): field for field in fields}
    found: dict[str, str] = {}
    head = (reply[: matches[0].start()] if matches else reply).strip()
    begins_tagged = bool(matches) and by_key[_key_of(matches[0])] == fields[0]
    if head and not begins_tagged:
        if not continued and any(by_key[_key_of(match)] == fields[0] for match in matches):
            # Either talk before fields in another order, or a row without its first tag before another row: to take
            # the first field from one and the label from the other would be a guess.
            raise UnusableReplyError("malformed", f"the reply does not begin with {fields[0]!r}: {head[:80]!r}")
        found[fields[0]] = head
    for match, following in zip(matches, [*matches[1:], None], strict=False):
        field = by_key[_key_of(match)]
        if field in found:
            break  # the model goes on with a second row; one reply is one row
        found[field] = reply[match.end() : following.start() if following else len(reply)].strip()
    last = fields[-1]
    if last in found:
        # What follows an empty line after the last field is talk, not the field.
        found[last] = re.split(r"\n\s*\n", found[last], maxsplit=1)[0].strip()
    return found


def _spaced(field: str) -> str:
    return r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", field))


def _key_of(match: re.Match[str]) -> str:
    return re.sub(r"[\s_-]+", " ", match[1]).casefold()
