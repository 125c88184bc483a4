import sys

import pytest

from synth_builder.cli.score_view import show
from synth_builder.scoring.results.table import ScoreTable

TABLE = ScoreTable(
    title="3 test rows of test.csv; minilm",
    header=("variant", "trained on", "rows"),
    rows=(("", "nothing: always [bold]x", "0"), ("few_shot", "synthetic", "200")),
    sections=(("Worth in real rows", ("few_shot: about 180",)),),
    notes=("Two rows \x1b[31mwere left out.",),
)


def test_a_file_gets_plain_text(capsys: pytest.CaptureFixture[str]) -> None:
    show(TABLE)
    assert capsys.readouterr().out.splitlines() == [
        "3 test rows of test.csv; minilm",
        "",
        "variant   trained on               rows",
        "--------  -----------------------  ----",
        "          nothing: always [bold]x     0",
        "few_shot  synthetic                 200",
        "",
        "Worth in real rows",
        "  few_shot: about 180",
        "",
        "Note: Two rows \\x1b[31mwere left out.",
    ]


def test_a_terminal_gets_a_drawn_table_in_which_names_are_no_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    show(TABLE)
    shown = capsys.readouterr().out
    assert "┏" in shown
    assert "nothing: always [bold]x │" in shown
    assert "│ few_shot │ synthetic               │  200 │" in shown
    assert "\\x1b[31mwere" in shown
    assert "\x1b[31m" not in shown
