"""A generation whose machines share nothing but a storage is the same as by one process, row for row."""

import dataclasses
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth_builder.distributed import wave
from synth_builder.distributed.shard import ShardWork
from synth_builder.distributed.shard_files import ShardSum
from synth_builder.distributed.storage import segments, stored_files
from synth_builder.distributed.storage.build_storage import BuildStorage
from synth_builder.distributed.storage.known_storages import bring_home, forget, known_storages, leave
from synth_builder.distributed.storage.segments import read_segment
from synth_builder.engines.choose import EngineChoice
from synth_builder.errors import EngineUnreachableError, JournalError
from synth_builder.generation.generate import generate
from synth_builder.generation.journal import SHARD_JOURNALS, build_journal
from synth_builder.generation.setup import set_up
from synth_builder.recipes.recipe import Recipe
from tests.distributed.in_process import InProcess
from tests.distributed.small_builds import FILTERS, Counting, engine, everything, repetitive, setup_of, sharded
from tests.small_tasks import needed_options


@pytest.fixture(autouse=True)
def small_waves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Further draws are cut into shards, too."""
    monkeypatch.setattr(wave, "LEAST_ASKS", 2)


@pytest.fixture(params=["file", "memory"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield from _storage(request.param, tmp_path)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[str]:
    yield from _storage("memory", tmp_path)


def _storage(protocol: str, folder: Path) -> Iterator[str]:
    if protocol == "file":
        yield (folder / "storage").as_uri()
        return
    yield f"memory://answers-{uuid.uuid4().hex}"
    fsspec.filesystem("memory").store.clear()


class Elsewhere(InProcess):
    """Workers that do not see the driver's disk."""

    def run(self, works: Sequence[ShardWork], *others: Any) -> list[ShardSum]:
        assert all(work.storage for work in works)
        nowhere = Path("/nowhere")
        return super().run(
            [dataclasses.replace(work, wave=dataclasses.replace(work.wave, work=nowhere)) for work in works], *others
        )


def stored(setup: Any, folder: Path, shards: int, asked: Any, storage: str, **options: Any) -> dict[str, Any]:
    cluster = options.pop("cluster", None) or Elsewhere()
    return sharded(setup, folder, shards, asked, cluster, storage=storage, **options)


def objects(storage: str) -> list[str]:
    filesystem, root = fsspec.core.url_to_fs(storage)
    return sorted(str(path) for path in filesystem.find(root))


def answers_in(storage: str, scratch: Path) -> set[str]:
    """Keys of all answers that are stored."""
    filesystem, _ = fsspec.core.url_to_fs(storage)
    found = set()
    for path in objects(storage):
        if path.endswith(".jsonl.gz"):
            filesystem.get_file(path, str(scratch / "segment"))
            found |= {entry[0] for entry in read_segment(scratch / "segment", path)}
    return found


@pytest.mark.parametrize(
    ("storage", "strategy", "shards"),
    [
        ("memory", "zero_shot", 1),
        ("file", "zero_shot", 7),
        ("memory", "zero_shot_topic", 2),
        ("file", "conversation", 3),
    ],
    indirect=["storage"],
)
def test_rows_are_those_of_one_process_and_all_answers_come_home(
    one_column: dict[str, Any], tmp_path: Path, storage: str, strategy: str, shards: int
) -> None:
    labels = list(one_column["task"]["labels"])
    setup = setup_of(one_column, tmp_path, strategy=strategy, **needed_options(strategy, ["text"], labels))
    counting, work = Counting(), tmp_path / "many"
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    assert stored(setup, work, shards, engine(counting), storage) == expected
    assert set(counting.asked.values()) == {1}
    assert everything(generate(setup, engine(counting), work)) == expected
    assert set(counting.asked.values()) == {1}
    assert objects(storage)
    leave(work)
    assert objects(storage) == []
    assert {path.name for path in work.iterdir()} == {"journal.sqlite", SHARD_JOURNALS}


@pytest.mark.parametrize("breaks_after", [3, 75])
def test_a_generation_that_broke_goes_on_from_the_storage_and_asks_nothing_again(
    one_column: dict[str, Any], tmp_path: Path, memory: str, breaks_after: int
) -> None:
    setup = setup_of(one_column, tmp_path)
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    counting = Counting(breaks_after)
    with pytest.raises(EngineUnreachableError):
        stored(setup, tmp_path / "many", 3, engine(counting), memory)
    counting.breaks_after = None
    assert stored(setup, tmp_path / "many", 3, engine(counting), memory) == expected
    assert set(counting.asked.values()) == {1}


def killed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has not been stored when a shard breaks is lost, as if its process had been killed."""
    monkeypatch.setattr(segments, "PAUSE", 0.002)
    close = segments.SegmentWriter.close

    def lose(writer: segments.SegmentWriter) -> None:
        if sys.exception() is None:  # the shard came to its end
            return close(writer)
        with writer._changed:
            writer._pending = []
            writer._closing = True
            writer._changed.notify_all()
        writer._thread.join()
        return None

    monkeypatch.setattr(segments.SegmentWriter, "close", lose)


def test_what_was_stored_when_processes_were_killed_is_not_asked_again(
    one_column: dict[str, Any], tmp_path: Path, storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = setup_of(one_column, tmp_path)
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    counting = Counting(50)
    with monkeypatch.context() as kill:
        killed(kill)
        with pytest.raises(EngineUnreachableError):
            stored(setup, tmp_path / "many", 3, engine(counting), storage)
    kept = answers_in(storage, tmp_path)
    assert 0 < len(kept) <= 50
    again = Counting()
    assert stored(setup, tmp_path / "many", 3, engine(again), storage) == expected
    assert again.asked.total() == expected["tally"]["asked"] - len(kept)
    assert answers_in(storage, tmp_path) > kept


def test_another_number_of_shards_and_another_driver_find_what_was_stored(
    one_column: dict[str, Any], tmp_path: Path, memory: str
) -> None:
    setup = setup_of(one_column, tmp_path)
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    counting = Counting(75)
    with pytest.raises(EngineUnreachableError):
        stored(setup, tmp_path / "many", 7, engine(counting), memory)
    counting.breaks_after = 100
    with pytest.raises(EngineUnreachableError):
        stored(setup, tmp_path / "many", 2, engine(counting), memory)
    counting.breaks_after = None
    shutil.rmtree(tmp_path / "many")  # its disk is gone
    assert stored(setup, tmp_path / "other", 2, engine(counting), memory) == expected
    assert set(counting.asked.values()) == {1}


def test_shards_that_are_finished_are_fetched_and_not_run_again(
    one_column: dict[str, Any], tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, cluster = setup_of(one_column, tmp_path), Elsewhere()
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    with monkeypatch.context() as broken:

        def stop(*_: Any) -> None:
            raise KeyboardInterrupt

        broken.setattr("synth_builder.distributed.sharded.BuildStorage.fetch", stop)
        with pytest.raises(KeyboardInterrupt):
            stored(setup, tmp_path / "work", 3, engine(), memory, cluster=cluster)
    assert cluster.ran == [(0, 0), (0, 1), (0, 2)]
    cluster.ran.clear()
    assert stored(setup, tmp_path / "work", 3, engine(), memory, cluster=cluster) == expected
    assert min(number for number, _ in cluster.ran) == 1


def test_one_process_and_a_changed_recipe_fetch_what_a_broken_build_left(
    one_column: dict[str, Any], tmp_path: Path, memory: str
) -> None:
    setup, counting, work = setup_of(one_column, tmp_path), Counting(40), tmp_path / "work"
    with pytest.raises(EngineUnreachableError):
        stored(setup, work, 3, engine(counting), memory)
    counting.breaks_after = None
    left = set(known_storages(work))
    one_column["generation"]["filters"] = FILTERS[:2]
    changed = set_up(Recipe.from_dict(one_column, directory=tmp_path), "made")
    stored(changed, work, 3, engine(counting), memory)
    assert set(counting.asked.values()) == {1}
    assert left.isdisjoint(known_storages(work))
    assert all(path.startswith("/" + next(iter(known_storages(work))).partition("://")[2]) for path in objects(memory))
    bring_home(work)
    assert objects(memory) == []
    generate(setup, engine(counting), work).close()
    assert set(counting.asked.values()) == {1}


def test_what_this_machine_was_answered_before_is_not_asked_again(
    one_column: dict[str, Any], tmp_path: Path, memory: str
) -> None:
    setup, counting = setup_of(one_column, tmp_path), Counting(30)
    with pytest.raises(EngineUnreachableError):
        generate(setup, engine(counting), tmp_path / "work")
    counting.breaks_after = 60
    with pytest.raises(EngineUnreachableError):
        sharded(setup, tmp_path / "work", 5, engine(counting))  # in the release folder
    counting.breaks_after = None
    stored(setup, tmp_path / "work", 3, engine(counting), memory)
    assert set(counting.asked.values()) == {1}


def test_a_shard_reads_no_answers_of_others_in_a_build_that_began_with_none(
    one_column: dict[str, Any], tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[tuple[str, str]] = []
    fetch = stored_files.fetch_segments

    def seen(storage: Any, name: str, scratch: Path) -> list[Path]:
        found = fetch(storage, name, scratch)
        fetched.extend((name, path.name[:4]) for path in found)
        return found

    monkeypatch.setattr("synth_builder.distributed.storage.stored_shard.fetch_segments", seen)
    cluster = Elsewhere()
    stored(setup_of(one_column, tmp_path), tmp_path / "work", 3, engine(), memory, cluster=cluster)
    assert max(number for number, _ in cluster.ran) > 0
    assert fetched
    # Shards of later waves read what they were answered in those before, an object for each.
    assert {begin for _, begin in fetched} == {"all-"}
    assert fetched.count(("00000-of-00003", "all-")) <= len({number for number, _ in cluster.ran}) * 2


def damage(storage: str, wanted: Callable[[str], bool], data: bytes | None) -> str:
    """Write other bytes into an object of the storage, or remove it."""
    filesystem = fsspec.filesystem("memory")
    path = next(path for path in objects(storage) if wanted(path))
    if data is None:
        filesystem.rm_file(path)
    else:
        filesystem.pipe_file(path, data)
    return path


def test_a_damaged_segment_is_told(one_column: dict[str, Any], tmp_path: Path, memory: str) -> None:
    setup = setup_of(one_column, tmp_path)
    with pytest.raises(EngineUnreachableError):
        stored(setup, tmp_path / "work", 3, engine(Counting(30)), memory)
    path = damage(memory, lambda path: "/part-" in path, b"other bytes")
    with pytest.raises(JournalError, match=r"are damaged .*remove it to have them asked again") as error:
        stored(setup, tmp_path / "work", 3, engine(), memory)
    assert path.rpartition("/")[2] in str(error.value)


def test_an_object_that_is_listed_and_not_given_is_told(
    one_column: dict[str, Any], tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup = setup_of(one_column, tmp_path)
    with pytest.raises(EngineUnreachableError):
        stored(setup, tmp_path / "work", 3, engine(Counting(30)), memory)
    get = fsspec.implementations.memory.MemoryFileSystem.get_file

    def gone(self: Any, source: str, target: str, **options: Any) -> None:
        if "/part-" in source:
            raise FileNotFoundError(source)
        get(self, source, target, **options)

    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "get_file", gone)
    with pytest.raises(JournalError, match=r"lists an object with answers that it does not give \(.*/part-.*\)"):
        stored(setup, tmp_path / "work", 3, engine(), memory)


def test_a_shard_that_was_taken_for_dead_and_comes_to_its_end_after_all_does_no_harm(
    one_column: dict[str, Any], tmp_path: Path, memory: str
) -> None:
    class Twice(Elsewhere):
        """Runs each shard twice at once; the second try is answered otherwise."""

        def run(self, works: Sequence[ShardWork], *others: Any) -> list[ShardSum]:
            late = engine(lambda request: repetitive(dataclasses.replace(request, seed=request.seed + 1)))
            again = [
                dataclasses.replace(w, writer=dataclasses.replace(w.writer, choice=EngineChoice(late))) for w in works
            ]
            return super().run([*works, *again], *others)[: len(works)]

    setup = setup_of(one_column, tmp_path)
    found = stored(setup, tmp_path / "work", 2, engine(), memory, cluster=Twice(workers=8))
    # Whichever of the two counted, records, keys and journal are of the same one.
    counting = Counting()
    assert everything(generate(setup, engine(counting), tmp_path / "work")) == found
    assert counting.asked.total() == 0


@pytest.mark.parametrize("data", [None, b"other bytes"])
def test_records_that_are_damaged_or_gone_are_told(
    one_column: dict[str, Any], tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch, data: bytes | None
) -> None:
    fetch, setup = BuildStorage.fetch, setup_of(one_column, tmp_path)
    counting = Counting()

    def damaged(storage: BuildStorage, of: Any) -> None:
        damage(memory, lambda path: path.endswith("records.jsonl.zst"), data)
        fetch(storage, of)

    with monkeypatch.context() as breaking:
        breaking.setattr(BuildStorage, "fetch", damaged)
        with pytest.raises(JournalError, match=r"is damaged or gone\. Remove that folder") as error:
            stored(setup, tmp_path / "work", 3, engine(counting), memory)
    where = str(error.value).partition(" to ")[2].partition(" is damaged")[0]
    fsspec.filesystem("memory").rm(where, recursive=True)
    stored(setup, tmp_path / "work", 3, engine(counting), memory)
    assert set(counting.asked.values()) == {1}


def test_a_storage_that_workers_do_not_reach_is_told(one_column: dict[str, Any], tmp_path: Path, memory: str) -> None:
    class Another(Elsewhere):
        def run(self, works: Sequence[ShardWork], *others: Any) -> list[ShardSum]:
            return super().run([dataclasses.replace(work, storage=f"{memory}-other") for work in works], *others)

    with pytest.raises(JournalError, match=r"has nothing of it\. Name a storage that is the same one on all machines"):
        stored(setup_of(one_column, tmp_path), tmp_path / "work", 2, engine(), memory, cluster=Another())


def test_a_storage_that_refuses_a_write_stops_the_build_and_what_was_stored_is_kept(
    one_column: dict[str, Any], tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    setup, counting = setup_of(one_column, tmp_path), Counting()
    expected = everything(generate(setup, engine(), tmp_path / "one"))
    monkeypatch.setattr(segments, "PAUSE", 0.002)
    written: list[str] = []
    put = fsspec.implementations.memory.MemoryFileSystem.put_file

    def full(self: Any, source: str, target: str, **options: Any) -> None:
        written.append(target)
        if len(written) > 5:
            raise OSError(28, "No space left in the bucket")
        put(self, source, target, **options)

    with monkeypatch.context() as filled:
        filled.setattr(fsspec.implementations.memory.MemoryFileSystem, "put_file", full)
        with pytest.raises(
            JournalError, match=r"can't be used: .*No space left in the bucket\. What was stored is kept"
        ):
            stored(setup, tmp_path / "work", 3, engine(counting), memory)
    kept = answers_in(memory, tmp_path)
    again = Counting()
    assert stored(setup, tmp_path / "work", 3, engine(again), memory) == expected
    assert again.asked.total() == expected["tally"]["asked"] - len(kept)


def test_a_folder_that_can_not_be_removed_is_told_and_one_that_is_not_reached_keeps_no_release_back(
    one_column: dict[str, Any], tmp_path: Path, memory: str, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    work = tmp_path / "work"
    stored(setup_of(one_column, tmp_path), work, 2, engine(), memory)

    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "rm", refused)
    (url,) = known_storages(work)
    leave(work)
    assert f"{url} is not needed any more and could not be removed" in caplog.text
    assert not known_storages(work)


def test_forgetting_removes_answers_unread(one_column: dict[str, Any], tmp_path: Path, memory: str) -> None:
    setup, work = setup_of(one_column, tmp_path), tmp_path / "work"
    with pytest.raises(EngineUnreachableError):
        stored(setup, work, 3, engine(Counting(30)), memory)
    forget(work)
    assert objects(memory) == []
    with build_journal(work, read_only=True) as journal:
        assert len(journal) == 0
