"""`publish --to`: versions in a folder, here or behind a URL."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import fsspec
import pytest

from synth_builder.cli.main import main
from synth_builder.errors import PlaceMovedError, PublishError
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.publishing.local_storage import LocalStorage
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.publish import publish
from tests.publishing.test_publish import built

FILES = {
    "CHANGELOG.md",
    "README.md",
    "data/few_shot/train-00000-of-00001.parquet",
    "data/few_shot/validation-00000-of-00001.parquet",
    "provenance/few_shot.json",
    "recipe.yaml",
}
V100, V110 = Version(1, 0, 0), Version(1, 1, 0)


@pytest.fixture
def few_shot(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    return built(one_column, tmp_path, "few_shot", out="few_shot")


@pytest.fixture
def zero_shot(one_column: dict[str, Any], tmp_path: Path) -> ReleaseFolder:
    return built(one_column, tmp_path, "zero_shot", out="zero_shot")


@pytest.fixture
def memory() -> Iterator[str]:
    name = f"films-{uuid.uuid4().hex}"
    yield f"memory://{name}"
    fsspec.filesystem("memory").rm(f"/{name}", recursive=True)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def loaded(path: Path, variant: str, cache: Path) -> list[str]:
    import datasets

    return list(datasets.load_dataset(str(path), variant, split="train", cache_dir=str(cache))["text"])


def texts(release: ReleaseFolder, variant: str) -> list[str]:
    import pyarrow.parquet

    return list(pyarrow.parquet.read_table(release.data(variant, "train"))["text"].to_pylist())


def test_a_version_is_a_folder_that_load_dataset_reads(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "behind" / "the_wall"
    done = publish(few_shot.path, to=to)
    assert (done.version, done.new, done.link) == (V100, True, str(to))
    found = contents(to / "v1.0.0")
    assert set(found) == {*FILES, "version.json"}
    manifest = json.loads(found.pop("version.json"))
    assert (manifest["version"], manifest["parent"]) == ("v1.0.0", None)
    assert manifest["files"] == {
        path: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for path, data in found.items()
    }
    assert f'load_dataset("{to}/v1.0.0", "few_shot")' in found["README.md"].decode()
    assert loaded(to / "v1.0.0", "few_shot", tmp_path / "cache") == texts(few_shot, "few_shot")
    assert sorted(os.listdir(to / ".synth-builder")) == ["first.json", "uploads"]
    assert os.listdir(to / ".synth-builder" / "uploads") == []


def test_a_second_variant_makes_a_second_version_and_leaves_the_first_as_it_was(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    before = contents(to / "v1.0.0")
    done = publish(zero_shot.path, to=to)
    assert (done.version, done.verdict) == (V110, "minor")
    assert contents(to / "v1.0.0") == before
    after = contents(to / "v1.1.0")
    unchanged = [path for path in FILES if path.startswith(("data/", "provenance/"))]
    assert {path: after[path] for path in unchanged} == {path: before[path] for path in unchanged}
    assert loaded(to / "v1.1.0", "few_shot", tmp_path / "cache") == texts(few_shot, "few_shot")
    assert loaded(to / "v1.1.0", "zero_shot", tmp_path / "cache") == texts(zero_shot, "zero_shot")
    assert FolderPlace(str(to)).versions() == {V100: "v1.0.0", V110: "v1.1.0"}
    assert json.loads(after["version.json"])["parent"] == "v1.0.0"


def test_an_unchanged_release_makes_no_version(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    before = contents(to)
    done = publish(few_shot.path, to=to, check=False)
    assert (done.version, done.new) == (V100, False)
    assert contents(to) == before


def test_a_published_version_is_not_published_again(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    with pytest.raises(PublishError, match=r"v1\.0\.0 of .* is published already.* is v1\.1\.0\."):
        publish(zero_shot.path, to=to, version="1.0.0")


def test_a_file_url_is_that_folder(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    done = publish(few_shot.path, to=(tmp_path / "place").as_uri())
    assert done.link == str(tmp_path / "place")
    assert set(contents(tmp_path / "place" / "v1.0.0")) == {*FILES, "version.json"}


def test_a_url_holds_versions_in_the_same_way(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, memory: str, tmp_path: Path
) -> None:
    assert publish(few_shot.path, to=memory).version == V100
    assert publish(zero_shot.path, to=memory + "/").version == V110
    assert not publish(zero_shot.path, to=memory).new
    filesystem = fsspec.filesystem("memory")
    names = {str(path).rpartition("/v1.0.0/")[2] for path in filesystem.find(f"{memory}/v1.0.0")}
    assert names == {*FILES, "version.json"}
    assert filesystem.find(f"{memory}/.synth-builder/uploads") == []


def test_the_card_of_a_remote_version_tells_how_to_load_it_and_that_works(
    few_shot: ReleaseFolder, memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(few_shot.path, to=memory, check=False)
    card = fsspec.filesystem("memory").cat_file(f"{memory}/v1.0.0/README.md").decode()
    code = card.partition("```python\n")[2].partition("```")[0]
    assert f'fsspec.filesystem("memory").get("{memory}/v1.0.0/"' in code
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    names: dict[str, Any] = {}
    exec(code, names)
    assert list(names["dataset"]["train"]["text"]) == texts(few_shot, "few_shot")


@pytest.mark.parametrize("kind", ["local", "memory"])
def test_of_two_publishers_who_start_from_the_same_version_the_later_one_merges_again(
    kind: str, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path, memory: str
) -> None:
    to = str(tmp_path / "place") if kind == "local" else memory
    publish(few_shot.path, to=to, check=False)
    one, other = FolderPlace(to), FolderPlace(to)
    claim = {"parent": "v1.0.0", "title": "one", "description": ""}
    assert one.commit({"a.txt": b"one"}, version=V110, **claim) == "v1.1.0"  # type: ignore[arg-type]
    for version in (V110, Version(1, 0, 1), Version(2, 0, 0)):  # what comes after v1.0.0 is settled
        with pytest.raises(PlaceMovedError, match="about to get a new version"):
            other.commit({"a.txt": b"other"}, version=version, **claim)  # type: ignore[arg-type]
    assert other.unfinished() == {V110: "v1.1.0"}
    other.tag(V110, "v1.1.0")
    one.tag(V110, "v1.1.0")
    assert other.read("a.txt", "v1.1.0") == b"one"
    with pytest.raises(PlaceMovedError, match="has a new version"):
        other.commit({}, version=Version(1, 2, 0), **claim)  # type: ignore[arg-type]
    assert publish(zero_shot.path, to=to, check=False).version == Version(1, 2, 0)


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
        one_column["variants"]["plain"] = {"strategy": "zero_shot", "temperature": 0.5}
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
    assert place.unfinished() == {}
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


# Of the second version: 6 uploads (card, changelog, recipe, rows twice, provenance), the claim, 9 files, the manifest.
@pytest.mark.parametrize("write", [1, 4, 7, 8, 12, 17])
def test_a_publisher_that_was_killed_between_files_is_finished_by_the_next(
    write: int, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    before = contents(to / "v1.0.0")
    assert _killed_at(write, zero_shot, to)
    place = FolderPlace(str(to))
    assert list(place.versions()) == [V100]
    assert place.unfinished() == ({V110: "v1.1.0"} if write > 7 else {})
    again = publish(zero_shot.path, to=to)
    assert (again.version, again.new) == (V110, True)
    assert contents(to / "v1.0.0") == before
    assert len(contents(to / "v1.1.0")) == 10
    assert os.listdir(to / ".synth-builder" / "uploads") == []
    assert place.unfinished() == {}


def test_there_are_no_more_moments_to_be_killed_at_than_the_test_above_knows(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    assert not _killed_at(18, zero_shot, tmp_path / "place")


def test_another_publisher_finishes_a_version_before_its_own(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, one_column: dict[str, Any], tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    assert _killed_at(10, zero_shot, to)
    one_column["variants"]["plain"] = {"strategy": "zero_shot", "temperature": 0.5}
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
        FolderPlace(str(tmp_path / "place")).unfinished()


def _damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_damaged, Path.unlink], ids=["another byte", "gone"])
def test_the_check_fails_when_a_file_is_not_what_was_published(
    damage: Callable[[Path], None], few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    place, provenances = FolderPlace(str(to)), few_shot.provenances()
    place.check(V100, provenances)
    damage(to / "v1.0.0" / "data/few_shot/train-00000-of-00001.parquet")
    with pytest.raises(PublishError, match=r"train-00000-of-00001\.parquet of .*v1\.0\.0 is not the file"):
        place.check(V100, provenances)
    with pytest.raises(PublishError, match=r"train-00000-of-00001\.parquet of .*v1\.\d\.0 is not the file|is gone"):
        publish(zero_shot.path, to=to)  # would carry it into the next version


def test_the_check_of_a_remote_version_reads_what_is_there(few_shot: ReleaseFolder, memory: str) -> None:
    publish(few_shot.path, to=memory, check=False)
    place, provenances = FolderPlace(memory), few_shot.provenances()
    place.check(V100, provenances)
    path = f"{memory}/v1.0.0/data/few_shot/validation-00000-of-00001.parquet"
    filesystem = fsspec.filesystem("memory")
    data = bytearray(filesystem.cat_file(path))
    data[100] ^= 1
    filesystem.pipe_file(path, bytes(data))
    with pytest.raises(PublishError, match="is not the file that was published"):
        place.check(V100, provenances)


def test_the_check_loads_the_rows_and_compares_them(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    provenances = few_shot.provenances()
    provenances["few_shot"]["splits"]["train"]["rows_sha256"] = "0" * 64
    with pytest.raises(PublishError, match=r"is not what was built \(splits: train\)"):
        FolderPlace(str(tmp_path / "place")).check(V100, provenances)


def test_a_text_of_a_version_that_somebody_edited_is_told(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    with (tmp_path / "place/v1.0.0/README.md").open("a") as file:
        file.write("Nice!")
    with pytest.raises(PublishError, match=r"README\.md of .*/v1\.0\.0 is not the file that was published"):
        publish(zero_shot.path, to=tmp_path / "place")


def test_a_folder_that_holds_something_else_is_refused_unless_adopted(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "place"
    to.mkdir()
    (to / "thesis.txt").write_text("mine")
    (to / "README.md").write_text("---\nlicense: other\n---\nAbout my thesis.")
    with pytest.raises(PublishError, match=r"holds files that are no release .*\(README.md, thesis.txt\).*--adopt"):
        publish(few_shot.path, to=to)
    assert publish(few_shot.path, to=to, adopt=True).version == V100
    assert (to / "thesis.txt").read_text() == "mine"
    assert "thesis" not in (to / "v1.0.0/README.md").read_text()
    assert not publish(few_shot.path, to=to).new


def test_a_folder_named_like_a_version_is_not_written_to(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    (to / "v1.1.0").mkdir()
    (to / "v1.1.0" / "mine.txt").write_text("mine")
    with pytest.raises(PublishError, match=r"v1\.1\.0 is there, but is no version"):
        publish(zero_shot.path, to=to)
    assert contents(to / "v1.1.0") == {"mine.txt": b"mine"}


def test_a_release_folder_is_no_place_for_versions(few_shot: ReleaseFolder) -> None:
    with pytest.raises(PublishError, match="is a release itself"):
        publish(few_shot.path, to=few_shot.path, adopt=True)


def test_a_copied_place_goes_on_without_its_claims(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    publish(few_shot.path, to=tmp_path / "place", check=False)
    shutil.copytree(tmp_path / "place" / "v1.0.0", tmp_path / "copy" / "v1.0.0")
    assert publish(zero_shot.path, to=tmp_path / "copy", check=False).version == V110


def test_older_versions_may_be_removed(few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    publish(zero_shot.path, to=to, check=False)
    shutil.rmtree(to / "v1.0.0")
    assert not publish(zero_shot.path, to=to, check=False).new
    assert list(FolderPlace(str(to)).versions()) == [V110]


def test_the_newest_version_may_not_be_removed_and_the_message_says_so(
    few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    publish(zero_shot.path, to=to, check=False)
    shutil.rmtree(to / "v1.1.0")
    with pytest.raises(PublishError, match=r"is gone\. Put it back, or give that version up by removing .*after-v1"):
        publish(zero_shot.path, to=to)


@pytest.mark.parametrize(
    ("path", "told"),
    [("../x", "is no path"), ("/etc/x", "is no path"), ("a/../../x", "is no path"), ("version.json", "is no path")],
)
def test_no_manifest_leads_out_of_its_folder(
    path: str, told: str, few_shot: ReleaseFolder, zero_shot: ReleaseFolder, tmp_path: Path
) -> None:
    to = tmp_path / "place"
    publish(few_shot.path, to=to, check=False)
    claim = json.loads((to / "v1.0.0/version.json").read_bytes())
    claim |= {"version": "v1.1.0", "parent": "v1.0.0", "files": {path: {"sha256": "0" * 64, "size": 1}}}
    (to / ".synth-builder/after-v1.0.0.json").write_text(json.dumps(claim) + "\n")
    with pytest.raises(PublishError, match=told):
        publish(zero_shot.path, to=to)


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("nowhere://films", r"fsspec knows no protocol 'nowhere'; expected a folder, or a URL"),
        ("s3://bucket/films", r"needs the package 's3fs'.*pip install s3fs"),
        ("gs://bucket/films", r"needs the package 'gcsfs'.*pip install gcsfs"),
        ("hf://datasets/ada/films", r"lies on the Hub; publish there with --repo"),
        (" ", r"has no name; expected a path or a URL"),
    ],
)
def test_a_place_that_can_not_be_used_is_told_in_one_sentence(
    to: str, told: str, few_shot: ReleaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("s3fs", "gcsfs"):
        monkeypatch.setitem(sys.modules, name, None)
    for protocol in ("s3", "gs"):
        monkeypatch.delitem(
            fsspec.registry._registry if hasattr(fsspec.registry, "_registry") else {}, protocol, False
        )
    with pytest.raises(PublishError, match=told) as error:
        publish(few_shot.path, to=to)
    assert "\n" not in str(error.value)


def test_a_password_in_a_url_is_neither_taken_nor_told(few_shot: ReleaseFolder) -> None:
    with pytest.raises(PublishError, match="The URL holds a password") as error:
        publish(few_shot.path, to="sftp://ada:secret@server/films")
    assert "secret" not in str(error.value)


def test_a_file_in_the_place_of_the_folder_is_told(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match=r"can't be used: .*Not a directory"):
        publish(few_shot.path, to=tmp_path / "file")


def test_a_folder_without_the_right_to_write_is_told(
    few_shot: ReleaseFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(self: Path, *args: Any, **kwargs: Any) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    (tmp_path / "place").mkdir()
    monkeypatch.setattr(Path, "mkdir", refused)  # whoever runs the tests may write everywhere
    with pytest.raises(PublishError, match=r"You have no access to .*Permission denied.*name another folder"):
        publish(few_shot.path, to=tmp_path / "place")


@pytest.mark.parametrize("option", ["private", "create_pr"])
def test_what_is_for_the_hub_is_refused(option: str, few_shot: ReleaseFolder, tmp_path: Path) -> None:
    with pytest.raises(PublishError, match=f"--{option.replace('_', '-')} is for repositories on the Hub"):
        publish(few_shot.path, to=tmp_path / "place", **{option: True})  # type: ignore[arg-type]
    assert not (tmp_path / "place").exists()


def test_a_repository_or_a_folder_is_needed_and_not_both(few_shot: ReleaseFolder, tmp_path: Path) -> None:
    for places in ({}, {"repo": "ada/films", "to": tmp_path}):
        with pytest.raises(PublishError, match="give one of them"):
            publish(few_shot.path, **places)  # type: ignore[arg-type]


def test_the_command_line_tells_what_to_load(
    few_shot: ReleaseFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "place"
    assert main(["publish", str(few_shot.path), "--to", str(to)]) == 0
    out = capsys.readouterr().out
    assert f"Published v1.0.0: {to}\n" in out
    assert f'load_dataset("{to}/v1.0.0", "VARIANT")' in out
    assert main(["publish", str(few_shot.path), "--to", str(to), "--private"]) == 1
    assert "--private is for repositories on the Hub" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["publish", str(few_shot.path), "--to", str(to), "--repo", "ada/films"])
    with pytest.raises(SystemExit, match="2"):
        main(["publish", str(few_shot.path)])
