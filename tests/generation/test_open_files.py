import resource
from pathlib import Path

import pytest

from synth_builder.errors import JournalError
from synth_builder.generation.journal import SHARD_JOURNALS, Journal, build_journal
from synth_builder.generation.open_files import OTHERS, allow_open_files

LIMIT = resource.RLIMIT_NOFILE


@pytest.fixture
def set_limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What the limits were set to; the process itself keeps its own."""
    told: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: told.append(limits))
    return told


def test_the_limit_is_raised_where_it_is_too_low_and_only_then(set_limits: list[tuple[int, int]]) -> None:
    allow_open_files(1024 - OTHERS)
    assert set_limits == []
    allow_open_files(1000)
    assert set_limits == [(1000 + OTHERS, 4096)]


def test_what_the_system_does_not_allow_is_told(set_limits: list[tuple[int, int]]) -> None:
    with pytest.raises(
        JournalError, match=r"needs 5256 open files at once, this system allows a process 4096: use fe"
    ):
        allow_open_files(5000)
    assert set_limits == []


def test_journals_of_many_shards_are_opened_together(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(LIMIT)
    for shard in range(20):
        Journal(tmp_path / SHARD_JOURNALS / f"{shard:05d}-of-00020.sqlite").close()
    resource.setrlimit(LIMIT, (OTHERS + 30, hard))
    try:
        build_journal(tmp_path).close()
        assert resource.getrlimit(LIMIT) == (OTHERS + 40, hard)
    finally:
        resource.setrlimit(LIMIT, (soft, hard))
