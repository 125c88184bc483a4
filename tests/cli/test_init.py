import errno
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from synth_builder.cli.main import main
from synth_builder.recipes.recipe import Recipe

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--description",
    "Tell praise from blame: which is it?",
    "--column",
    "text=a product review",
    "--label",
    "praise=the writer is content",
    "--label",
    "blame=the writer is not",
]


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with open(os.devnull, encoding="utf-8") as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        yield


def test_flags_make_a_recipe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "deep" / "reviews.yaml"
    assert main(["init", str(path), *FLAGS]) == 0
    assert capsys.readouterr().out == f"Wrote {path}. Next: synth-builder preview {path}\n"
    recipe = Recipe.load(path)
    assert recipe.name == "reviews"
    assert recipe.task.description == "Tell praise from blame: which is it?"
    assert recipe.task.columns == {"text": "a product review"}
    assert recipe.task.labels == {"praise": "the writer is content", "blame": "the writer is not"}
    assert list(recipe.variants) == ["zero_shot", "zero_shot_topic"]
    assert recipe.generation.rows == {"train": 1000}
    assert path.read_text(encoding="utf-8").count("#") > 8
    assert main(["preview", str(path)]) == 0


def test_real_rows_bring_the_strategies_that_show_some(tmp_path: Path) -> None:
    path = tmp_path / "pairs.yaml"
    more = ["--column", "other=another review", "--train", "owner/name:train", "--test", "test.csv"]
    assert main(["init", str(path), *FLAGS, *more, "--name", "two", "--language", "de", "--rows", "50"]) == 0
    recipe = Recipe.load(path, check_files=False)
    assert (recipe.name, recipe.task.kind) == ("two", "text_pair_classification")
    assert recipe.real is not None and (recipe.real.train, recipe.real.test) == ("owner/name:train", "test.csv")
    assert list(recipe.variants) == ["zero_shot", "zero_shot_topic", "one_shot", "few_shot"]
    assert (recipe.card.language, recipe.generation.rows) == (("de",), {"train": 50})


def test_a_file_that_is_there_is_never_overwritten_without_being_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reviews.yaml"
    path.write_text("mine", encoding="utf-8")
    assert main(["init", str(path), *FLAGS]) == 1
    assert "is there already; give another path, or --force to overwrite it" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "mine"
    assert main(["init", str(path), *FLAGS, "--force"]) == 0
    assert Recipe.load(path).name == "reviews"


def test_without_a_terminal_what_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", str(tmp_path / "reviews.yaml"), *FLAGS[:2]]) == 1
    assert "A recipe needs --column, --label; give them, or run this on a terminal" in capsys.readouterr().err
    assert not (tmp_path / "reviews.yaml").exists()


@pytest.mark.parametrize("wrong", ["text", "=a review", "text="])
def test_a_flag_without_its_meaning(tmp_path: Path, capsys: pytest.CaptureFixture[str], wrong: str) -> None:
    assert main(["init", str(tmp_path / "reviews.yaml"), *FLAGS, "--column", wrong]) == 1
    assert f"--column got {wrong!r}; expected NAME=TEXT" in capsys.readouterr().err


@pytest.mark.parametrize(("flag", "again"), [("--label", "praise=another meaning"), ("--column", "text=a letter")])
def test_a_name_that_is_given_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, again: str) -> None:
    assert main(["init", str(tmp_path / "reviews.yaml"), *FLAGS, flag, again]) == 1
    name = again.partition("=")[0]
    assert capsys.readouterr().err == f"synth-builder: {flag} names {name!r} twice; give each name once.\n"
    assert not (tmp_path / "reviews.yaml").exists()


@pytest.mark.parametrize("rows", ["0", "-3"])
def test_no_rows_are_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["init", str(tmp_path / "reviews.yaml"), *FLAGS, "--rows", rows])
    assert stopped.value.code == 2
    assert f"{rows!r} is no whole number of at least 1" in capsys.readouterr().err


def test_where_nothing_can_be_written_it_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    path = tmp_path / "file" / "deep" / "reviews.yaml"
    assert main(["init", str(path), *FLAGS]) == 1
    assert capsys.readouterr().err == (
        f"synth-builder: The recipe can't be written to {str(path)!r}: {str(tmp_path / 'file')!r} is no folder that "
        "can be written to. Give another path.\n"
    )
    assert main(["init", str(tmp_path), *FLAGS, "--force"]) == 1
    assert capsys.readouterr().err == (
        f"synth-builder: {str(tmp_path)!r} is a folder; give the path of the recipe file to write.\n"
    )


def test_what_goes_wrong_while_writing_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    path = tmp_path / "reviews.yaml"
    assert main(["init", str(path), *FLAGS]) == 1
    assert capsys.readouterr().err == (
        f"synth-builder: The recipe can't be written to {str(path)!r}: No space left on device. Give another path.\n"
    )


def test_what_would_be_no_recipe_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reviews.yaml"
    assert main(["init", str(path), *FLAGS[:6]]) == 1
    assert "a classifier needs at least two" in capsys.readouterr().err
    assert not path.exists()


def on_a_terminal(path: Path, answers: list[str], *flags: str) -> tuple[int, str]:
    """Run `init` with a terminal as its input; answers are typed in beforehand."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        child = subprocess.run(
            [sys.executable, "-m", "synth_builder", "init", str(path), *flags],
            cwd=ROOT,
            stdin=theirs,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return child.returncode, child.stderr


def test_on_a_terminal_it_asks_step_by_step(tmp_path: Path) -> None:
    path = tmp_path / "reviews.yaml"
    answers = [
        "",  # a sentence is wanted: it is asked for again
        "Is it praise?",
        "review, answer",
        "a product review",
        "the shop's answer",
        "only_one",
        "a label alone",
        "no",
        "it is not",
        "",
        "test.csv",
    ]
    (tmp_path / "test.csv").write_text("review,answer,label\n", encoding="utf-8")
    code, asked = on_a_terminal(path, answers)
    assert code == 0, asked
    recipe = Recipe.load(path)
    assert recipe.task.description == "Is it praise?"
    assert recipe.task.columns == {"review": "a product review", "answer": "the shop's answer"}
    assert recipe.task.labels == {"only_one": "a label alone", "no": "it is not"}
    assert recipe.real is not None and (recipe.real.train, recipe.real.test) == (None, "test.csv")
    assert asked.count("What has to be decided about a text, in a sentence: ") == 2
    assert "Names of the text columns, one or two [text]: " in asked
    assert "What the label 'no' means: " in asked


def test_a_wrong_answer_is_asked_for_again_at_once(tmp_path: Path) -> None:
    path = tmp_path / "reviews.yaml"
    answers = [
        "Is it praise?",
        "one two three",
        "id",
        "label",
        "text, text",
        "review",
        "a product review",
        "yes, yes",
        ",",
        "yes, no",
        "it is",
        "it is not",
        "somewhere",
        "owner/name:train",
        "test.txt",
        "",
    ]
    code, asked = on_a_terminal(path, answers)
    assert code == 0, asked
    recipe = Recipe.load(path, check_files=False)
    assert recipe.task.columns == {"review": "a product review"}
    assert recipe.task.labels == {"yes": "it is", "no": "it is not"}
    assert recipe.real is not None and (recipe.real.train, recipe.real.test) == ("owner/name:train", None)
    refused = [line.partition("That can't be: ")[2] for line in asked.splitlines() if "That can't be: " in line]
    assert [sentence[:45] for sentence in refused] == [
        "Found 3 names; expected one text column or tw",
        "task: the column name 'id' is taken by the bu",
        "task: 'label' is both a text column and the l",
        "'text' is named twice; name each once.",
        "'yes' is named twice; name each once.",
        "Found no name; expected at least one.",
        "real.train: 'somewhere' names no data: expect",
        "real.test: 'test.txt' names no data: expected",
    ]
    assert asked.count("Names of the text columns") == 5 and asked.count("What has to be decided") == 1


def test_a_flag_that_fits_no_recipe_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    code, asked = on_a_terminal(tmp_path / "reviews.yaml", ["A task."], "--train", "somewhere")
    assert code == 1
    assert "The recipe: real.train: 'somewhere' names no data" in asked and "What has to be" not in asked


def test_flags_are_not_asked_for_again(tmp_path: Path) -> None:
    code, asked = on_a_terminal(tmp_path / "reviews.yaml", ["none", ""], *FLAGS[:6], "--label", "blame=not so")
    assert code == 0, asked
    assert asked == ""


def test_the_end_of_the_input_writes_nothing(tmp_path: Path) -> None:
    code, asked = on_a_terminal(tmp_path / "reviews.yaml", ["A task.", "text", "\x04"])
    assert code == 1, asked
    assert "The input ended before the recipe was complete; nothing was written." in asked
    assert not (tmp_path / "reviews.yaml").exists()
