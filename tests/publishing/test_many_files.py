"""Publishing releases of many files: uploaded in parts, visible in one commit, and never uploaded twice."""

import json
from pathlib import Path
from typing import Any

import fsspec
import pyarrow
import pyarrow.parquet
import pytest

from synth_builder.errors import PublishError
from synth_builder.publishing import hub_upload
from synth_builder.publishing.folder_place import FolderPlace
from synth_builder.publishing.local_storage import LocalStorage
from synth_builder.publishing.provenance_form import form_problem
from synth_builder.publishing.version import Version
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.diff import diff
from synth_builder.verbs.publish import publish
from tests.publishing.folder_contents import contents
from tests.publishing.many_files import a_file_for_each_row, data_paths
from tests.publishing.releases import ID, built, other_sentence
from tests.publishing.test_publish_faults import COMMIT, publisher, wait_for
from tests.servers.hub import HubServer
from tests.servers.hub_clients import in_child
from tests.servers.loopback import HANG

PREUPLOAD = "POST /api/datasets/ada/films/preupload/main"


def test_many_files_become_visible_in_one_commit(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID)
    repo = hub.repositories[ID]
    assert len(hub.asked(PREUPLOAD)) == 1  # a small release is uploaded with its commit
    before, seen = repo.head, list[tuple[bool, int]]()
    a_file_for_each_row(monkeypatch)
    release = built(one_column, tmp_path, "zero_shot", out="parts", reply=other_sentence)
    monkeypatch.setattr(hub_upload, "FILES_AT_ONCE", 5)
    uploads = hub.tally.uploads
    hub.before_commit = lambda repo, branch: seen.append((repo.head is before, hub.tally.uploads - uploads))
    done = publish(release.path, ID)  # it is loaded again: all rows, in their order
    assert (done.version, done.verdict) == (Version(1, 0, 1), "patch")
    assert seen == [(True, 16)]  # everything is there before the one commit, and nothing of it was to be seen
    assert (hub.tally.commits, hub.tally.uploads - uploads) == (2, 16)
    assert len(hub.asked(PREUPLOAD)) == 1 + 4 + 1  # 16 files by five, and the texts
    assert sorted(path for path in repo.head.files if path.startswith("data/")) == data_paths("zero_shot")
    assert repo.tags == {"v1.0.0": before, "v1.0.1": repo.head}
    assert not publish(release.path, ID, check=False).new


def test_parts_are_cut_by_bytes_too(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    monkeypatch.setattr(hub_upload, "BYTES_AT_ONCE", 1)
    publish(release.path, ID, check=False)
    assert len(hub.asked(PREUPLOAD)) == 2 + 1  # each of the two files alone
    assert (hub.tally.commits, hub.tally.uploads) == (1, 2)


@pytest.mark.parametrize("route", ["PUT *", COMMIT], ids=["at an upload of the second part", "at the commit"])
def test_a_killed_publisher_goes_on_without_uploading_twice(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    small = built(one_column, tmp_path, "zero_shot")
    publish(small.path, ID, check=False)
    repo = hub.repositories[ID]
    before, uploads = repo.head, hub.tally.uploads
    a_file_for_each_row(monkeypatch)
    # 32 files, in parts of 20 and 12
    release = built(one_column, tmp_path, out="parts", reply=other_sentence)
    server = hub.storage if route.startswith("PUT") else hub
    server.order(route, *([None] * 24 if route.startswith("PUT") else []), HANG)
    process = publisher(hub, tmp_path / "home", release.path)
    wait_for(lambda: len(server.asked(route)) > (24 + 2 if route.startswith("PUT") else 1))
    process.kill()
    process.communicate()
    assert repo.head is before and hub.tally.uploads - uploads >= 20
    code = f"""
        from datasets import load_dataset
        print(load_dataset({ID!r}, "zero_shot", split="train")["text"][:])
    """
    rows = pyarrow.parquet.read_table(small.data("zero_shot", "train"))["text"].to_pylist()
    assert in_child(code, hub.url, tmp_path / "reader", "hf_ada").splitlines()[-1] == str(rows)
    done = publish(release.path, ID, check=False)
    assert (done.version, done.new) == (Version(1, 1, 0), True)
    assert (hub.tally.commits, hub.tally.uploads - uploads) == (2, 32)
    assert repo.tags["v1.1.0"] is repo.head


def test_a_pull_request_of_many_files_is_one_commit(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    a_file_for_each_row(monkeypatch)
    monkeypatch.setattr(hub_upload, "FILES_AT_ONCE", 5)
    second = built(one_column, tmp_path, "few_shot", out="second")
    publish(second.path, ID, create_pr=True)
    repo = hub.repositories[ID]
    assert set(data_paths("few_shot")) <= set(repo.at("refs/pr/1").files)
    assert repo.at("refs/pr/1").parent is repo.head and hub.tally.commits == 2


def test_rows_of_many_files_are_corrected_in_their_files(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file_for_each_row(monkeypatch)
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    mended, emptied = (release.path / data_paths("zero_shot")[number] for number in (2, 7))
    table = pyarrow.parquet.read_table(mended)
    (row,) = table.to_pylist()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{**row, "text": "A person wrote this."}]), mended)
    pyarrow.parquet.write_table(table.slice(0, 0), emptied)
    with pytest.raises(PublishError, match=r"train-00002-of-00012.parquet' is not the file that was built"):
        publish(release.path, ID)
    done = publish(release.path, ID, corrected=True)
    assert "1 row corrected by hand, 1 row taken out; 11 train rows" in done.changes[0]
    repo = hub.repositories[ID]
    assert sorted(path for path in repo.head.files if path.startswith("data/")) == data_paths("zero_shot")
    told = json.loads(repo.read("provenance/zero_shot.json"))
    assert told["splits"]["train"]["bytes"] == sum(
        len(repo.read(path)) for path in data_paths("zero_shot") if "/train-" in path
    )
    assert form_problem(told, "zero_shot") is None
    emptied.unlink()
    mended.write_bytes(emptied_by_hand := (release.path / data_paths("zero_shot")[0]).read_bytes())
    with pytest.raises(PublishError, match=r"train-00007-of-00012.parquet' is missing"):
        publish(release.path, ID, corrected=True)
    assert mended.read_bytes() == emptied_by_hand


def test_a_row_that_stands_in_two_files_is_told(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_file_for_each_row(monkeypatch)
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    first, second = (release.path / path for path in data_paths("zero_shot")[:2])
    second.write_bytes(first.read_bytes())
    with pytest.raises(PublishError, match=r"train-00001-of-00012.parquet' has the row 'train-0' twice"):
        publish(release.path, ID, corrected=True)
    assert second.read_bytes() == first.read_bytes()


@pytest.mark.parametrize("to", ["a folder", "memory"])
def test_other_places_hold_many_files_too_and_they_are_compared(
    to: str, memory: str, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "shelf") if to == "a folder" else memory
    publish(built(one_column, tmp_path, "zero_shot").path, to=place, check=False)
    a_file_for_each_row(monkeypatch)
    release = built(one_column, tmp_path, "zero_shot", out="parts", reply=other_sentence)
    found = diff(release.path, place).variants["zero_shot"].splits["train"]
    assert (found.stayed, found.new, found.gone) == (0, 12, 12)
    assert publish(release.path, to=place).version == Version(1, 0, 1)
    assert FolderPlace(place).at("v1.0.1").files.issuperset(data_paths("zero_shot"))
    old = diff(place, "v1.0.0", "v1.0.1").variants["zero_shot"].splits["train"]
    assert (old.stayed, old.new, old.gone) == (0, 12, 12)
    assert diff(release.path, place).variants["zero_shot"].splits["train"].same
    lost = data_paths("zero_shot")[5]
    if to == "memory":
        fsspec.filesystem("memory").rm(f"{memory}/v1.0.1/{lost}")
        with pytest.raises(PublishError, match=r"train-00005-of-00012\.parquet .* is gone"):
            diff(place, "v1.0.0", "v1.0.1")


def test_a_publisher_to_a_folder_goes_on_behind_the_last_file(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to = tmp_path / "shelf"
    publish(built(one_column, tmp_path, "zero_shot").path, to=to, check=False)
    before = contents(to / "v1.0.0")
    a_file_for_each_row(monkeypatch)
    release = built(one_column, tmp_path, "zero_shot", out="parts", reply=other_sentence)
    put, written = LocalStorage.put, list[str]()

    def noted(self: LocalStorage, path: str, *arguments: Any, **named: Any) -> None:
        if len(written) == 9:
            raise PublishError("stopped")
        if self.size(path) is None:
            written.append(path)
        put(self, path, *arguments, **named)

    monkeypatch.setattr(LocalStorage, "put", noted)
    with pytest.raises(PublishError, match="stopped"):
        publish(release.path, to=to, check=False)
    assert contents(to / "v1.0.0") == before and list(FolderPlace(str(to)).versions()) == [Version(1, 0, 0)]
    first = written[:]
    written.append("-")
    publish(release.path, to=to, check=False)
    uploads = [path for path in written if "/uploads/" in path]
    assert set(first) <= set(uploads) and len(uploads) == len(set(uploads)) == 16 + 3  # rows, and three texts


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "splits.train.files is empty"),
        ("x", "splits.train.files is str, expected list"),
        ([3], "splits.train.files.0 is int, expected dict"),
        (
            [{"file": "../secret", "bytes": 1, "sha256": ""}],
            "splits.train.files.0.file is '../secret', expected 'data",
        ),
        ([{"file": "data/zero_shot/train-00000-of-00001.parquet", "bytes": "1"}], "files.0.bytes is str"),
    ],
)
def test_a_published_list_of_files_of_another_form_is_told(
    files: Any, said: str, one_column: dict[str, Any], tmp_path: Path
) -> None:
    told = built(one_column, tmp_path, "zero_shot").read_provenance("zero_shot")
    assert told is not None and form_problem(told, "zero_shot") is None
    told["splits"]["train"]["files"] = files
    assert said in str(form_problem(told, "zero_shot"))


def test_rows_of_many_published_files_are_rebuilt_and_compared(
    memory: str, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from synth_builder.publishing.published import open_published
    from synth_builder.publishing.rebuilt import rebuilt_variant

    with monkeypatch.context() as patch:
        a_file_for_each_row(patch)
        publish(built(one_column, tmp_path, "zero_shot").path, to=memory, check=False)
    again = built(one_column, tmp_path, "zero_shot", out="again")
    other = built(one_column, tmp_path, "zero_shot", out="other", reply=other_sentence)
    published = open_published(FolderPlace(memory))

    def compared(release: ReleaseFolder) -> tuple[bool, int]:
        found = rebuilt_variant(published, release, release.provenances()["zero_shot"])
        return found.same, found.equal

    assert compared(again) == (True, 16)  # however they are cut into files
    assert compared(other) == (False, 0)
