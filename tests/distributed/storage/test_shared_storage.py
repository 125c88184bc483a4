import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth_builder.distributed.storage.shared_storage import SharedStorage
from synth_builder.errors import JournalError, RecipeError


@pytest.fixture(params=["file", "memory", "path"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SharedStorage]:
    there = {
        "file": (tmp_path / "there").as_uri(),
        "memory": f"memory://there-{uuid.uuid4().hex}/",
        "path": str(tmp_path / "with a space"),
    }
    yield SharedStorage(there[request.param])
    fsspec.filesystem("memory").store.clear()


def test_what_is_stored_can_be_listed_fetched_and_removed(storage: SharedStorage, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    assert storage.names("") == storage.names("a") == []
    for text, path in [("one", "a/b/1"), ("two", "a/2"), ("three", "ab/3"), ("new", "a/2")]:
        source.write_text(text)
        storage.upload(source, path)
    assert storage.names("a") == ["2", "b/1"]
    assert storage.below("a").names("b") == ["1"]
    assert storage.folders("") == ["a", "ab"]
    assert storage.folders("a") == ["b"]
    assert storage.folders("no") == []
    storage.below("a").download("2", target)
    assert target.read_text() == "new"
    storage.remove(["a/2", "a/no"])
    assert storage.names("") == ["a/b/1", "ab/3"]
    with pytest.raises(FileNotFoundError):
        storage.download("a/2", target)
    storage.remove()
    assert storage.names("") == []
    storage.remove()


def test_half_a_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = SharedStorage(str(tmp_path / "there"))
    (tmp_path / "source").write_text("whole")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(fsspec.implementations.local.LocalFileSystem, "mv", killed)
        with pytest.raises(KeyboardInterrupt):
            storage.upload(tmp_path / "source", "a")
    assert len(list((tmp_path / "there").iterdir())) == 1
    assert storage.names("") == []


@pytest.mark.parametrize(
    "url",
    [
        "sftp://ada:hunter2@server/films",
        "https://server/films?sig=hunter2",
        "s3://bucket/films#hunter2",
        "simplecache::sftp://ada:hunter2@server/films",
        "s3://[hunter2",
    ],
)
def test_a_url_that_may_hold_a_secret_is_neither_taken_nor_told(url: str) -> None:
    with pytest.raises(RecipeError, match="--storage") as error:
        SharedStorage(url)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (" ", "expected one URL"),
        ("nowhere://films", "fsspec knows no protocol 'nowhere'"),
        ("hf://datasets/ada/films", "name another storage"),
    ],
)
def test_what_can_be_no_storage_is_told(url: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        SharedStorage(url)


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (PermissionError("not yours"), r"You have no access to memory://there \(not yours\)"),
        (FileNotFoundError("there"), r"can't be written to \(there\): its bucket, or a folder above it, is not there"),
        (ConnectionError("gone"), r"can't be used: gone\. What was stored is kept: put that right, and run the same"),
    ],
)
def test_a_refused_write_is_an_error_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception, told: str
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise refusal

    (tmp_path / "source").write_text("one")
    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "put_file", refused)
    with pytest.raises(JournalError, match=told):
        SharedStorage("memory://there").upload(tmp_path / "source", "a")
