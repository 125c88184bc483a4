from pathlib import Path

import pytest

from synth_builder.errors import MissingExtraError
from synth_builder.studies.report import write_report as module
from synth_builder.studies.report.write_report import write_report
from synth_builder.studies.study_folder import StudyFolder
from tests.studies.made_up import made_up
from tests.studies.report.studies import hostile


def everything(path: Path) -> dict[str, bytes]:
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def without_matplotlib(*_: object) -> dict[str, bytes]:
    raise MissingExtraError("This needs the package 'matplotlib'.")


def test_a_second_report_is_the_same_and_what_is_not_written_any_more_goes(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    folder = StudyFolder(tmp_path)
    write_report(made_up(("a",), skills=()), folder)
    once = everything(tmp_path)
    write_report(made_up(("a",), skills=()), folder)
    assert everything(tmp_path) == once
    assert {
        "report.html",
        "tables/tasks.md",
        "tables/tasks.tex",
        "figures/gains-dark.svg",
        "figures/gains-light.png",
    } <= {*once}
    (folder.tables / "mine.txt").write_text("a note of somebody")
    write_report(made_up(("a",), skills=(), differences=(), worths=()), folder)
    now = everything(tmp_path)
    assert {*once} - {*now} == {
        *(f"figures/gains-{theme}.{ending}" for theme in ("light", "dark") for ending in ("svg", "png")),
        *(
            f"tables/{name}_{classifier}.{ending}"
            for name in ("differences-gain", "differences-alone", "worth")
            for classifier in ("minilm_probe", "tfidf")
            for ending in ("md", "tex")
        ),
    }
    assert {*now} - {*once} == {"tables/mine.txt"}


def test_without_matplotlib_the_report_has_no_figures_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StudyFolder(tmp_path)
    folder.figures.mkdir(parents=True)
    (folder.figures / "gains-light.svg").write_text("of another study")
    monkeypatch.setattr(module, "figure_files", without_matplotlib)
    write_report(made_up(), folder)
    assert [*folder.figures.iterdir()] == []
    page = folder.report.read_text(encoding="utf-8")
    assert "This report has no figures. This needs the package" in page and "<img" not in page


def test_names_that_are_attacks_stay_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "figure_files", without_matplotlib)
    write_report(hostile(), StudyFolder(tmp_path / "study"))
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    assert {path.name for path in (tmp_path / "study").iterdir()} == {"tables", "report.html"}


def test_two_names_that_look_alike_in_files_do_not_overwrite_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "figure_files", without_matplotlib)
    write_report(made_up(("a",), classifiers=("x/y", "x y")), StudyFolder(tmp_path))
    first = (tmp_path / "tables" / "worth_x_y.md").read_text()
    second = (tmp_path / "tables" / "worth_x_y_2.md").read_text()
    assert "x/y" in first and "x y" in second
    labels = [(tmp_path / "tables" / f"worth_x_y{number}.tex").read_text() for number in ("", "_2")]
    assert r"\label{tab:worth_x_y}" in labels[0] and r"\label{tab:worth_x_y_2}" in labels[1]
