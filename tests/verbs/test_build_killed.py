"""Builds in child processes that are killed, interrupted, and run again."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import yaml

from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer

ROOT = Path(__file__).parents[2]
ROWS = 2_000
CONCURRENCY = 32
# As a shell does it for a command in the foreground, whatever the tests themselves were started with.
COMMAND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from synth_builder.cli.main import main
sys.exit(main())
"""


def start(recipe: Path, url: str, out: Path) -> "subprocess.Popen[str]":
    words = ["build", str(recipe), "--endpoint", url, "--out", str(out), "--concurrency", str(CONCURRENCY)]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, *words], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(child: "subprocess.Popen[str]") -> tuple[int, str, str]:
    out, err = child.communicate(timeout=120)
    return child.returncode, out, err


def wait_until_asked(server: TGIServer, number: int, child: "subprocess.Popen[str]") -> None:
    while server.arrived < number:
        assert child.poll() is None, f"the build ended by itself after {server.arrived} requests: {finish(child)}"
        time.sleep(0.002)


def content(out: Path) -> dict[str, Any]:
    tables = {
        path.name: pyarrow.parquet.read_table(path).to_pylist() for path in sorted(out.glob("*/zero_shot/*.parquet"))
    }
    tables["rejections"] = pyarrow.parquet.read_table(out / "rejections" / "zero_shot.parquet").to_pylist()
    return tables


@pytest.fixture
def recipe_file(one_column: dict[str, Any], tmp_path: Path) -> Path:
    one_column["generation"] = {"rows": {"train": ROWS - 200, "test": 200}, "seed": 1}
    one_column["variants"] = {"zero_shot": {"strategy": "zero_shot"}}
    path = tmp_path / "films.yaml"
    path.write_text(yaml.safe_dump(one_column, sort_keys=False), encoding="utf-8")
    return path


def test_killed_five_times_it_ends_with_the_rows_of_one_run_and_asks_nothing_twice(
    recipe_file: Path, tmp_path: Path
) -> None:
    chance = random.Random(20)
    whole = TGIServer(row_writer(["text"]), delay=0.01)
    with whole.in_thread() as url:
        assert finish(start(recipe_file, url, tmp_path / "whole"))[0] == 0
    expected = content(tmp_path / "whole")
    assert sum(len(rows) for name, rows in expected.items() if name != "rejections") == ROWS
    assert len(expected["rejections"]) > 100

    server = TGIServer(row_writer(["text"]), delay=0.01)
    with server.in_thread() as url:
        for asked in sorted(chance.sample(range(50, ROWS), 5)):
            child = start(recipe_file, url, tmp_path / "killed")
            wait_until_asked(server, asked, child)
            time.sleep(chance.random() * 0.05)
            child.send_signal(signal.SIGKILL)
            assert finish(child)[0] == -signal.SIGKILL
        code, _, err = finish(start(recipe_file, url, tmp_path / "killed"))
        assert code == 0, err
    assert content(tmp_path / "killed") == expected
    assert sum(times - 1 for times in server.repeated().values()) <= 5 * CONCURRENCY
    assert len(server.answered) == len(whole.answered)

    # The server is down now.
    asked_before = server.arrived
    code, out, err = finish(start(recipe_file, server.url, tmp_path / "killed"))
    assert code == 0, err
    assert "was finished before, nothing was asked" in out
    assert server.arrived == asked_before
    assert content(tmp_path / "killed") == expected


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_build_exits_130_says_how_to_go_on_and_goes_on(
    recipe_file: Path, tmp_path: Path, number: signal.Signals
) -> None:
    recipe_file.write_text(
        recipe_file.read_text(encoding="utf-8").replace("train: 1800", "train: 200"), encoding="utf-8"
    )
    server = TGIServer(row_writer(["text"]), delay=0.05)
    with server.in_thread() as url:
        child = start(recipe_file, url, tmp_path / "out")
        wait_until_asked(server, 120, child)
        child.send_signal(number)
        code, _, err = finish(child)
        assert code == 130
        assert err.strip().splitlines()[-1] == (
            "synth-builder: stopped. What was answered so far is kept; run the same command again to go on from there."
        )
        assert "Traceback" not in err
        assert not (tmp_path / "out" / "README.md").exists()
        code, _, err = finish(start(recipe_file, url, tmp_path / "out"))
    assert code == 0, err
    assert sum(times - 1 for times in server.repeated().values()) <= CONCURRENCY
    assert sum(len(rows) for name, rows in content(tmp_path / "out").items() if name != "rejections") == 400
