"""The flags of another model for what filters ask."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import yaml

from synth_builder.cli.main import main
from synth_builder.releases.folder import ReleaseFolder
from tests.row_writer import row_writer
from tests.servers.loopback import LoopbackServer
from tests.servers.openai import OpenAIServer
from tests.servers.replies import Asked, dice
from tests.servers.tgi import TGIServer

QUESTION = "Which label is right?"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def recipe_file(one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    one_column["generation"]["filters"] = ["length", "verification"]
    one_column["variants"] = {"v": {"strategy": "zero_shot"}}
    path = tmp_path / "films.yaml"
    path.write_text(yaml.safe_dump(one_column, sort_keys=False), encoding="utf-8")
    return path


def votes(asked: Asked) -> str:
    return json.dumps({"label": dice(asked).choice(["positive", "positive", "negative"])})


def bodies(server: LoopbackServer) -> list[str]:
    return [str(one.body) for one in server.to("/v1/chat/completions")]


def test_two_servers_share_a_build(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    writing = TGIServer(row_writer(["text"]))
    checking = OpenAIServer(votes, models=("judge/a", "judge/b"), api_key="secret")
    with pytest.MonkeyPatch.context() as patched, writing.in_thread() as url, checking.in_thread() as other:
        patched.setenv("JUDGE_KEY", "secret")
        checker = ["--checker-engine", "openai", "--checker-endpoint", other, "--checker-api-key-env", "JUDGE_KEY"]
        flag = ["--set", "generation.filters=[length, {verification: {action: flag}}]"]
        words = ["build", "films.yaml", "--endpoint", url, *flag, *checker]
        assert main([*words, "--checker-model", "judge/a", "--checker-concurrency", "2"]) == 0
        shown = capsys.readouterr()
        assert shown.err == ""
        assert checking.most_in_flight <= 2
        written, checked = bodies(writing), bodies(checking)
        assert written and not any(QUESTION in body for body in written)
        assert checked and all(QUESTION in body and "'judge/a'" in body for body in checked)
        tally = (ReleaseFolder(Path("releases/films")).read_provenance("v") or {})["tally"]
        assert len(checked) == tally["check_requests"]
        tokens = tally["checker_prompt_tokens"] + tally["checker_completion_tokens"]
        assert f"\n  checker     {tokens:>7}  " in shown.out
        assert f"in replies (openai, judge/a, {len(checked)} requests)" in shown.out
        assert "secret" not in "".join(path.read_text("utf-8") for path in Path("releases").rglob("*.json"))
        # Again: nobody is asked. Another model: all rows are checked anew, none is written.
        assert main([*words, "--checker-model", "judge/a"]) == 0
        assert (bodies(writing), bodies(checking)) == (written, checked)
        assert main([*words, "--checker-model", "judge/b"]) == 0
        anew = bodies(checking)[len(checked) :]
        assert len(anew) == len(checked) and all("'judge/b'" in body for body in anew)
        assert bodies(writing) == written
        # The flags were forgotten.
        assert main(["build", "films.yaml", "--endpoint", url, *flag]) == 1
    assert "The rows of variant 'v' were checked by 'judge/b', and now no checker is named." in capsys.readouterr().err


def test_killed_and_run_again_neither_server_is_asked_twice(recipe_file: Path, tmp_path: Path) -> None:
    data = yaml.safe_load(recipe_file.read_text(encoding="utf-8"))
    data["generation"]["rows"] = {"train": 60}
    recipe_file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")

    def start(out: str, url: str, other: str) -> "subprocess.Popen[str]":
        words = ["build", str(recipe_file), "--endpoint", url, "--checker-endpoint", other, "--out", out]
        return subprocess.Popen(
            [sys.executable, "-m", "synth_builder", *words, "--concurrency", "4", "--checker-concurrency", "4"],
            cwd=ROOT,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def servers() -> tuple[TGIServer, TGIServer]:
        return TGIServer(row_writer(["text"]), delay=0.01), TGIServer(votes, model_id="loopback/judge", delay=0.01)

    def rows(out: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = pyarrow.parquet.read_table(
            ReleaseFolder(Path(out)).data("v", "train")
        ).to_pylist()
        return rows

    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    writing, checking = servers()
    with writing.in_thread() as url, checking.in_thread() as other:
        child = start(whole, url, other)
        _, err = child.communicate(timeout=60)
        assert child.returncode == 0, err
    first, second = servers()
    with first.in_thread() as url, second.in_thread() as other:
        for answered in (30, 90):
            child = start(killed, url, other)
            while sum(second.answered.values()) < answered:
                assert child.poll() is None, child.communicate()[1]
                time.sleep(0.002)
            child.send_signal(signal.SIGKILL)
            child.communicate()
        child = start(killed, url, other)
        _, err = child.communicate(timeout=60)
        assert child.returncode == 0, err
    assert rows(killed) == rows(whole) and len(rows(whole)) == 60
    assert len(first.answered) == len(writing.answered) and len(second.answered) == len(checking.answered)
    # Only what was under way at the two kills.
    assert sum(times - 1 for times in first.repeated().values()) <= 2 * 4
    assert sum(times - 1 for times in second.repeated().values()) <= 2 * 4


def test_a_sample_with_a_checker(recipe_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("rows.txt").write_text("A fine film with a warm heart.\nA dull film, and too long by far.\n")
    Path("votes.txt").write_text("positive\n")
    words = ["preview", "films.yaml", "--engine", "scripted", "--replies", "rows.txt", "--sample", "4"]
    checker = ["--checker-engine", "scripted", "--checker-replies", "votes.txt"]
    assert main([*words, *checker]) == 0
    shown = capsys.readouterr().out
    assert "=== v: 2 of 4 rows stay (scripted, checked by scripted) ===" in shown
    assert "    tokens of the checker " in shown and "(agreement 1.00)" in shown


@pytest.mark.parametrize(("words", "sentence"), [
    (["--checker-model", "m"], "--checker-model was given without a checker; say where it is with --checker-endpoint"),
    (["--checker-api-key-env", "K"], "--checker-api-key-env was given without a checker"),
    (["--checker-price-prompt", "1"], "A price of the checker was given, and no checker"),
    (["--checker-endpoint", "http://127.0.0.1:9", "--price-prompt", "1"], "give --checker-price-prompt and "),
    (["--checker-endpoint", "http://127.0.0.1:9", "--max-cost", "1"], "--max-cost needs to know what tokens cost"),
    (["--checker-engine", "openai"], "The checker: The engine 'openai' needs a server."),
    (["--checker-endpoint", "nowhere"], "The checker: "),
    (["--checker-endpoint", "http://127.0.0.1:9", "--set", "generation.filters=[length]"], "no filter of 'v' asks a "),
])  # fmt: skip
def test_a_checker_that_makes_no_sense_is_one_sentence(
    recipe_file: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(["build", "films.yaml", "--endpoint", "http://127.0.0.1:9", *words]) == 1
    shown = capsys.readouterr().err
    assert sentence in shown and len(shown.strip().splitlines()) == 1
    assert not Path("releases").exists()


def test_a_checker_that_is_not_there_is_told_as_the_checker(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = TGIServer()
    with gone.in_thread() as nowhere:
        pass
    with TGIServer(row_writer(["text"])).in_thread() as url:
        assert main(["build", "films.yaml", "--endpoint", url, "--checker-endpoint", nowhere]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith("synth-builder: The checker: ") and nowhere in shown


def test_flags_of_a_checker_without_a_sample_are_refused(
    recipe_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preview", "films.yaml", "--checker-endpoint", "http://127.0.0.1:9"]) == 1
    assert "--checker-endpoint was given without --sample" in capsys.readouterr().err
