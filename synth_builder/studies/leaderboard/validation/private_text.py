"""What a file must not tell when it is handed in: keys, and paths of the machine that it was made on."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SECRETS = {
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{20,}",
    "an API key": r"\b(?:sk|pk|rk)-[A-Za-z0-9_-]{20,}|\bgsk_[A-Za-z0-9]{20,}|\bAIza[\w-]{30,}",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})",
    "an AWS key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "a Slack token": r"\bxox[abeprs]-[\w-]{10,}",
    "a header with a key": r"\bBearer\s+[\w.~+/-]{16,}",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY",
    "an address with a password": r"[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@",
}
_SECRET = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_SECRETS.values())))

# The whole of a value, and a part of a sentence. `/` alone, or dates such as 12/24, are none.
_PATH = re.compile(r"(?:file:|~[\w.-]*[/\\]|[A-Za-z]:[/\\]|\\\\|/[\w.~-]+(?:/|$)).*", re.DOTALL | re.ASCII)
_PATH_WITHIN = re.compile(
    r"(?:file://|(?<![\w/.:])~/|(?<!\w)[A-Za-z]:\\|(?<![\w/.:])/(?:home|Users|root|tmp|mnt|media|private|scratch|data)/)"
    r"[\w.~/\\-]*",
    re.ASCII,
)

# Texts that models wrote. A path in one of them is part of the text, unless it is one of this machine.
_WRITTEN_BY_MODELS = re.compile(r"variants\[\d+\]\.samples\b")


def private_places(value: Any) -> list[str]:
    """
    Where a value holds a secret or a path of a machine.

    Args:
        value (`Any`):
            Plain values, as JSON has them; names of keys are looked at, too.

    Returns:
        `list[str]`: Sentences with the place. None of them repeats a secret.
    """
    found = []
    for place, text in _texts("", value):
        secret = _SECRET.search(text)
        if secret is not None:
            kind = list(_SECRETS)[int(str(secret.lastgroup).removeprefix("k"))]
            found.append(f"{place} holds {kind}")
        elif path := _path(place, text):
            found.append(f"{place} holds the path {path[:100]!r} of a machine")
    return found


def _path(place: str, text: str) -> str | None:
    if _WRITTEN_BY_MODELS.match(place):
        home = str(Path.home())
        return home if len(home) > 1 and home in text else None
    within = _PATH_WITHIN.search(text)
    return text if _PATH.fullmatch(text.strip()) else within[0] if within else None


def _texts(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place or "the file", value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield f"a name in {place or 'the file'}", str(name)
            yield from _texts(f"{place}.{name}" if place else str(name), inner)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _texts(f"{place}[{number}]", inner)
