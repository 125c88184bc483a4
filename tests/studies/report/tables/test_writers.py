"""Markdown and LaTeX say the same as the table, and nothing in a cell is markup."""

import re
from dataclasses import replace

import pytest

from synth_builder.studies.report.sections import contents
from synth_builder.studies.report.tables.latex_columns import PAGE, fitting_parts
from synth_builder.studies.report.tables.latex_table import latex_escaped, latex_table
from synth_builder.studies.report.tables.latex_widths import longest_piece, pieces, text_width
from synth_builder.studies.report.tables.markdown_table import markdown_table
from synth_builder.studies.report.tables.table import Table
from synth_builder.studies.results.study_results import StudyResults
from tests.studies.report.studies import HOSTILE, hostile, whole

SMALL = Table(
    name="small_one",
    title="100 % of it",
    caption="So_so",
    header=("variant", "a|b"),
    rows=(("few_shot", "0.5 ± 0.1"), ("[x]", "")),
    best=frozenset({(0, 1), (1, 1)}),
    notes=("A note & more",),
)


def test_a_markdown_table_worked_out_by_hand() -> None:
    assert markdown_table(SMALL) == (
        "# 100 % of it\n\nSo\\_so\n\n"
        "| variant | a\\|b |\n| --- | ---: |\n| few\\_shot | **0.5 ± 0.1** |\n| \\[x\\] |  |\n\nA note &amp; more\n"
    )


def test_a_latex_table_worked_out_by_hand() -> None:
    assert latex_table(SMALL).splitlines() == [
        r"% Needs \usepackage{booktabs}; fits lines of 345pt (article) and longer ones.",
        r"\begin{table}",
        r"\centering",
        r"\caption{100 \% of it. So\_so}",
        r"\label{tab:small_one}",
        r"\small",
        r"\setlength{\abovetopsep}{4pt}",
        r"\begin{tabular}{@{}lr@{}}",
        r"\toprule",
        r"variant & a\textbar{}b \\",
        r"\midrule",
        r"few\_shot & \textbf{0.5 $\pm$ 0.1} \\",
        r"{[}x{]} &  \\",
        r"\bottomrule",
        r"\end{tabular}",
        r"\par\smallskip\footnotesize A note \& more",
        r"\end{table}",
    ]


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        (r"&%$#_{}", r"\&\%\$\#\_\{\}"),
        ("~^\\", r"\textasciitilde{}\textasciicircum{}\textbackslash{}"),
        ("<|>", r"\textless{}\textbar{}\textgreater{}"),
        ("a-b--c", r"a-b-{}-{}c"),
        ("[*]", "{[}{*}{]}"),
        ("``", "`{}`{}"),
        ("é ↑…", r"é $\uparrow$\ldots{}"),
        ("a\nb", "a b"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
    ],
)
def test_latex_sets_every_sign_as_it_is(text: str, escaped: str) -> None:
    assert latex_escaped(text) == escaped


@pytest.mark.parametrize("study", [whole(), hostile()], ids=["whole", "hostile"])
def test_every_table_of_a_report_has_as_many_cells_in_each_row(study: StudyResults) -> None:
    tables = contents(study).tables
    assert len(tables) > 10
    for table in tables:
        columns = len(table.header)
        assert table.rows and {len(row) for row in table.rows} == {columns}, table.name
        assert table.words <= columns
        parts = fitting_parts(table)
        assert sum(len(part.header) - part.words for part, _ in parts) == columns - table.words
        rows = [line for line in latex_table(table).splitlines() if line.endswith(r" \\")]
        heads = sum(2 if layout.long else 1 for _, layout in parts)
        assert len(rows) == len(parts) * len(table.rows) + heads
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {len(part.header) - 1 for part, _ in parts}, (
            table.name
        )
        lines = [line for line in markdown_table(table).splitlines() if line.startswith("| ")]
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {columns + 1}, table.name
        assert len(lines) == len(table.rows) + 2


def _body(latex: str) -> str:
    rows = [line for line in latex.splitlines() if line.endswith(r" \\")]
    assert len(rows) > 1
    return "\n".join(rows)


@pytest.mark.parametrize("study", [whole(), hostile()], ids=["whole", "hostile"])
def test_no_table_of_a_report_is_wider_than_a_page_of_article(study: StudyResults) -> None:
    for table in contents(study).tables:
        for part, layout in fitting_parts(table):
            assert len(layout.columns) == len(part.header)
            gaps = 2 * layout.gap * (len(layout.columns) - 1)
            assert sum(column.points for column in layout.columns) + gaps <= PAGE, part.name
            for at, column in enumerate(layout.columns):
                if not column.wrapped:  # `l` and `r` are as wide as their widest cell
                    assert all(text_width(row[at], layout.size) <= column.points + 0.5 for row in part.rows)


def test_a_long_text_becomes_lines_in_a_column_that_takes_what_is_left() -> None:
    latex = latex_table(
        Table("t", "T", "C.", ("question", "because"), (("a/b", "word " * 60), ("few_shot", "No.")), words=2)
    )
    assert latex.startswith(r"% Needs \usepackage{array, booktabs};")
    columns = re.search(r"\\begin\{tabular\}\{(.*)\}$", latex, re.MULTILINE)
    # Of 345 points "question" takes 34 and the room between the columns 12.
    assert columns is not None
    assert re.fullmatch(
        r"@\{\}l>\{\\raggedright\\arraybackslash\\hspace\{0pt\}\}p\{0\.8\d+\\linewidth\}@\{\}", columns[1]
    )
    assert "\n\\addlinespace[2pt]\nfew\\_shot & No. \\\\\n" in latex


def test_lines_of_narrow_columns_end_after_underscores_and_slashes_and_inside_of_words_that_fill_a_column() -> None:
    names = tuple(("long_variant_name_of_a_kind", "organization/model", "x" * 90, "y " * 200) for _ in range(3))
    latex = latex_table(Table("t", "T", "C.", ("a", "b", "c", "d"), names, words=4))
    assert r"long\_\allowbreak{}variant\_\allowbreak{}name" in latex
    assert r"organization/\allowbreak{}model" in latex
    assert r"x\allowbreak{}x\allowbreak{}x" in latex


def test_many_rows_become_a_longtable_with_its_header_on_every_page() -> None:
    table = Table("t", "T", "C.", ("a", "b"), tuple((f"row {number}", "0.5") for number in range(60)), notes=("So.",))
    latex = latex_table(table)
    assert r"\begin{table}" not in latex and r"\begin{longtable}{@{}lr@{}}" in latex
    assert latex.splitlines()[:2] == [
        r"% Needs \usepackage{booktabs, longtable}; fits lines of 345pt (article) and longer ones.",
        "% It has several pages, so it does not float, and stands in a part of the paper with one column.",
    ]
    assert latex.count("a & b \\\\") == 2 and latex.count(r"\label{tab:t}") == 1
    assert latex.endswith("\\end{longtable}\n\\noindent\\footnotesize So.\\par\n\\endgroup\n")
    assert r"\begin{table}" in latex_table(replace(table, rows=table.rows[:30]))
    # 20 rows of about 5 lines are as long.
    texts = tuple((f"row {number}", "word " * 60) for number in range(20))
    assert r"\begin{longtable}" in latex_table(replace(table, rows=texts, words=2))


def test_too_many_columns_of_numbers_become_parts_that_each_name_their_rows() -> None:
    header = ("variant", *(f"{number} rows" for number in range(24)))
    row = ("few_shot", *("0.123 ± 0.456" for _ in range(24)))
    table = Table("t", "T", "C.", header, (row, row), best=frozenset({(1, 1), (0, 24)}))
    parts = fitting_parts(table)
    assert len(parts) > 1
    assert [name for part, _ in parts for name in part.header[1:]] == list(header[1:])
    assert {part.header[0] for part, _ in parts} == {"variant"} and len({len(part.header) for part, _ in parts}) <= 2
    assert [part.name for part, _ in parts] == ["t", *(f"t-{number}" for number in range(2, len(parts) + 1))]
    assert parts[0][0].best == {(1, 1)} and parts[-1][0].best == {(0, len(parts[-1][0].header) - 1)}
    assert latex_table(table).count(r"\textbf") == 2


def test_signs_that_pdflatex_lacks_are_told_at_the_top() -> None:
    told = "% Signs of scripts that pdflatex lacks need xelatex or lualatex, and a font that has them."
    assert told not in latex_table(SMALL)
    assert told in latex_table(replace(SMALL, rows=(("正面", "0.5"),))).splitlines()


def test_widths_are_those_of_computer_modern() -> None:
    assert text_width("") == 0.0
    # In cmr10 a digit is 5 points wide, a full stop 2.78; the size small has 9.25 for each 10.
    assert text_width("0.5") == pytest.approx(0.925 * (5 + 2.78 + 5))
    assert text_width("0.5", "scriptsize") == pytest.approx(0.796 * 12.78)
    assert text_width("正") == pytest.approx(9.25)
    assert pieces("zero_shot-a/b") == ["zero_", "shot-", "a/", "b"]
    assert longest_piece("an org/m", "small") == text_width("org/")


def test_hostile_names_are_words_in_both() -> None:
    seen = 0
    for table in contents(hostile()).tables:
        if not any(HOSTILE in cell for row in table.rows for cell in row):
            continue
        seen += 1
        latex, markdown = latex_table(table), markdown_table(table)
        assert (
            "<script" not in latex + markdown and "\u202e" not in latex + markdown and "\x07" not in latex + markdown
        )
        bare = re.sub(r"~?\\[&%$#_{}]|\\text[a-z]+\{\}|~?\$\\?(?:pm|-|uparrow|downarrow)\$~?", "", _body(latex))
        assert not re.search(r"[#%$_~^]", bare), table.name
        assert latex.replace(r"\{", "").replace(r"\}", "").count("{") == latex.replace(r"\{", "").replace(
            r"\}", ""
        ).count("}")
    assert seen > 8
