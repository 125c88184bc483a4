"""The loopback Hub, driven by the real huggingface_hub: repositories, commits, tags, pull requests, who may what."""

import hashlib
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, DatasetCard, HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from tests.servers.hub import HubServer
from tests.servers.hub_access import Account
from tests.servers.hub_clients import pointed_at
from tests.servers.hub_history import Repository

ID = "ada/letters"
CARD = b"---\nlicense: mit\nconfigs:\n- config_name: a\n---\n# Letters\n"


@pytest.fixture
def api() -> HfApi:
    return HfApi()


@pytest.fixture
def ada(hub: HubServer, api: HfApi) -> "Datasets":
    """What ada does with her repository, which is there."""
    api.create_repo(ID, repo_type="dataset")
    return Datasets(api)


class Datasets:
    """`HfApi`, of which every call is about the one dataset."""

    def __init__(self, api: HfApi) -> None:
        self.api = api

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: getattr(self.api, name)(ID, *arguments, repo_type="dataset", **named)

    def commit(self, *operations: Any, **named: Any) -> Any:
        return self.create_commit(list(operations), commit_message=named.pop("commit_message", "a commit"), **named)

    def put(self, path: str, content: bytes, **named: Any) -> Any:
        return self.commit(CommitOperationAdd(path, content), **named)


def as_bob() -> Datasets:
    return Datasets(HfApi(token="hf_bob"))


def as_nobody() -> Datasets:
    return Datasets(HfApi(token=False))


def status_of(error: pytest.ExceptionInfo[HfHubHTTPError]) -> int:
    return error.value.response.status_code


def test_it_knows_who_asks(hub: HubServer) -> None:
    assert HfApi().whoami()["name"] == "ada"
    assert HfApi(token="hf_bob").whoami()["name"] == "bob"
    with pytest.raises(HfHubHTTPError) as error:
        HfApi().whoami(token="hf_nobody")
    assert status_of(error) == 401
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(f"{hub.url}/api/whoami-v2", timeout=5)
    assert [one.headers.get("Authorization") for one in hub.asked("GET /api/whoami-v2")] == [
        "Bearer of ada",
        "Bearer of bob",
        "Bearer of nobody",
        None,
    ]
    assert "hf_" not in repr([one.headers["Authorization"] for one in hub.requests if "Authorization" in one.headers])


def test_a_repository_is_made_once_and_goes_away(hub: HubServer, api: HfApi) -> None:
    made = api.create_repo("letters", repo_type="dataset")
    assert made.repo_id == ID
    assert str(made) == f"{hub.url}/datasets/{ID}"
    with pytest.raises(HfHubHTTPError) as error:
        api.create_repo(ID, repo_type="dataset")
    assert status_of(error) == 409
    assert api.create_repo(ID, repo_type="dataset", exist_ok=True) == made
    assert api.repo_exists(ID, repo_type="dataset")
    assert api.list_repo_files(ID, repo_type="dataset") == [".gitattributes"]
    api.delete_repo(ID, repo_type="dataset")
    with pytest.raises(RepositoryNotFoundError):
        api.dataset_info(ID)
    with pytest.raises(HfHubHTTPError) as error:
        api.create_repo("bob/letters", repo_type="dataset")
    assert status_of(error) == 403
    assert hub.unknown == []


def test_small_and_large_files_are_committed_together(hub: HubServer, ada: Datasets) -> None:
    made = ada.commit(
        CommitOperationAdd("data/a.parquet", b"PAR1" * 1000),
        CommitOperationAdd("rows.jsonl", b"{}\n"),
        CommitOperationAdd("README.md", CARD),
        commit_message="First rows",
        commit_description="two files",
    )
    repo = hub.repositories[ID]
    assert made.oid == repo.head.oid
    assert made.commit_url == f"{hub.url}/datasets/{ID}/commit/{made.oid}"
    assert (repo.head.title, repo.head.description, repo.head.author) == ("First rows", "two files", "ada")
    assert repo.read("data/a.parquet") == b"PAR1" * 1000
    assert [path for path, blob in repo.head.files.items() if blob.large] == ["data/a.parquet"]
    assert (hub.tally.commits, hub.tally.uploads, hub.tally.uploaded_bytes) == (1, 1, 4000)
    assert len(hub.asked("POST /datasets/*/info/lfs/verify")) == 1

    info = ada.repo_info(files_metadata=True)
    assert (info.sha, info.card_data.license, info.private) == (made.oid, "mit", False)
    sizes = {file.rfilename: (file.size, file.lfs and file.lfs.sha256) for file in info.siblings}
    assert sizes["rows.jsonl"] == (3, None)
    assert sizes["data/a.parquet"] == (4000, repo.head.files["data/a.parquet"].sha256)
    assert ada.repo_info(revision=made.oid[:8]).sha == made.oid
    assert DatasetCard.load(ID).data.license == "mit"


def test_equal_content_is_neither_uploaded_nor_committed_again(hub: HubServer, ada: Datasets) -> None:
    files = [CommitOperationAdd(path, b"PAR1" * 10) for path in ("a.parquet", "a.txt")]
    first = ada.commit(*files)
    again = ada.commit(*[CommitOperationAdd(one.path_in_repo, b"PAR1" * 10) for one in files])
    assert again.oid == first.oid
    assert len(hub.asked("POST /api/datasets/*/commit/main")) == 1
    ada.put("b.parquet", b"PAR1" * 10)
    assert (hub.tally.commits, hub.tally.uploads) == (2, 1)


@pytest.mark.parametrize(("size", "parts"), [(5, 0), (1024, 0), (2500, 3)])
def test_from_a_size_on_every_file_is_large_and_huge_ones_go_in_parts(tmp_path: Path, size: int, parts: int) -> None:
    server = HubServer(tokens={"hf_ada": "ada"}, large_from=1024, part_size=1024)
    with server.in_thread() as url, pointed_at(url, tmp_path, "hf_ada"):
        repo = server.add(ID)
        Datasets(HfApi()).put("a.txt", bytes(size))
        assert repo.read("a.txt") == bytes(size)
        assert repo.head.files["a.txt"].large == (size >= 1024)
        assert len(server.storage.asked("PUT /files/*/*")) == parts


def test_files_are_copied_and_deleted(hub: HubServer, ada: Datasets) -> None:
    hub.repositories[ID].commit({"a.txt": b"1", "d/b": b"2", "d/c": b"3", "p": hub.blob("p.parquet", b"PAR1")})
    ada.commit(CommitOperationCopy("a.txt", "b.txt"), CommitOperationCopy("p", "q"), CommitOperationDelete("d/"))
    assert set(hub.repositories[ID].head.files) == {".gitattributes", "a.txt", "b.txt", "p", "q"}
    assert hub.repositories[ID].read("q") == b"PAR1"
    with pytest.raises(EntryNotFoundError):
        ada.commit(CommitOperationDelete("no.txt"))


def test_a_commit_on_a_stale_parent_is_refused(hub: HubServer, ada: Datasets) -> None:
    parent = ada.repo_info().sha
    first = ada.put("a.txt", b"1", parent_commit=parent)
    with pytest.raises(HfHubHTTPError) as error:
        ada.put("a.txt", b"2", parent_commit=parent)
    assert status_of(error) == 412
    assert ada.repo_info().sha == first.oid
    ada.put("a.txt", b"2", parent_commit=first.oid[:8])
    assert hub.repositories[ID].read("a.txt") == b"2"


def test_a_test_slips_in_somebody_elses_commit(hub: HubServer, ada: Datasets) -> None:
    def slip_in(repository: Repository, branch: str) -> None:
        hub.before_commit = None
        repository.commit({"theirs.txt": b"1"}, "Theirs", branch=branch)

    hub.before_commit = slip_in
    parent = ada.repo_info().sha
    with pytest.raises(HfHubHTTPError) as error:
        ada.put("mine.txt", b"1", parent_commit=parent)
    assert status_of(error) == 412
    ada.put("mine.txt", b"1", parent_commit=ada.repo_info().sha, commit_message="Mine")
    assert [commit.title for commit in ada.list_repo_commits()] == ["Mine", "Theirs", "initial commit"]
    assert hub.tally.commits == 1


def test_a_tag_is_made_once_and_does_not_move(hub: HubServer, ada: Datasets) -> None:
    first = ada.put("a.txt", b"1")
    ada.create_tag(tag="v1.0")
    ada.put("a.txt", b"2")
    with pytest.raises(HfHubHTTPError) as error:
        ada.create_tag(tag="v1.0")
    assert status_of(error) == 409
    ada.create_tag(tag="v1.0", exist_ok=True)
    assert [(tag.name, tag.target_commit) for tag in ada.list_repo_refs().tags] == [("v1.0", first.oid)]
    assert Path(ada.hf_hub_download("a.txt", revision="v1.0")).read_bytes() == b"1"
    with pytest.raises(RevisionNotFoundError):
        ada.create_tag(tag="v2.0", revision="no-such-branch")
    ada.delete_tag(tag="v1.0")
    with pytest.raises(RevisionNotFoundError):
        ada.delete_tag(tag="v1.0")
    with pytest.raises(RevisionNotFoundError):
        ada.repo_info(revision="v1.0")


def test_branches_go_their_own_way(hub: HubServer, ada: Datasets) -> None:
    base = ada.repo_info().sha
    ada.create_branch(branch="next/one")
    with pytest.raises(HfHubHTTPError) as error:
        ada.create_branch(branch="next/one")
    assert status_of(error) == 409
    ada.create_branch(branch="next/one", exist_ok=True)
    made = ada.put("a.txt", b"1", revision="next/one")
    heads = {branch.name: branch.target_commit for branch in ada.list_repo_refs().branches}
    assert heads == {"main": base, "next/one": made.oid}
    assert ada.file_exists("a.txt", revision="next/one")
    assert not ada.file_exists("a.txt")
    ada.delete_branch(branch="next/one")
    with pytest.raises(RevisionNotFoundError):
        ada.put("a.txt", b"2", revision="next/one")


def test_a_pull_request_is_a_branch_with_a_page(hub: HubServer, ada: Datasets) -> None:
    made = as_bob().put("a.txt", b"1", create_pr=True, commit_message="Add a", commit_description="It was missing.")
    assert (made.pr_num, made.pr_revision) == (1, "refs/pr/1")
    assert made.pr_url == f"{hub.url}/datasets/{ID}/discussions/1"
    more = as_bob().put("b.txt", b"1", revision="refs/pr/1", commit_message="Add b")
    with pytest.raises(HfHubHTTPError) as error:
        as_bob().put("a.txt", b"1")
    assert status_of(error) == 403

    page = ada.get_discussion_details(discussion_num=1)
    assert (page.title, page.status, page.author, page.target_branch) == ("Add a", "open", "bob", "refs/heads/main")
    assert page.events[0].content == "It was missing."
    assert [event.oid for event in page.events[1:]] == [made.oid, more.oid]
    refs = ada.list_repo_refs(include_pull_requests=True).pull_requests
    assert [(ref.ref, ref.target_commit) for ref in refs] == [("refs/pr/1", more.oid)]
    assert Path(ada.hf_hub_download("b.txt", revision="refs/pr/1")).read_bytes() == b"1"
    assert not ada.file_exists("a.txt")

    ada.merge_pull_request(discussion_num=1)
    assert ada.file_exists("a.txt") and ada.file_exists("b.txt")
    assert [pull.status for pull in ada.get_repo_discussions()] == ["merged"]
    assert ada.create_pull_request(title="Another").status == "draft"


def test_a_pull_request_starts_where_its_parent_is(hub: HubServer, ada: Datasets) -> None:
    parent = ada.repo_info().sha
    ada.put("a.txt", b"1")
    made = ada.put("b.txt", b"1", create_pr=True, parent_commit=parent)
    assert set(hub.repositories[ID].at(made.oid).files) == {".gitattributes", "b.txt"}


def test_listings_come_in_pages(tmp_path: Path) -> None:
    server = HubServer(tokens={"hf_ada": "ada"}, page_size=2)
    with server.in_thread() as url, pointed_at(url, tmp_path, "hf_ada"):
        repo = server.add(ID, {f"d/{name}.txt": name.encode() for name in "abc"})
        repo.commit({"d/a.txt": b"2"}, "Two")
        ada = Datasets(HfApi())
        rows = {row.path: row for row in ada.list_repo_tree(recursive=True, expand=True)}
        assert list(rows) == [".gitattributes", "d", "d/a.txt", "d/b.txt", "d/c.txt"]
        assert (rows["d/a.txt"].last_commit.title, rows["d"].last_commit.title) == ("Two", "Two")
        assert rows["d/b.txt"].last_commit.oid == repo.head.parent.oid  # type: ignore[union-attr]
        assert [row.path for row in ada.list_repo_tree()] == [".gitattributes", "d"]
        assert len(list(ada.list_repo_tree("d"))) == 3
        assert len(ada.list_repo_commits()) == 3
        assert [row.path for row in ada.get_paths_info(["d", "d/a.txt", "no.txt"])] == ["d", "d/a.txt"]
        with pytest.raises(EntryNotFoundError):
            list(ada.list_repo_tree("e"))


def test_large_files_are_fetched_from_another_origin_without_the_token(hub: HubServer, ada: Datasets) -> None:
    hub.add("ada/more", {"a.parquet": bytes(1000), "a.txt": b"1"})
    for name in ("a.parquet", "a.txt"):
        Path(ada.api.hf_hub_download("ada/more", name, repo_type="dataset")).read_bytes()
    assert [one.headers.get("Authorization", "none") for one in hub.storage.requests] == ["none"]
    assert (hub.tally.downloads, hub.tally.downloaded_bytes) == (2, 1001)
    head = next(iter(hub.repositories["ada/more"].commits.values())).oid
    with pytest.raises(RemoteEntryNotFoundError) as error:
        ada.api.hf_hub_download("ada/more", "a.txt", repo_type="dataset", revision=head)
    assert error.value.response.headers["X-Repo-Commit"] == head


def test_the_storage_takes_what_the_hub_signed_and_nothing_else(hub: HubServer) -> None:
    oid = hashlib.sha256(b"PAR1").hexdigest()
    signed, unsigned = hub.storage.address("PUT", oid), f"{hub.storage.url}/files/{oid}"
    token = {"Authorization": "Bearer hf_ada"}
    for url, content, headers, code in [
        (unsigned, b"PAR1", {}, 403),
        (hub.storage.address("GET", oid), b"PAR1", {}, 403),
        (signed, b"PAR1", token, 400),
        (signed, b"PAR2", {}, 400),
        (signed, b"PAR1", {}, 200),
    ]:
        assert put(url, content, headers) == code
        assert (oid in hub.storage.objects) == (code == 200)
    assert hub.tally.uploads == 1


def put(url: str, content: bytes, headers: dict[str, str]) -> int:
    request = urllib.request.Request(url, content, headers, method="PUT")
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize(
    ("asked", "status", "part", "range"),
    [
        ("bytes=2-4", 206, b"cde", "bytes 2-4/8"),
        ("bytes=6-", 206, b"gh", "bytes 6-7/8"),
        ("bytes=-3", 206, b"fgh", "bytes 5-7/8"),
        ("bytes=5-99", 206, b"fgh", "bytes 5-7/8"),
        ("lines=1-2", 200, b"abcdefgh", None),
    ],
)
def test_parts_of_files_are_given(hub: HubServer, asked: str, status: int, part: bytes, range: str | None) -> None:
    hub.add(ID, {"a.parquet": b"abcdefgh", "a.txt": b"abcdefgh"})
    for name in ("a.parquet", "a.txt"):
        request = urllib.request.Request(f"{hub.url}/datasets/{ID}/resolve/main/{name}", headers={"Range": asked})
        with urllib.request.urlopen(request, timeout=5) as response:
            assert (response.status, response.read()) == (status, part)
            assert response.headers["Content-Range"] == range
    request.add_header("Range", "bytes=8-")
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(request, timeout=5)
    assert error.value.code == 416
    error.value.close()


def test_a_private_repository_is_not_there_for_others(hub: HubServer, ada: Datasets) -> None:
    ada.put("a.txt", b"1")
    ada.update_repo_settings(private=True)
    assert ada.repo_info().private
    for other, code in ((as_bob(), 404), (as_nobody(), 401)):
        with pytest.raises(RepositoryNotFoundError) as error:
            other.repo_info()
        assert status_of(error) == code
        with pytest.raises(RepositoryNotFoundError):
            other.put("a.txt", b"2")
    with pytest.raises(RepositoryNotFoundError):
        HfApi(token=False).hf_hub_download(ID, "a.txt", repo_type="dataset")
    ada.update_repo_settings(private=False)
    assert as_nobody().repo_info().id == ID


def test_to_write_takes_a_token_of_the_namespace_that_may_write(tmp_path: Path) -> None:
    tokens = {"hf_ada": Account("ada", orgs=("letters",)), "hf_look": Account("ada", role="read")}
    server = HubServer(tokens=tokens)
    with server.in_thread() as url, pointed_at(url, tmp_path, "hf_ada"):
        assert HfApi().create_repo("letters/a", repo_type="dataset", private=True).repo_id == "letters/a"
        assert server.repositories["letters/a"].private
        server.add(ID)
        for token, code in (("hf_look", 403), (False, 401)):
            with pytest.raises(HfHubHTTPError) as error:
                HfApi(token=token).create_tag(ID, tag="v1", repo_type="dataset")
            assert status_of(error) == code


def test_the_files_of_a_gated_repository_are_for_those_let_in(hub: HubServer, ada: Datasets) -> None:
    ada.put("a.txt", b"1")
    ada.update_repo_settings(gated="auto")
    assert as_bob().repo_info().gated == "auto"
    with pytest.raises(GatedRepoError):
        as_bob().auth_check()
    ada.auth_check()


def test_a_card_is_checked(hub: HubServer, ada: Datasets) -> None:
    with pytest.raises(ValueError, match="YAML Metadata Error"):
        ada.put("README.md", b"---\nlicense: [\n---\n")
    with pytest.raises(ValueError, match='"configs" is not of the expected form'):
        ada.put("README.md", b"---\nconfigs: 3\n---\n")
    with pytest.warns(UserWarning, match="empty or missing yaml metadata"):
        ada.put("README.md", b"# Letters\n")
    assert hub.tally.commits == 1
