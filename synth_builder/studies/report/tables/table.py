from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """
    A table of a report, before it is Markdown, LaTeX or HTML. All texts are as they are; writers escape them.

    Args:
        name (`str`):
            Of its files, without the ending.
        title (`str`):
            What it shows, in a few words.
        caption (`str`):
            How it is to be read.
        header (`tuple[str, ...]`):
            Names of the columns.
        rows (`tuple[tuple[str, ...], ...]`):
            Cells, as many in each row as there are columns.
        words (`int`, defaults to 1):
            Columns of words, at the left; the others are numbers. The first one names the row.
        best (`frozenset[tuple[int, int]]`, defaults to none):
            Row and column of cells that are set off.
        notes (`tuple[str, ...]`, defaults to none):
            Small print.
    """

    name: str
    title: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int = 1
    best: frozenset[tuple[int, int]] = frozenset()
    notes: tuple[str, ...] = ()
