from dataclasses import replace
from pathlib import Path

from synth_builder.errors import MissingExtraError
from synth_builder.scoring.results.whole_file import whole_file
from synth_builder.studies.report.figures.figure_files import figure_files
from synth_builder.studies.report.page import report_page
from synth_builder.studies.report.sections import contents
from synth_builder.studies.report.tables.latex_table import latex_table
from synth_builder.studies.report.tables.markdown_table import markdown_table
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.study_folder import StudyFolder

_TABLE_FILES = (".md", ".tex")
_FIGURE_FILES = (".svg", ".png")


def write_report(results: StudyResults, folder: StudyFolder) -> None:
    """
    Write the report of a study: its tables as Markdown and LaTeX, its figures as SVG and PNG, and `report.html`, which
    holds all of them. The same results give the same files. Tables and figures of an earlier report that this one does
    not have are removed. Without the extra `pictures` there are no figures, and the report says so.

    Args:
        results (`StudyResults`):
            The study, with its findings.
        folder (`StudyFolder`):
            Where the files go.

    Raises:
        OSError: A file can't be written.
    """
    shown = contents(results)
    notes: tuple[str, ...] = ()
    try:
        drawn = figure_files(shown.pictures)
    except MissingExtraError as error:
        drawn = {}
        notes = (f"This report has no figures. {error}",)
    tables: dict[str, bytes] = {}
    for table in shown.tables:
        name, number = table.name, 1
        while f"{name}.md" in tables:  # names that differ in signs which no file name has
            number += 1
            name = f"{table.name}_{number}"
        named = replace(table, name=name)  # LaTeX has it as a label
        tables[f"{name}.md"] = markdown_table(named).encode()
        tables[f"{name}.tex"] = latex_table(named).encode()
    _fill(folder.tables, tables, _TABLE_FILES)
    _fill(folder.figures, drawn, _FIGURE_FILES)
    with whole_file(folder.report) as stream:
        stream.write(report_page(results, shown, drawn, notes).encode())


def _fill(folder: Path, files: dict[str, bytes], endings: tuple[str, ...]) -> None:
    """These files and no others of these kinds: an old one would show what is no longer true."""
    for path in sorted(folder.glob("*")):
        if path.suffix in endings and path.name not in files:
            path.unlink()
    for name, data in files.items():
        with whole_file(folder / name) as stream:
            stream.write(data)
