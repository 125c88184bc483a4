import html
import re
from collections.abc import Iterable, Sequence


def fenced(text: str, language: str = "text") -> str:
    """A text as a code block that it can't end itself: the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"[`~]+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def escaped(text: str) -> str:
    """A text for a line or a table cell: nothing in it is read as Markdown or HTML, and it stays on its line."""
    text = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", text)


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """
    A Markdown table; numbers stand at the right.

    Args:
        header (`Sequence[str]`):
            Names of the columns, escaped already.
        rows (`Iterable[Sequence[object]]`):
            Cells, escaped already.
    """
    filled = [list(row) for row in rows]
    numeric = [all(isinstance(row[at], int | float) for row in filled) and bool(filled) for at in range(len(header))]
    lines = [
        "| " + " | ".join(header) + " |",
        "|" + "|".join("---:" if right else "---" for right in numeric) + "|",
    ]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in filled]
    return "\n".join(lines)


def _cell(cell: object) -> str:
    return f"{cell:g}" if isinstance(cell, float) else str(cell)
