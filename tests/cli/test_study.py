import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from synth_builder.cli.main import main
from synth_builder.studies.results.study_results import StudyResults
from tests.row_writer import row_writer
from tests.servers.tgi import TGIServer
from tests.studies.small_study import write_study

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server() -> Iterator[tuple[TGIServer, str]]:
    server = TGIServer(responder=row_writer(["text"]))
    with server.in_thread() as url:
        yield server, url


def words(study: Path, url: str, out: Path, *more: str) -> list[str]:
    return ["study", str(study), "--out", str(out), "--set", f"engine.endpoint=[{url!r}]", *more]


def in_a_process(arguments: list[str]) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "synth_builder", *arguments], env=environment)


def test_a_dry_run_says_what_is_left_and_does_nothing(
    tmp_path: Path, server: tuple[TGIServer, str], capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_study(tmp_path, language_model={"test_rows": 10, "demonstrations": [0]}, real_rows=[4, 8, 500])
    stub, url = server
    assert main(words(study, url, tmp_path / "out", "--dry-run")) == 0
    told = capsys.readouterr().out
    assert "Variants: 0 of 4 are built." in told
    assert "Requests: at least 48, about" in told
    assert "Questions to the language model as a classifier: 8." in told
    # Ten cells, two of which are shared by the two variants of a task; two tasks, two seeds.
    assert "Trainings, tfidf: 72 of 72 are left; about 11 s, for a small encoder on two CPU cores." in told
    assert "Note: films has 11 real rows to train on: left out 500 real rows." in told
    assert not stub.requests
    assert not (tmp_path / "out").exists()

    assert main(words(study, url, tmp_path / "out")) == 0
    assert "Reading the recipes of 2 tasks: films and cinema.\n" in capsys.readouterr().err
    assert main(words(study, url, tmp_path / "out", "--dry-run")) == 0
    told = capsys.readouterr().out
    assert "Variants: 4 of 4 are built." in told and "Requests" not in told and "Questions" not in told
    assert "Trainings, tfidf: 0 of 72 are left." in told
    assert "--ray" not in told


def test_a_dry_run_says_that_it_asks_no_cluster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = write_study(tmp_path)
    assert main(words(study, "http://127.0.0.1:9", tmp_path / "out", "--dry-run", "--ray", "127.0.0.1:9")) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last == (
        "Note: a dry run connects to no cluster: --ray 127.0.0.1:9 was not tried, and trainings are timed as one "
        "after the other."
    )


def test_two_processes_share_a_study(tmp_path: Path, server: tuple[TGIServer, str]) -> None:
    stub, url = server
    study = write_study(tmp_path)
    assert main(words(study, url, tmp_path / "out", "--jobs", "2")) == 0
    shared = StudyResults.read(tmp_path / "out" / "results.json")
    locks = (tmp_path / "out" / "cache" / "locks").glob("*.lock")
    assert len({lock.read_text() for lock in locks}) == 2, "one process did everything"
    asked = len(stub.requests)
    assert main(words(study, url, tmp_path / "alone")) == 0
    alone = StudyResults.read(tmp_path / "alone" / "results.json")
    # Together they ask no more than one alone.
    assert len(stub.requests) == 2 * asked
    assert [cell.accuracies for cell in shared.cells] == [cell.accuracies for cell in alone.cells]
    assert shared.fingerprint == alone.fingerprint


def test_a_study_that_is_killed_goes_on(tmp_path: Path, server: tuple[TGIServer, str]) -> None:
    stub, url = server
    study = write_study(tmp_path)
    runs = tmp_path / "out" / "cache" / "runs"
    process = in_a_process(words(study, url, tmp_path / "out"))
    try:
        deadline = time.monotonic() + 120
        while len(list(runs.rglob("*.json"))) < 5:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (tmp_path / "out" / "results.json").exists()
    before = {path: path.stat().st_ino for path in runs.rglob("*.json")}
    asked = len(stub.requests)
    assert main(words(study, url, tmp_path / "out")) == 0
    assert len(stub.requests) == asked
    assert {path: path.stat().st_ino for path in before} == before
    assert main(words(study, url, tmp_path / "alone")) == 0
    killed, alone = (StudyResults.read(tmp_path / name / "results.json") for name in ("out", "alone"))
    assert [cell.accuracies for cell in killed.cells] == [cell.accuracies for cell in alone.cells]


def is_free(lock: Path) -> bool:
    """Whether nobody is at a unit; the system lets go of its lock when the process ends."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def test_processes_that_share_a_study_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    study = write_study(tmp_path, language_model=None)
    locks = [tmp_path / "out" / "cache" / "locks" / f"build-{task}.lock" for task in ("films", "cinema")]
    with TGIServer(responder=row_writer(["text"]), delay=300).in_thread() as url:
        process = in_a_process(words(study, url, tmp_path / "out", "--jobs", "2"))
        try:
            deadline = time.monotonic() + 120
            while not all(lock.is_file() and not is_free(lock) for lock in locks):
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.1)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        deadline = time.monotonic() + 30
        while not all(map(is_free, locks)):
            assert time.monotonic() < deadline, "a process is still at work"
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no keys"),
        ("name: x\ntasks: {a: b.yaml}\nclasifiers: []", "Did you mean 'classifiers'"),
        ("name: x\ntasks: {a: nowhere.yaml}", "There is no recipe at"),
        ("name: x\ntasks: {a: {recipe: b.yaml, published: ada/films}}", "a recipe, or a published dataset"),
        ("name: ../x\ntasks: {a: b.yaml}", "can't be a name"),
        ("name: x\ntasks: {a: b.yaml}\nreal_rows: [0]", "1 or more"),
        ("name: x\ntasks: {a: b.yaml}\nclassifiers: [{classifier: tfidf}, {classifier: tfidf}]", "two classifiers"),
        ("name: x\ntasks: {a: b.yaml}\nreal_share: {rows: 100, shares: [0, 120]}", "from 0 to 100"),
        ("name: x\ntasks: [", "no valid YAML"),
    ],
)
def test_a_study_that_does_not_fit_is_one_sentence(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(text, encoding="utf-8")
    assert main(["study", str(path), "--out", str(tmp_path / "out")]) == 1
    error = capsys.readouterr().err
    assert told in error and "Traceback" not in error


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--ray", "--jobs", "2"], "--jobs is about processes of this machine, and --ray about those of a cluster"),
        (["--dry-run", "--ray", "--jobs", "2"], "--jobs is about processes of this machine, and --ray about those"),
        (["--dry-run", "--workers", "2"], "--workers is about work on a cluster; give --ray, too, or leave it out."),
        (["--dry-run", "--ray", "auto", "--workers", "2"], "--workers is for a cluster that is started here; one"),
        (["--workers", "2"], "--workers is about work on a cluster; give --ray, too, or leave it out."),
        (
            ["--ray", "local"],
            "--ray needs the package 'ray', which is not installed. Install it with: pip install 'synth-builder[ray]'",
        ),
    ],
)
def test_a_cluster_that_can_not_be_had_is_told_before_anything_is_done(
    more: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(words(write_study(tmp_path), "http://127.0.0.1:9", tmp_path / "out", *more)) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_study_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", str(tmp_path / "none.yaml")]) == 1
    assert "can't be read" in capsys.readouterr().err
