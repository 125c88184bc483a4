"""Markdown and LaTeX say the same as the table, and nothing in a cell is markup."""

import re

import pytest

from synth_builder.studies.report.sections import contents
from synth_builder.studies.report.tables.latex_table import latex_escaped, latex_table
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
        r"% Needs \usepackage{booktabs}.",
        r"\begin{table}",
        r"\centering",
        r"\caption{100 \% of it. So\_so}",
        r"\label{tab:small_one}",
        r"\small",
        r"\begin{tabular}{lr}",
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
        body = latex_table(table).split(r"\toprule")[1].split(r"\bottomrule")[0]
        rows = [line for line in body.splitlines() if line.endswith(r" \\")]
        assert len(rows) == len(table.rows) + 1
        assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {columns - 1}, table.name
        lines = [line for line in markdown_table(table).splitlines() if line.startswith("| ")]
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {columns + 1}, table.name
        assert len(lines) == len(table.rows) + 2


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
        bare = re.sub(r"\\[&%$#_{}]|\\text[a-z]+\{\}|\$\\?(?:pm|-)\$", "", latex.split(r"\midrule")[1])
        assert not re.search(r"[#%$_~^]", bare.split(r"\bottomrule")[0]), table.name
        assert latex.replace(r"\{", "").replace(r"\}", "").count("{") == latex.replace(r"\{", "").replace(
            r"\}", ""
        ).count("}")
    assert seen > 8
