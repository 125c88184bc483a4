import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import synth_builder
from synth_builder.cli import preview as preview_verb
from synth_builder.cli.main import VERBS, main
from synth_builder.errors import RecipeError

ROOT = Path(__file__).parents[2]
HEAVY = (
    "torch",
    "datasets",
    "transformers",
    "evaluate",
    "pandas",
    "numpy",
    "pyarrow",
    "aiohttp",
    "sklearn",
    "accelerate",
)


@pytest.fixture(autouse=True)
def log_level() -> Iterator[None]:
    before = logging.root.level
    yield
    logging.root.setLevel(before)


def loaded_after(code: str) -> set[str]:
    child = subprocess.run(
        [sys.executable, "-c", f"import sys, json\n{code}\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert child.returncode == 0, child.stderr
    loaded: list[str] = json.loads(child.stderr)
    return set(loaded)


@pytest.mark.parametrize(
    "code",
    [
        "import synth_builder",
        *(
            f"from synth_builder.cli.main import main\ntry:\n    main({words})\nexcept SystemExit:\n    pass"
            for words in (["--help"], *([verb, "--help"] for verb in VERBS))
        ),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(code: str) -> None:
    loaded = loaded_after(code)
    assert "synth_builder" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_heavy_packages_would_be_seen() -> None:
    assert "datasets" in loaded_after("import synth_builder\nsynth_builder.SyntheticDatasetBuilder")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_tells_what_it_does(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([verb, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"usage: synth-builder {verb}")
    meaning = " ".join(VERBS[verb][1].split())
    assert (meaning[0].upper() + meaning[1:]) in " ".join(shown.split())
    assert "--debug" in shown


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"  {verb}" in shown and meaning in shown for verb, (_, meaning) in VERBS.items())


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"synth-builder {synth_builder.__version__}\n"


def test_without_a_verb_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "verbs:" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["biuld"],
        ["build"],
        ["build", "a.yaml", "--engine", "tgj"],
        ["build", "a.yaml", "--concurrency", "0"],
        ["build", "a.yaml", "--concurrency", "many"],
        ["build", "a.yaml", "--unknown"],
        ["preview", "a.yaml", "-n", "x"],
        ["preview", "a.yaml", "-n", "0"],
        ["preview", "a.yaml", "-n", "-1"],
        ["init"],
        ["recipe-schema", "too much"],
    ],
)
def test_wrong_usage_exits_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    shown = capsys.readouterr().err
    assert "usage: synth-builder" in shown and "error:" in shown


def test_an_error_of_ours_is_one_message_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "missing.yaml"]) == 1
    shown = capsys.readouterr()
    assert shown.err == "synth-builder: There is no recipe at 'missing.yaml'. `synth-builder init` writes one.\n"
    assert shown.out == ""


def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["preview", "missing.yaml", "--debug"]) == 1
    shown = capsys.readouterr().err
    assert "Traceback (most recent call last)" in shown
    assert shown.splitlines()[-1].startswith("synth-builder: There is no recipe at")


def raising(error: BaseException) -> Any:
    def run(arguments: object) -> int:
        raise error

    return run


def test_other_errors_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview_verb, "run", raising(ZeroDivisionError("a defect")))
    with pytest.raises(ZeroDivisionError):
        main(["preview", "a.yaml"])


KEPT = "stopped. What was answered so far is kept; run the same command again to go on from there.\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["build", "a.yaml"], KEPT),
        (["rebuild", "ada/films"], KEPT),
        (["preview", "a.yaml", "--sample", "2"], KEPT),
        (["build", "a.yaml", "--fresh"], KEPT.replace("command again", "command without --fresh")),
        (["preview", "a.yaml"], "stopped.\n"),
        (["inspect", "films"], "stopped.\n"),
        (["init", "a.yaml"], "stopped. No recipe was written, and the answers so far are not kept.\n"),
        (
            ["score", "films"],
            "stopped. Finished trainings are kept; run the same command again to go on from there.\n",
        ),
        (
            ["score", "films", "--fresh"],
            "stopped. With --fresh, trainings are lost but for the scores that are written already; run the same "
            "command again to train from the start.\n",
        ),
        (
            ["publish", "films", "--repo", "ada/films"],
            "stopped. Run the same command again: it goes on where it stopped.\n",
        ),
    ],
)
def test_ctrl_c_exits_130_and_says_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    monkeypatch.setattr(f"{VERBS[words[0]][0]}.run", raising(KeyboardInterrupt()))
    assert main(words) == 130
    assert capsys.readouterr().err == f"\nsynth-builder: {told}"


def test_an_error_with_several_problems_keeps_its_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preview_verb, "run", raising(RecipeError("one.\ntwo.")))
    assert main(["preview", "a.yaml"]) == 1
    assert capsys.readouterr().err == "synth-builder: one.\ntwo.\n"


def test_a_reader_that_goes_away_is_no_error_with_a_traceback() -> None:
    command = f"{sys.executable} -m synth_builder recipe-schema --debug | head -c 10"
    child = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert len(child.stdout) == 10
    assert "Traceback" not in child.stderr


def test_the_module_can_be_run() -> None:
    child = subprocess.run(
        [sys.executable, "-m", "synth_builder", "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert (child.returncode, child.stdout) == (0, f"synth-builder {synth_builder.__version__}\n")
