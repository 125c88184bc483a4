import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from synth_builder.engines.base import Completion, EngineInfo, Message, Request, Sampling
from synth_builder.errors import JournalError
from synth_builder.generation.journal import Journal, request_key

INFO = EngineInfo(engine="tgi", model="owner/model", revision="abc", server="text-generation-inference")
REQUEST = Request(Sampling(), seed=1, messages=(Message("system", "You write."), Message("user", "Write.")))
COMPLETION = Completion("A text.", "stop", prompt_tokens=3, completion_tokens=2, seed=1)


@pytest.mark.parametrize(
    "info",
    [
        replace(INFO, engine="openai"),
        replace(INFO, model="owner/other"),
        replace(INFO, revision="def"),
        replace(INFO, revision=None),
        replace(INFO, server="vllm"),
    ],
)
def test_the_key_covers_who_answers(info: EngineInfo) -> None:
    assert request_key(info, REQUEST) != request_key(INFO, REQUEST)


@pytest.mark.parametrize(
    "request_",
    [
        replace(REQUEST, seed=2),
        replace(REQUEST, messages=(Message("user", "Write."),)),
        replace(REQUEST, messages=(Message("user", "You write."), Message("user", "Write."))),
        replace(REQUEST, messages=(), prompt="Write."),
        replace(REQUEST, schema={"type": "object"}),
        replace(REQUEST, sampling=Sampling(temperature=0.5)),
        replace(REQUEST, sampling=Sampling(top_p=0.5)),
        replace(REQUEST, sampling=Sampling(top_k=5)),
        replace(REQUEST, sampling=Sampling(repetition_penalty=1.1)),
        replace(REQUEST, sampling=Sampling(max_new_tokens=5)),
        replace(REQUEST, sampling=Sampling(stop=("\n",))),
    ],
)
def test_the_key_covers_everything_that_is_asked(request_: Request) -> None:
    assert request_key(INFO, request_) != request_key(INFO, REQUEST)


def test_the_key_does_not_depend_on_the_servers_version_or_limits() -> None:
    restarted = replace(INFO, server_version="9.9", max_concurrent_requests=1, max_total_tokens=10, grammar=True)
    assert request_key(restarted, REQUEST) == request_key(INFO, REQUEST)


def test_what_is_put_is_found_again_also_after_closing(tmp_path: Path) -> None:
    with Journal(tmp_path / "deep" / "journal.sqlite") as journal:
        assert journal.get("key") is None
        assert (len(journal), journal.span()) == (0, None)
        journal.put("key", COMPLETION)
        journal.put_failure("other", "too long")
    with Journal(tmp_path / "deep" / "journal.sqlite") as journal:
        assert journal.get("key") == COMPLETION
        assert journal.get("other") == "too long"
        assert len(journal) == 2
        first, last = journal.span() or (1.0, 0.0)
        assert 0 < first <= last


def test_answers_since_a_moment_are_counted_those_of_other_journals_too(tmp_path: Path) -> None:
    for name, times in (("one", (10.0, 20.0, 30.0)), ("two", (15.0, 25.0))):
        with Journal(tmp_path / name) as journal:
            journal.restore((f"{time}", "text", "stop", 1, 1, None, None, time) for time in times)
    with Journal(tmp_path / "one", also=[tmp_path / "two"]) as journal:
        assert [journal.answered_since(moment) for moment in (0.0, 20.0, 30.5)] == [5, 3, 0]


def test_the_first_answer_to_a_request_stays(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.put("key", COMPLETION)
        journal.put("key", replace(COMPLETION, text="Another."))
        journal.put_failure("key", "too long")
        assert journal.get("key") == COMPLETION


def test_the_engine_is_remembered(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.engine_info() is None
        journal.set_engine_info(INFO)
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.engine_info() == INFO


def test_what_was_flushed_outlives_a_process_that_is_killed_right_after_it(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from synth_builder.engines.base import Completion
from synth_builder.generation.journal import Journal
journal = Journal(Path(sys.argv[1]))
for number in range(50):
    journal.put(str(number), Completion(f"Text {number}.", "stop"))
journal.flush()
journal.put("lost", Completion("Not written yet.", "stop"))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "journal.sqlite")], cwd=Path(__file__).parents[2]
    )
    assert killed.returncode == -9
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert len(journal) == 50
        assert journal.get("49") == Completion("Text 49.", "stop")


def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"this is no database, but it is long enough to be looked at as one " * 40)
    with pytest.raises(JournalError, match=r"journal\.sqlite' can't be opened: file is not a database\. .*--fresh"):
        Journal(path)


def test_a_journal_that_breaks_later_is_an_error_of_ours(tmp_path: Path) -> None:
    with (
        pytest.raises(JournalError, match="can't be used: no such table: completions"),
        Journal(tmp_path / "journal.sqlite") as journal,
    ):
        with sqlite3.connect(tmp_path / "journal.sqlite") as database:
            database.execute("DROP TABLE completions")
        database.close()
        journal.put("key", COMPLETION)
        journal.flush()


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(JournalError, match="can't be opened"):
        Journal(tmp_path / "file" / "journal.sqlite")


def test_a_journal_of_another_format_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.sqlite").close()
    database = sqlite3.connect(tmp_path / "journal.sqlite")
    database.execute("UPDATE meta SET value = '99' WHERE name = 'format'")
    database.commit()
    database.close()
    with pytest.raises(JournalError, match="has format 99, this version reads 1; begin anew with --fresh"):
        Journal(tmp_path / "journal.sqlite")


def test_reading_alone_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.set_engine_info(INFO)
        journal.put("key", COMPLETION)
    before = path.read_bytes()
    with Journal(path, read_only=True) as journal:
        assert journal.engine_info() == INFO
        assert journal.get("key") == COMPLETION
        with pytest.raises(JournalError, match="readonly"):
            journal.set_engine_info(INFO)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["journal.sqlite"]


def test_what_a_build_that_still_runs_has_written_can_be_read(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.put("key", COMPLETION)
        journal.flush()
        with Journal(tmp_path / "journal.sqlite", read_only=True) as reader:
            assert reader.get("key") == COMPLETION


def test_a_journal_that_is_not_there_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="can't be opened"):
        Journal(tmp_path / "journal.sqlite", read_only=True)
    assert list(tmp_path.iterdir()) == []
