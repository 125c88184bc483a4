from synth_builder.releases.card.markdown import escaped
from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.tables.table import Table


def markdown_table(table: Table) -> str:
    """A table as a Markdown page: a heading, the caption, the table, and its notes. Nothing in a cell is markup."""
    lines = [f"# {_cell(table.title)}", "", _cell(table.caption), ""]
    lines.append(_line([_cell(name) for name in table.header]))
    lines.append(_line(["---" if at < table.words else "---:" for at in range(len(table.header))]))
    for number, row in enumerate(table.rows):
        cells = [_cell(cell) for cell in row]
        lines.append(
            _line([f"**{cell}**" if (number, at) in table.best and cell else cell for at, cell in enumerate(cells)])
        )
    for note in table.notes:
        lines += ["", _cell(note)]
    return "\n".join(lines) + "\n"


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return escaped(plain(text))
