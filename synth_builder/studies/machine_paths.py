import re
from pathlib import PurePath
from typing import Any

# Of a whole text: `/a/b`, `~/b`, `../b`, `C:\\b`. A repository's `owner/name` is none, nor is a recipe's `data/b`.
_PATH = re.compile(r"(?:/|~[/\\]|\.{1,2}[/\\]|[A-Za-z]:[/\\]).*[^/\\].*", re.DOTALL)


def without_paths(value: Any) -> Any:
    """
    Plain values in which each text that is a path of one machine is its last name: where something lies there is of
    no use to others, and may tell more than its owner wants.

    Args:
        value (`Any`):
            What JSON can hold. Names of keys stay as they are.
    """
    if isinstance(value, dict):
        return {name: without_paths(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [without_paths(inner) for inner in value]
    if isinstance(value, str) and _PATH.match(value):
        return PurePath(value.replace("\\", "/")).name
    return value
