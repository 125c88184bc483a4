import gzip
import threading
from pathlib import Path
from typing import Any

import pytest

from synth_builder.distributed.storage import segments
from synth_builder.distributed.storage.segments import SegmentWriter, read_segment, write_segment
from synth_builder.distributed.storage.stored_files import put_together
from synth_builder.errors import JournalError


def entry(number: int) -> tuple[Any, ...]:
    return f"key{number}", f"Grüße\n{number}", "stop", 7, 5, number, None, 1700000000.25 + number


def test_answers_come_back_as_they_were_also_from_several_files_in_one(tmp_path: Path) -> None:
    failed = ("key9", None, None, None, None, None, "422: too long", 1.5)
    write_segment(tmp_path / "first", [entry(1), entry(2)])
    write_segment(tmp_path / "second", [failed])
    put_together([tmp_path / "first", tmp_path / "second"], tmp_path / "both")
    assert list(read_segment(tmp_path / "both", "both")) == [entry(1), entry(2), failed]


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"plain",
        lambda data: data[:-9],
        lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:],
        lambda data: gzip.compress(b'["key", "text"]\n'),
        lambda data: gzip.compress(b'{"format": 1}\n["key", "text"]\n'),
    ],
    ids=["empty", "no archive", "cut", "another byte", "without its first line", "with columns missing"],
)
def test_a_damaged_file_is_told_with_its_name(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "one"
    write_segment(path, [entry(number) for number in range(20)])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(JournalError, match=r"The answers in s3://b/one are damaged .*remove it to have them asked"):
        list(read_segment(path, "s3://b/one"))


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(gzip.compress(b'{"format": 2}\n'))
    with pytest.raises(JournalError, match=r"have format 2, this version reads 1"):
        list(read_segment(tmp_path / "one", "one"))


def test_what_comes_while_a_segment_is_stored_goes_together_into_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "PAUSE", 0.0)
    stored: list[Path] = []
    begun, go_on = threading.Event(), threading.Event()

    def store(path: Path) -> None:
        begun.set()
        assert go_on.wait(10)
        stored.append(path)

    writer = SegmentWriter(tmp_path, "part-me", store)
    writer.add([entry(0)])
    assert begun.wait(10)
    for number in range(1, 5):
        writer.add([entry(number)])
    assert stored == []
    go_on.set()
    writer.close()
    assert [path.name for path in stored] == ["part-me-000000.jsonl.gz", "part-me-000001.jsonl.gz"]
    assert [[found[5] for found in read_segment(path, "")] for path in stored] == [[0], [1, 2, 3, 4]]


def test_the_end_does_not_wait_for_the_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "PAUSE", 3600.0)
    stored: list[Path] = []
    once = threading.Event()

    def store(path: Path) -> None:
        stored.append(path)
        once.set()

    writer = SegmentWriter(tmp_path, "part-me", store)
    writer.add([entry(0)])
    assert once.wait(10)
    writer.add([entry(1)])
    writer.close()
    assert len(stored) == 2


@pytest.mark.parametrize(
    ("failure", "told"),
    [(JournalError("the bucket is gone"), "the bucket is gone"), (OSError(28, "full"), "can't be written to .*full")],
)
def test_a_segment_that_can_not_be_stored_is_told_to_who_adds_and_who_closes(
    tmp_path: Path, failure: Exception, told: str
) -> None:
    def store(path: Path) -> None:
        raise failure

    writer = SegmentWriter(tmp_path, "part-me", store)
    writer.add([entry(0)])
    writer._thread.join(10)
    with pytest.raises(JournalError, match=told):
        writer.add([entry(1)])
    with pytest.raises(JournalError, match=told):
        writer.close()
