"""The folder of a variant's rows is there with all its files, or not at all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_builder.releases import rows as writing
from synth_builder.releases.data_folder import write_data
from synth_builder.releases.folder import ReleaseFolder
from tests.releases.test_rows import TASK, ids, row


def test_the_files_of_all_splits_appear_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "BYTES_PER_FILE", 1)
    monkeypatch.setattr(writing, "ROWS_PER_GROUP", 2)
    release, data = ReleaseFolder(tmp_path), tmp_path / "data" / "v"
    (data / "old").mkdir(parents=True)

    def rows(count: int) -> Iterator[dict[str, Any]]:
        for number in range(count):
            assert not data.exists()
            yield row(number)

    written = write_data(release, "v", {"train": rows(4), "test": rows(1)}, TASK)
    names = ["test-00000-of-00001.parquet", "train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    assert sorted(path.name for path in data.iterdir()) == names
    assert written["test"].files == (data / names[0],)
    assert written["train"].files == (data / names[1], data / names[2])
    assert [ids(path) for path in written["train"].files] == [["train-0", "train-1"], ["train-2", "train-3"]]
    assert list((tmp_path / ".synth-builder" / "v").iterdir()) == []


def test_what_a_killed_build_left_is_not_taken_for_rows(tmp_path: Path) -> None:
    left = tmp_path / ".synth-builder" / "v" / "data" / "train-00000-of-00009.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    write_data(ReleaseFolder(tmp_path), "v", {"train": iter([row(0)])}, TASK)
    assert [path.name for path in (tmp_path / "data" / "v").iterdir()] == ["train-00000-of-00001.parquet"]
