from pathlib import Path
from typing import Any

import pytest

from synth_builder.cli.main import main
from synth_builder.engines.base import EngineSettings, Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from tests.small_tasks import sentence_of_the_seed


def reply(request: Request) -> str:
    if request.seed % 3 == 0:
        return "\x1b[2JToo short."
    return f"\u202e\x1b[31m 電影 {sentence_of_the_seed(request)}"


@pytest.fixture
def release(one_column: dict[str, Any], tmp_path: Path) -> str:
    recipe = Recipe.from_dict(one_column, directory=tmp_path)
    folder = ReleaseFolder(tmp_path / "out")
    build_variants(recipe, ["zero_shot"], folder, ScriptedEngine(reply, revision="1"), EngineSettings())
    return str(folder.path)


def test_rows_stand_below_their_id_and_label(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", release, "--split", "train", "--limit", "3"]) == 0
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("zero_shot train-0  ")
    assert lines[1].startswith("    text: ")
    assert lines[-1] == "... the first 3; --limit shows more"


def test_nothing_that_a_model_wrote_reaches_the_terminal_as_a_control(
    release: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["--limit", "100"], ["--rejected", "--limit", "100"], ["--id", "train-0"]):
        assert main(["inspect", release, *words]) == 0
        shown = capsys.readouterr().out
        assert "\x1b" not in shown and "\u202e" not in shown
        assert "\\x1b[" in shown
    assert main(["inspect", release]) == 0
    assert "電影" in capsys.readouterr().out


def test_rejections_have_reason_sentence_and_raw_reply(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", release, "--reason", "too_short", "--limit", "1"]) == 0
    first, text, raw, rest = capsys.readouterr().out.splitlines()
    assert " draw 0  " in first and "too_short: text has " in first
    assert text.startswith("    text: ")
    assert raw == "    raw reply: \\x1b[2JToo short."
    assert rest == "... the first 1; --limit shows more"
    assert main(["inspect", release, "--reason", "failed"]) == 0
    assert capsys.readouterr().out == "no rejections\n"


def test_one_row_is_shown_with_prompt_and_raw_reply(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", release, "--id", "train-1", "--variant", "zero_shot"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("=== zero_shot train-1, label ")
    assert "\n    model           : scripted\n" in shown
    assert "\n--- the prompt as sent\n[system]\n" in shown and "\n[user]\n" in shown
    assert "\n--- the raw reply (stop)\n" in shown
    assert "--- note" not in shown


def test_what_is_missing_is_said(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    (Path(release) / ".synth-builder" / "zero_shot" / "journal.sqlite").unlink()
    assert main(["inspect", release, "--id", "train-1"]) == 0
    shown = capsys.readouterr().out
    assert "--- the raw reply" not in shown
    assert "--- note: There is no journal at" in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--id", "train-1", "--rejected"], "--id shows one row, --rejected chooses among many"),
        (["--id", "train-1", "--label", "positive"], "--id shows one row, --label chooses among many"),
        (["--id", "train-999"], "No row has the id 'train-999'"),
        (["--variant", "few"], "has no variant 'few'"),
    ],
)
def test_what_can_not_be_shown_is_one_sentence(
    release: str, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", release, *words]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("synth-builder: ") and said in shown
    assert len(shown.strip().splitlines()) == 1


def test_a_limit_is_a_whole_number(release: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["inspect", release, "--limit", "0"])
    assert stopped.value.code == 2
    assert "'0' is no whole number of at least 1" in capsys.readouterr().err
