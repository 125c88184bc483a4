from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.tables.table import Table

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # After the end of a row these would be read as its options.
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    # Ligatures that would turn two signs into one.
    "-": "-{}",
    "`": "`{}",
    "'": "'{}",
    '"': "''",
    "\u00a0": "~",
    "±": r"$\pm$",
    "\u2212": "$-$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "…": r"\ldots{}",
}


def latex_escaped(text: str) -> str:
    """A text that LaTeX sets as it is, whatever stands in it; letters outside of ASCII need UTF-8, as is usual."""
    escaped = "".join(_ESCAPES.get(letter, letter) for letter in plain(text))
    # A single hyphen is none of the ligatures, and reads better without the mark.
    return escaped.replace("-{}-{}", "\0").replace("-{}", "-").replace("\0", "-{}-{}")


def latex_table(table: Table) -> str:
    r"""
    A table in LaTeX, to be put into a paper with `\input`. It needs the package booktabs.

    Args:
        table (`Table`):
            Any table. What is set off in it is bold.
    """
    columns = "".join("l" if at < table.words else "r" for at in range(len(table.header)))
    lines = [
        r"% Needs \usepackage{booktabs}.",
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{latex_escaped(table.title)}. {latex_escaped(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        r"\small",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        _row(table.header),
        r"\midrule",
    ]
    for number, row in enumerate(table.rows):
        lines.append(_row(row, {at for line, at in table.best if line == number}))
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip\footnotesize {latex_escaped(note)}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _row(cells: tuple[str, ...], best: set[int] | None = None) -> str:
    written = [latex_escaped(cell) for cell in cells]
    marked = [rf"\textbf{{{cell}}}" if at in (best or ()) and cell else cell for at, cell in enumerate(written)]
    return " & ".join(marked) + r" \\"
