from collections.abc import Iterable

from synth_builder.studies.plain_text import plain
from synth_builder.studies.report.tables.latex_columns import PAGE, TIE, Column, Layout, fitting_parts, kept_together
from synth_builder.studies.report.tables.latex_widths import pieces, text_width
from synth_builder.studies.report.tables.table import Table

_BREAK = r"\allowbreak{}"

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
    A table in LaTeX, to be put into a paper with `\input`. It fits the page of the class article at 10 points, and of
    all that have a wider one: in smaller type where it has to be, with wrapped columns, over several pages, and in
    several parts where it has too many columns. Its first line names the packages that it needs.

    Args:
        table (`Table`):
            Any table. What is set off in it is bold.
    """
    parts = fitting_parts(table)
    needed = ["booktabs"]
    if any(layout.wrapped for _, layout in parts):
        needed.insert(0, "array")
    if any(layout.long for _, layout in parts):
        needed.append("longtable")
    lines = [rf"% Needs \usepackage{{{', '.join(needed)}}}; fits lines of {PAGE:g}pt (article) and longer ones."]
    if any(layout.long for _, layout in parts):
        lines.append(
            "% It has several pages, so it does not float, and stands in a part of the paper with one column."
        )
    if not latex_escaped(f"{table}").isascii():
        lines.append("% Signs of scripts that pdflatex lacks need xelatex or lualatex, and a font that has them.")
    for part, layout in parts:
        lines += _long(part, layout) if layout.long else _floating(part, layout)
    return "\n".join(lines) + "\n"


def _floating(table: Table, layout: Layout) -> list[str]:
    return [
        r"\begin{table}",
        r"\centering",
        _caption(table),
        _label(table),
        *_type(layout),
        r"\setlength{\abovetopsep}{4pt}",
        rf"\begin{{tabular}}{{{_kinds(layout)}}}",
        r"\toprule",
        _header(table, layout),
        r"\midrule",
        *_body(table, layout),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\smallskip\footnotesize {latex_escaped(note)}" for note in table.notes),
        r"\end{table}",
    ]


def _long(table: Table, layout: Layout) -> list[str]:
    """A longtable, with its header on every page."""
    header = _header(table, layout)
    return [
        r"\begingroup",
        *_type(layout),
        r"\setlength{\LTcapwidth}{\linewidth}",
        rf"\begin{{longtable}}{{{_kinds(layout)}}}",
        _caption(table),
        rf"{_label(table)}\\",
        r"\toprule",
        header,
        r"\midrule",
        r"\endfirsthead",
        rf"\caption[]{{{latex_escaped(table.title)}, continued.}}\\",
        r"\toprule",
        header,
        r"\midrule",
        r"\endhead",
        r"\bottomrule",
        r"\endfoot",
        *_body(table, layout),
        r"\end{longtable}",
        *(rf"\noindent\footnotesize {latex_escaped(note)}\par" for note in table.notes),
        r"\endgroup",
    ]


def _caption(table: Table) -> str:
    return rf"\caption{{{latex_escaped(table.title)}. {latex_escaped(table.caption)}}}"


def _label(table: Table) -> str:
    return rf"\label{{tab:{table.name}}}"


def _type(layout: Layout) -> list[str]:
    return [rf"\{layout.size}", *([rf"\setlength{{\tabcolsep}}{{{layout.gap}pt}}"] if layout.gap != 6 else [])]


def _kinds(layout: Layout) -> str:
    return f"@{{}}{''.join(column.kind for column in layout.columns)}@{{}}"


def _header(table: Table, layout: Layout) -> str:
    return _line(
        _wrapped(name, column, layout.size) if column.wrapped else _stacked(name, column, layout.size)
        for name, column in zip(table.header, layout.columns, strict=True)
    )


def _body(table: Table, layout: Layout) -> list[str]:
    lines = []
    for number, row in enumerate(table.rows):
        if number and layout.wrapped:
            lines.append(r"\addlinespace[2pt]")
        cells = [
            _wrapped(cell, column, layout.size) if column.wrapped else latex_escaped(cell)
            for cell, column in zip(row, layout.columns, strict=True)
        ]
        best = {at for line, at in table.best if line == number}
        lines.append(_line(rf"\textbf{{{cell}}}" if at in best and cell else cell for at, cell in enumerate(cells)))
    return lines


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


def _stacked(name: str, column: Column, size: str) -> str:
    """The name of a column above cells of one line: on several lines where it is wider than they are."""
    lines: list[str] = []
    for word in kept_together(name).split(" "):
        if lines and text_width(f"{lines[-1]} {word}", size) <= column.points:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    if len(lines) == 1:
        return latex_escaped(name)
    stacked = r"\\".join(map(_tied, lines))
    return rf"\begin{{tabular}}[t]{{@{{}}{'l' if column.left else 'r'}@{{}}}}{stacked}\end{{tabular}}"


def _wrapped(cell: str, column: Column, size: str) -> str:
    """A text whose lines may end after `_` and `/` too, and anywhere in a word that is wider than the column."""
    words = []
    for word in kept_together(cell).split(" "):
        written = ""
        for piece in pieces(word):
            if text_width(piece, size) > column.points:
                written += _BREAK.join(map(_tied, piece))
            else:
                written += _tied(piece)
            written += _BREAK if piece[-1] in "_/" else ""
        words.append(written.removesuffix(_BREAK))
    return " ".join(words)


def _tied(text: str) -> str:
    return "~".join(latex_escaped(part) for part in text.split(TIE))
