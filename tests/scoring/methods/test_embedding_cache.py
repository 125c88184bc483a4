import hashlib
import logging
import os
from pathlib import Path
from typing import Any

import pytest

np = pytest.importorskip("numpy")

from synth_builder.scoring.methods import embedding_cache  # noqa: E402
from synth_builder.scoring.methods.embedding_cache import EmbeddingCache, default_folder  # noqa: E402

ROW = 32 + 2 * 4  # bytes: a key and two numbers


def key(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def vectors(*numbers: float) -> Any:
    return np.array([[number, -number] for number in numbers], dtype=np.float32)


def test_what_was_kept_is_there_again(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path / "new", "r1", 2)
    assert cache.get(key("a")) is None
    cache.add([key("a"), key("b")], vectors(1, 2))
    again = EmbeddingCache(tmp_path / "new", "r1", 2)
    assert len(again) == 2
    found = again.get(key("b"))
    assert found is not None and found.tolist() == [2, -2]
    assert len(EmbeddingCache(tmp_path / "new", "r2", 2)) == 0
    assert [file.suffix for file in (tmp_path / "new").iterdir()] == [".npy"]


def test_a_key_may_end_with_zeros(tmp_path: Path) -> None:
    zeros = b"x" * 30 + b"\0\0"
    EmbeddingCache(tmp_path, "r1", 2).add([zeros], vectors(1))
    assert EmbeddingCache(tmp_path, "r1", 2).get(zeros) is not None


def test_the_file_is_bounded_and_what_was_not_used_goes_first(tmp_path: Path) -> None:
    cache = EmbeddingCache(tmp_path, "r1", 2, most_bytes=3 * ROW)
    cache.add([key("a"), key("b"), key("c")], vectors(1, 2, 3))
    cache.get(key("a"))
    cache.add([key("d")], vectors(4))
    again = EmbeddingCache(tmp_path, "r1", 2, most_bytes=3 * ROW)
    assert [again.get(key(name)) is not None for name in "abcd"] == [True, False, True, True]


def test_the_oldest_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_cache, "MOST_FILES", 2)
    for number, revision in enumerate(("r1", "r2", "r3")):
        for file in tmp_path.glob("*.npy"):
            os.utime(file, (file.stat().st_mtime - 10, file.stat().st_mtime - 10))
        EmbeddingCache(tmp_path, revision, 2).add([key("a")], vectors(number))
    assert [len(EmbeddingCache(tmp_path, revision, 2)) for revision in ("r1", "r2", "r3")] == [0, 1, 1]


@pytest.mark.parametrize("content", [b"", b"no numpy file", "pickled", "of another form"])
def test_a_file_that_is_none_of_ours_is_told_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes | str
) -> None:
    EmbeddingCache(tmp_path, "r1", 2).add([key("a")], vectors(1))
    (file,) = tmp_path.iterdir()
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content == "pickled":
        np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    else:
        np.save(file, np.zeros(3))
    with caplog.at_level(logging.WARNING):
        cache = EmbeddingCache(tmp_path, "r1", 2)
    assert len(cache) == 0 and "computed anew" in caplog.text
    cache.add([key("a")], vectors(5))
    assert len(EmbeddingCache(tmp_path, "r1", 2)) == 1


def test_a_folder_that_can_not_be_written_costs_time_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    cache = EmbeddingCache(tmp_path / "file", "r1", 2)
    with caplog.at_level(logging.WARNING):
        cache.add([key("a")], vectors(1))
    assert cache.get(key("a")) is not None
    assert "can't be kept" in caplog.text


def test_by_default_it_is_in_the_hugging_face_cache() -> None:
    assert default_folder() == Path(os.environ["HF_HOME"]) / "synth-builder" / "embeddings"
