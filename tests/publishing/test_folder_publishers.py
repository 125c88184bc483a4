"""Several publishers at one folder, and those that were killed."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from synth_builder.errors import PlaceMovedError
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.publishing.local_storage import LocalStorage
from synth_builder.publishing.remote_storage import RemoteStorage
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.publish import publish
from tests.publishing.folder_contents import V100, V110, contents, loaded, texts
from tests.publishing.releases import built


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_of_two_publishers_who_start_from_the_same_version_the_later_one_merges_again(
    kind: str, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path, memory: str
) -> None:
    to = str(tmp_path / "place") if kind == "local" else memory
    publish(few_shot.path, to=to, check=False)
    one, other = FolderPlace(to), FolderPlace(to)
    claim = {"parent": "v1.0.0", "title": "one", "description": ""}
    assert one.commit({"a.txt": b"one"}, version=V110, **claim) == "v1.1.0"
    for version in (V110, Version(1, 0, 1), Version(2, 0, 0)):  # what comes after v1.0.0 is settled
        with pytest.raises(PlaceMovedError, match="about to get a new version"):
            other.commit({"a.txt": b"other"}, version=version, **claim)
    assert other.unfinished(other.versions()) == {V110: "v1.1.0"}
    other.tag(V110, "v1.1.0")
    one.tag(V110, "v1.1.0")
    assert other.read("a.txt", "v1.1.0") == b"one"
    with pytest.raises(PlaceMovedError, match="has a new version"):
        other.commit({}, version=Version(1, 2, 0), **claim)
    assert publish(zero_shot.path, to=to, check=False).version == Version(1, 2, 0)


@pytest.mark.parametrize("link", [0, 1, 2])
def test_uploads_that_a_faster_publisher_clears_away_are_made_again(
    link: int, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to, linked = tmp_path / "place", 0
    real = os.link

    def late(source: Path, target: Path) -> None:
        nonlocal linked
        linked += 1
        if linked == link + 1:  # written, and not yet at its place
            publish(zero_shot.path, to=to, check=False)
            assert not Path(source).exists()
        real(source, target)

    monkeypatch.setattr("synth_builder.publishing.local_storage.os.link", late)
    assert publish(few_shot.path, to=to, check=False).version == Version(1, 1, 0)
    assert len(FolderPlace(str(to)).versions()) == 2


def _publish_at_once(release: str, to: str, barrier: Barrier) -> None:
    real = FolderPlace.commit
    waited = False

    def at_once(self: FolderPlace, *args: Any, **kwargs: Any) -> str:
        nonlocal waited
        if not waited:  # both have looked, and found the same
            waited = True
            barrier.wait(30)
        return real(self, *args, **kwargs)

    FolderPlace.commit = at_once  # type: ignore[method-assign]
    publish(release, to=to, check=False)


@pytest.mark.parametrize("first", [True, False], ids=["a first version", "a later version"])
def test_two_publishers_at_once_both_end_up_in(
    first: bool, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, one_column: dict[str, Any], tmp_path: Path
) -> None:
    to = tmp_path / "place"
    if not first:
        one_column["variants"]["plain"] = {"strategy": "zero_shot", "extra_instruction": "Be brief."}
        publish(built(one_column, tmp_path, "plain", out="plain").path, to=to, check=False)
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    children = [
        context.Process(target=_publish_at_once, args=(str(release.path), str(to), barrier))
        for release in (few_shot, zero_shot)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0, 0]
    place = FolderPlace(str(to))
    expected = [V100, V110] if first else [V100, V110, Version(1, 2, 0)]
    assert list(place.versions()) == expected
    assert place.unfinished(place.versions()) == {}
    newest = to / expected[-1].tag
    assert loaded(newest, "few_shot", tmp_path / "cache") == texts(few_shot, "few_shot")
    assert loaded(newest, "zero_shot", tmp_path / "cache") == texts(zero_shot, "zero_shot")
    assert len(json.loads((to / expected[-2].tag / "version.json").read_bytes())["files"]) < len(
        json.loads((newest / "version.json").read_bytes())["files"]
    )


KILLED = """
import os, signal, sys
from pathlib import Path
from synth_builder.publishing.local_storage import LocalStorage
from synth_builder.verbs.publish import publish

release, to, at = sys.argv[1], sys.argv[2], int(sys.argv[3])
written = 0
link = os.link

def killed(source, target):
    global written
    written += 1
    if written == at:
        os.kill(os.getpid(), signal.SIGKILL)
    link(source, target)

os.link = killed
publish(release, to=to, check=False)
"""


def _killed_at(write: int, release: ReleaseFolder, to: Path) -> bool:
    """Publish, and kill the process before its so-manieth file appears; whether it came to that."""
    child = subprocess.run(
        [sys.executable, "-c", KILLED, str(release.path), str(to), str(write)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert child.returncode in (0, -signal.SIGKILL), child.stderr
    return child.returncode != 0


# Of the second version: 5 uploads (card, changelog, rows twice, provenance), the claim, 9 files, the manifest.
@pytest.mark.parametrize("write", [1, 4, 6, 7, 11, 16])
def test_a_publisher_that_was_killed_between_files_is_finished_by_the_next(
    write: int, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    before = contents(to / "v1.0.0")
    assert _killed_at(write, zero_shot, to)
    place = FolderPlace(str(to))
    assert list(place.versions()) == [V100]
    assert place.unfinished(place.versions()) == ({V110: "v1.1.0"} if write > 6 else {})
    again = publish(zero_shot.path, to=to)
    assert (again.version, again.new) == (V110, True)
    assert contents(to / "v1.0.0") == before
    assert len(contents(to / "v1.1.0")) == 10
    assert os.listdir(to / ".synth-builder" / "uploads") == []
    assert place.unfinished(place.versions()) == {}


def test_there_are_no_more_moments_to_be_killed_at_than_the_test_above_knows(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    assert not _killed_at(17, zero_shot, tmp_path / "place")


def test_another_publisher_finishes_a_version_before_its_own(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, one_column: dict[str, Any], tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    assert _killed_at(10, zero_shot, to)
    one_column["variants"]["plain"] = {"strategy": "zero_shot", "extra_instruction": "Be brief."}
    done = publish(built(one_column, tmp_path, "plain", out="plain").path, to=to)
    assert done.version == Version(1, 2, 0)
    assert list(FolderPlace(str(to)).versions()) == [V100, V110, Version(1, 2, 0)]
    assert loaded(to / "v1.2.0", "zero_shot", tmp_path / "cache") == texts(zero_shot, "zero_shot")
    assert not [name for name in contents(to / "v1.1.0") if "plain" in name]


def test_nobody_writes_to_a_complete_version_however_late_the_publisher_is(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    slow, real, stats = FolderPlace(str(to)), LocalStorage.copy, dict[str, tuple[int, int]]()

    def overtaken(self: LocalStorage, *args: Any, **kwargs: Any) -> None:
        if not stats:  # the other one finishes the version before the first file of this one
            monkeypatch.setattr(LocalStorage, "copy", real)
            FolderPlace(str(to)).tag(V110, "v1.1.0")
            stats.update(_stats(to / "v1.1.0"))
        real(self, *args, **kwargs)

    slow.commit({"a.txt": b"new"}, parent="v1.0.0", version=V110, title="", description="")
    monkeypatch.setattr(LocalStorage, "copy", overtaken)
    slow.tag(V110, "v1.1.0")
    assert len(stats) == 8
    assert _stats(to / "v1.1.0") == stats


def _stats(folder: Path) -> dict[str, tuple[int, int]]:
    found = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*") if path.is_file()}
    return {path: (stat.st_ino, stat.st_mtime_ns) for path, stat in found.items()}


def test_a_file_system_without_hard_links_will_do(
    few_shot: ReleaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    assert publish(few_shot.path, to=tmp_path / "place").version == V100
    storage = LocalStorage(tmp_path / "place")
    with pytest.raises(FileExistsError):
        storage.create(".synth-builder/first.json", b"mine", scratch=".synth-builder")
    (tmp_path / "place/.synth-builder/after-v1.0.0.json").write_bytes(b'{"format"')
    with pytest.raises(PlaceMovedError, match="half-written"):
        FolderPlace(str(tmp_path / "place")).unfinished({V100: "v1.0.0"})


def test_a_storage_that_lets_two_publishers_claim_is_noticed_before_the_version_exists(
    few_shot: ReleaseFolder, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(few_shot.path, to=memory, check=False)
    place, filesystem, real = FolderPlace(memory), fsspec.filesystem("memory"), RemoteStorage.copy
    place.commit({"a.txt": b"one"}, parent="v1.0.0", version=V110, title="one", description="")
    claim = f"{memory}/.synth-builder/after-v1.0.0.json"

    def claimed_again(self: RemoteStorage, *args: Any, **kwargs: Any) -> None:
        filesystem.pipe_file(claim, filesystem.cat_file(claim).replace(b'"one"', b'"other"'))
        real(self, *args, **kwargs)

    monkeypatch.setattr(RemoteStorage, "copy", claimed_again)
    with pytest.raises(PlaceMovedError, match="has a new version"):
        place.tag(V110, "v1.1.0")
    assert list(place.versions()) == [V100]


def test_a_claim_that_another_one_wrote_over_is_none_of_mine(memory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = MemoryFileSystem.pipe_file

    def the_last_one_wins(self: MemoryFileSystem, path: str, value: bytes, mode: str = "overwrite") -> None:
        real(self, path, value)
        real(self, path, b"other")

    monkeypatch.setattr(MemoryFileSystem, "pipe_file", the_last_one_wins)
    with pytest.raises(FileExistsError):
        RemoteStorage(memory, "memory").create("claim.json", b"mine", scratch="")


def test_who_writes_a_claim_is_settled_by_the_storage_and_not_by_looking_first(
    memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = RemoteStorage(memory, "memory")
    storage.create("claim.json", b"first", scratch="")
    monkeypatch.setattr(RemoteStorage, "size", lambda self, path: None)  # looked before the other one wrote
    with pytest.raises(FileExistsError):
        storage.create("claim.json", b"second", scratch="")
    assert storage.read("claim.json") == b"first"
