"""What goes wrong with servers, disks and clocks while a build runs. docs/reliability.md lists what users see."""

import json
import random
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.limits import RetryPolicy
from synth_builder.errors import (
    EngineChangedError,
    EngineError,
    EngineOverloadedError,
    EngineUnreachableError,
    JournalError,
)
from synth_builder.generation import journal
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.built_variant import BuiltVariant
from tests.row_writer import row_writer
from tests.servers.loopback import (
    CUT_BODY,
    CUT_HEADERS,
    EMPTY_TEXT,
    GARBAGE,
    HANG,
    HTML,
    REFUSE,
    Fault,
    Recorded,
    status,
)
from tests.servers.tgi import TGIServer

ROWS = 120
PATIENT = RetryPolicy(base=0.01, cap=0.05, attempts=20)
PAGE_OF_DOCS = Path(__file__).parents[2] / "docs" / "reliability.md"

Long = Fault(
    "body",
    body=json.dumps(
        {"generated_text": "word " * 400_000, "details": {"finish_reason": "length", "generated_tokens": 400_000}}
    ),
    content_type="application/json",
)

# What a server does to some requests -> the faults, and whether the rows stay those of a calm server. An empty or
# endless text is an answer: it is rejected with its reason, and the row is asked for once more.
SERVERS: dict[str, tuple[list[Fault | None], bool]] = {
    "a storm of 429": ([status(429)] * 100, True),
    "429 with Retry-After": ([None, status(429, Retry_After="1"), None, status(429, Retry_After="1")], True),
    "424": ([None, status(424)] * 10, True),
    "500": ([None, status(500)] * 10, True),
    "503 in the middle": ([None] * 30 + [status(503)] * 8, True),
    "refused connections": ([None, REFUSE] * 5, True),
    "cut after the headers": ([None, CUT_HEADERS] * 5, True),
    "cut in the body": ([None, CUT_BODY] * 5, True),
    "no answer at all": ([None, HANG, None, HANG], True),
    "garbage": ([None, GARBAGE] * 5, True),
    "a web page": ([None, HTML] * 5, True),
    "an empty text": ([None, EMPTY_TEXT] * 5, False),
    "a reply of 2 MB": ([None, Long] * 2, False),
}


@pytest.fixture
def recipe(one_column: dict[str, Any], tmp_path: Path) -> Recipe:
    one_column["generation"] = {"rows": {"train": ROWS}, "seed": 1}
    one_column["variants"] = {"zero_shot": {"strategy": "zero_shot", "prompt_form": "completion"}}
    return Recipe.from_dict(one_column, directory=tmp_path)


def build(recipe: Recipe, url: str, out: Path, timeout: float = 20.0) -> BuiltVariant:
    settings = EngineSettings(endpoints=(url,), timeout=timeout, concurrency=16)
    (built,) = build_variants(recipe, ["zero_shot"], ReleaseFolder(out), "tgi", settings, policy=PATIENT)
    return built


def rows(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pyarrow.parquet.read_table(out / "data" / "zero_shot").to_pylist()
    return found


@pytest.mark.parametrize("name", SERVERS)
def test_no_row_is_lost_whatever_a_server_does_for_a_while(name: str, recipe: Recipe, tmp_path: Path) -> None:
    faults, same_rows = SERVERS[name]
    with TGIServer(row_writer(["text"])).in_thread() as url:
        build(recipe, url, tmp_path / "calm")
    server = TGIServer(row_writer(["text"]), faults=list(faults))
    with server.in_thread() as url:
        built = build(recipe, url, tmp_path / "troubled", timeout=1.0 if HANG in faults else 20.0)
    assert built.missing == 0
    assert len(rows(tmp_path / "troubled")) == ROWS
    assert server.repeated() == {}, "an answered request was asked, and paid, twice"
    if same_rows:
        assert rows(tmp_path / "troubled") == rows(tmp_path / "calm")
        assert built.provenance["tally"] == build_tally(tmp_path / "calm")
    else:
        assert sum(built.provenance["tally"]["rejected"].values()) >= len(faults) // 2


def build_tally(out: Path) -> dict[str, Any]:
    tally: dict[str, Any] = json.loads((out / "provenance" / "zero_shot.json").read_text(encoding="utf-8"))["tally"]
    return tally


def every_request(fault: Fault, path: str) -> Callable[[Recorded], Fault | None]:
    return lambda request: fault if request.path == path else None


def test_a_server_that_is_not_ready_at_the_start_is_told_in_one_sentence(recipe: Recipe, tmp_path: Path) -> None:
    with (
        TGIServer(faults=every_request(status(503), "/info")).in_thread() as url,
        pytest.raises(EngineOverloadedError, match=rf"^GET {url}/info was answered 503: ") as told,
    ):
        build(recipe, url, tmp_path)
    assert not isinstance(told.value, EngineUnreachableError)


def test_a_server_that_stays_sick_ends_the_build_and_another_run_goes_on(recipe: Recipe, tmp_path: Path) -> None:
    sick = False

    def faults(request: Recorded) -> Fault | None:
        return status(500) if sick and request.path in ("/generate", "/health") else None

    server = TGIServer(row_writer(["text"]), faults=faults, delay=0.001)

    def fall_ill(request: Recorded) -> float:
        nonlocal sick
        sick = len(server.to("/generate")) > ROWS // 2
        return 0.001

    server.delay = fall_ill
    with pytest.MonkeyPatch.context() as patch, server.in_thread() as url:
        patch.setattr("synth_builder.engines.http.HTTPEngine.patience", 0.3)
        with pytest.raises(EngineError, match=r"The \d+ answers so far are kept: run the same again"):
            build(recipe, url, tmp_path)
        sick = False
        server.delay = 0.0
        built = build(recipe, url, tmp_path)
    assert built.missing == 0
    assert built.asked_now < ROWS
    assert server.repeated() == {}


def test_a_server_that_restarts_with_another_model_ends_the_build(recipe: Recipe, tmp_path: Path) -> None:
    server = TGIServer(row_writer(["text"]), delay=0.002)
    changed = 0

    def faults(request: Recorded) -> Fault | None:
        nonlocal changed
        if request.path == "/generate" and len(server.to("/generate")) > ROWS // 2 and not changed:
            changed = sum(server.answered.values())
            server.model_id = "other/model"
            return REFUSE  # as all connections of a server that is restarted
        return None

    server.faults = faults
    with server.in_thread() as url:
        with pytest.raises(EngineChangedError, match=r"came back with another model: it held 'loopback/tiny'"):
            build(recipe, url, tmp_path)
        # A real restart breaks all requests under way; here one is broken, and those under way beside it, and those
        # sent before the client sees the break, are answered.
        with sqlite3.connect(tmp_path / ".synth-builder" / "zero_shot" / "journal.sqlite") as database:
            (kept,) = database.execute("SELECT COUNT(*) FROM completions").fetchone()
        database.close()
        assert kept <= changed + 2 * 16
        with pytest.raises(EngineChangedError, match="now holds 'other/model'"):
            build(recipe, url, tmp_path)


def test_a_full_disk_ends_the_build_and_another_run_goes_on(
    recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy = journal._healthy

    def small(path: Path) -> sqlite3.Connection:
        database = healthy(path)
        database.execute("PRAGMA max_page_count = 5")
        return database

    server = TGIServer(row_writer(["text"]), delay=0.002)
    with server.in_thread() as url:
        monkeypatch.setattr(journal, "_healthy", small)
        with pytest.raises(JournalError, match=r"can't be used: database or disk is full\. What it holds is kept"):
            build(recipe, url, tmp_path)
        monkeypatch.setattr(journal, "_healthy", healthy)
        paid = sum(server.answered.values())
        built = build(recipe, url, tmp_path)
    assert built.missing == 0
    assert 0 < built.asked_now < ROWS
    # What could not be written has to be asked again: never more than what was under way.
    assert sum(server.repeated().values()) - len(server.repeated()) <= 2 * 16
    assert paid < ROWS


def test_of_a_damaged_journal_only_what_can_not_be_read_is_asked_again(
    recipe: Recipe, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = TGIServer(row_writer(["text"]))
    with server.in_thread() as url:
        build(recipe, url, tmp_path)
        before = rows(tmp_path)
        path = tmp_path / ".synth-builder" / "zero_shot" / "journal.sqlite"
        with path.open("r+b") as file:
            file.seek((path.stat().st_size // 4096 - 2) * 4096)
            file.write(b"\xa5" * 4096)
        (tmp_path / "provenance" / "zero_shot.json").unlink()
        built = build(recipe, url, tmp_path)
    assert rows(tmp_path) == before
    assert 0 < built.asked_now < ROWS // 2
    assert "was damaged" in caplog.text


def test_a_clock_that_jumps_changes_nothing(recipe: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    real = time.time
    server = TGIServer(row_writer(["text"]), faults=[None, status(429, Retry_After="1")] * 2)
    with server.in_thread() as url:
        build(recipe, url, tmp_path / "steady")
        monkeypatch.setattr(time, "time", lambda: real() + chance.choice([-1e8, 0.0, 1e7]))
        built = build(recipe, url, tmp_path / "jumping")
    assert built.missing == 0
    assert rows(tmp_path / "steady") == rows(tmp_path / "jumping")
    assert server.repeated() != {}  # both builds asked the same server


def test_two_builds_at_once_into_one_folder_are_not_possible(
    recipe: Recipe, tmp_path: Path, one_column: dict[str, Any]
) -> None:
    code = """
import sys, time
from pathlib import Path
from synth_builder.generation.lock import BuildLock
with BuildLock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""
    words = [sys.executable, "-c", code, str(tmp_path / ".synth-builder")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as first:
        try:
            assert first.stdout is not None
            assert first.stdout.readline() == "locked\n"
            with (
                TGIServer(row_writer(["text"])).in_thread() as url,
                pytest.raises(JournalError, match=rf"^Another build \(process {first.pid}\) is working in"),
            ):
                build(recipe, url, tmp_path)
        finally:
            first.kill()


def test_the_page_about_reliability_lists_each_fault() -> None:
    table = [line for line in PAGE_OF_DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    listed = {re.split(r" *\| *", line)[1] for line in table}
    assert {*SERVERS} <= listed
