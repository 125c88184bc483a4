"""Reading what a server sent: bodies that may be no JSON, error texts in every form in use, texts to keep."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth_builder.errors import EngineReplyError

SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Answer:
    """
    What a server sent: read, but not yet judged.

    Args:
        where (`str`):
            Method and URL, for messages.
        status (`int`):
            HTTP status.
        headers (`Mapping[str, str]`):
            Headers, found whatever their case.
        body (`bytes`):
            The whole body.
        secrets (`tuple[str, ...]`, defaults to `()`):
            What no message may repeat.
    """

    where: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def json(self) -> dict[str, Any]:
        """
        The body as a JSON object.

        Raises:
            EngineReplyError: It is a web page, no JSON at all, or JSON that is no object.
        """
        try:
            value = json.loads(self.body.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            text = self.text()
            if text.lstrip().startswith("<"):
                raise EngineReplyError(
                    f"{self.where} was answered with a web page, not with JSON: {shown(without_tags(text))}. "
                    "Is there a proxy or a login page between?"
                ) from error
            raise EngineReplyError(f"{self.where} was answered with no valid JSON: {shown(text)}.") from error
        if not isinstance(value, dict):
            raise EngineReplyError(f"{self.where} was answered with JSON that is no object: {shown(self.text())}.")
        return value

    def text(self) -> str:
        """The body as a text for messages, the secrets blotted out."""
        return blot(self.body.decode("utf-8", "replace"), self.secrets)

    def unexpected(self, expected: str) -> EngineReplyError:
        """The error for JSON that lacks something; `expected` says what."""
        return EngineReplyError(
            f"{self.where} was answered with {shown(error_text(self.text()))}. Expected {expected}."
        )


def shown(text: str) -> str:
    """A foreign text for a message of ours: on one line, quoted, escaped, at most about 200 characters."""
    line = " ".join(text.split())
    return repr(line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}...")


def blot(text: str, secrets: tuple[str, ...]) -> str:
    """The text without the secrets: a server may repeat the key that it was sent."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def without_tags(page: str) -> str:
    """What a web page says."""
    return re.sub(r"<(script|style)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL | re.IGNORECASE)


def error_text(body: str) -> str:
    """What a server says went wrong, out of the forms in use: `error`, `error.message`, `message`, `detail`, plain."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return without_tags(body) if body.lstrip().startswith("<") else body
    for name in ("error", "message", "detail"):
        if isinstance(value, dict) and value.get(name):
            value = value[name]
    return value if isinstance(value, str) else json.dumps(value)


def clean_text(text: str) -> str:
    """A text that every file can hold: halves of surrogate pairs, which JSON can carry, become U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def cut_at_stop(text: str, stop: tuple[str, ...]) -> tuple[str, bool]:
    """
    Cut a text at the first stop string that stands in it.

    TGI leaves the string at the end, other servers don't; and some take fewer strings than a request has.

    Args:
        text (`str`):
            What the model wrote.
        stop (`tuple[str, ...]`):
            The stop strings.

    Returns:
        `tuple[str, bool]`: The text before the stop string, and whether there was one.
    """
    ends = [end for end in (text.find(string) for string in stop if string) if end >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def count(value: object) -> int | None:
    """A number of tokens as a server tells it, in JSON or in a header; `None` when it tells none."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
