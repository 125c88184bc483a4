"""What a work folder remembers of storages that could not be used."""

from pathlib import Path
from typing import Any

import pytest

from synth_builder.distributed.storage.known_storages import bring_home, known_storages
from synth_builder.errors import JournalError
from synth_builder.generation.generate import generate
from tests.distributed.small_builds import Counting, engine, everything, setup_of, sharded


def test_a_storage_that_could_never_be_used_is_not_remembered(one_column: dict[str, Any], tmp_path: Path) -> None:
    setup, counting, work = setup_of(one_column, tmp_path), Counting(), tmp_path / "work"
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    with pytest.raises(JournalError, match="storage"):
        sharded(setup, work, 2, engine(counting), storage=(tmp_path / "file" / "storage").as_uri())
    assert not known_storages(work)
    assert everything(generate(setup, engine(counting), work)) == expected
    assert set(counting.asked.values()) == {1}


def test_answers_that_can_not_be_fetched_can_be_done_without(one_column: dict[str, Any], tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    gone = (tmp_path / "file" / "storage").as_uri()
    (work / "storage.json").write_text(f'{{"{gone}": false}}', encoding="utf-8")
    with pytest.raises(JournalError, match=r"can't be fetched: .* To do without them, remove '.*storage\.json'\.$"):
        bring_home(work)
    (work / "storage.json").unlink()
    bring_home(work)
