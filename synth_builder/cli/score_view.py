import sys
from typing import TYPE_CHECKING

from synth_builder.cli.terminal_text import escape_what_the_terminal_lacks, visible
from synth_builder.scoring.results.table import NUMBERS

if TYPE_CHECKING:
    from synth_builder.scoring.results.table import ScoreTable


def show(table: "ScoreTable") -> None:
    """Print a table of scores: drawn on a terminal, and as plain text where a file or another program reads it."""
    escape_what_the_terminal_lacks()
    if not sys.stdout.isatty():
        print(visible(str(table), lines=True))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    drawn = Table(title=Text(visible(table.title)), title_justify="left", header_style="bold")
    for name in table.header:
        drawn.add_column(name, justify="right" if name in NUMBERS else "left")
    before = None
    for row in table.rows:
        if before is not None and row[0] != before:
            drawn.add_section()
        # As text: what stands in brackets in a name is no markup.
        drawn.add_row(*(Text(visible(cell)) for cell in row))
        before = row[0]
    console.print(drawn)
    for heading, sentences in table.sections:
        console.print()
        console.print(Text(heading, style="bold"))
        for sentence in sentences:
            console.print(Text(f"  {visible(sentence)}"))
    if table.notes:
        console.print()
    for note in table.notes:
        console.print(Text(f"Note: {visible(note)}", style="dim"))
