import logging
from pathlib import Path

import pytest

from synth_builder.engines.base import Completion, EngineInfo
from synth_builder.errors import JournalError
from synth_builder.generation.journal import Journal
from synth_builder.recipes.fingerprint import digest

INFO = EngineInfo(engine="scripted", model="scripted")
PAGE = 4096
ANSWERS = 3000


def key(number: int) -> str:
    return digest(number, 32)


def text(number: int) -> str:
    return f"Answer number {number}, long enough to fill a page with a few dozen of its kind."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    with Journal(path) as journal:
        journal.set_engine_info(INFO)
        for number in range(ANSWERS):
            journal.put(key(number), Completion(text(number), "stop"))
    return path


def overwrite(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xa5" * PAGE)


def test_of_a_journal_with_a_broken_page_the_other_answers_are_saved(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    overwrite(path, path.stat().st_size // PAGE // 2)
    with caplog.at_level(logging.WARNING), Journal(path) as journal:
        assert ANSWERS * 0.9 < len(journal) < ANSWERS
        assert journal.engine_info() == INFO
        found = [journal.get(key(number)) for number in range(ANSWERS)]
        assert {answer for answer in found if answer is not None} <= {
            Completion(text(number), "stop") for number in range(ANSWERS)
        }
        journal.put("new", Completion("New.", "stop"))
    assert "was damaged" in caplog.records[0].getMessage()
    assert f"{len([one for one in found if one])} answers could be saved" in caplog.records[0].getMessage()
    assert sorted(file.name for file in path.parent.iterdir()) == ["journal.sqlite", "journal.sqlite.damaged"]


def test_a_healthy_journal_is_left_as_it_is(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Journal(path) as journal:
        assert len(journal) == ANSWERS
    assert caplog.records == []
    assert [file.name for file in path.parent.iterdir()] == ["journal.sqlite"]


def test_a_journal_that_does_not_say_whose_answers_it_holds_is_refused(path: Path) -> None:
    overwrite(path, 0)
    with pytest.raises(JournalError, match=r"can't be opened: file is not a database\. .*--fresh"):
        Journal(path)
    assert [file.name for file in path.parent.iterdir()] == ["journal.sqlite"]
