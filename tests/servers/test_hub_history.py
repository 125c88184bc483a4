"""The loopback Hub's history: names as git gives them, and what branches, tags and pull requests stand for."""

import pytest

from tests.servers.hub_history import START, Blob, Commit, HubRefusal, Repository, tree_oid

FILES = {"d/e/c": Blob(b"y"), "d/b": Blob(b"x"), "d.txt": Blob(b"z"), "a.txt": Blob(b"hello\n")}


def repository() -> Repository:
    repo = Repository("ada/letters")
    repo.branches["main"] = repo.grow(None, {"a": b"1", "b": b"1"}, "first")
    return repo


def test_names_are_those_of_git() -> None:
    assert Blob(b"hello\n").oid == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert tree_oid({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
    assert tree_oid(FILES) == "b0083d1617e8013a19f07d1131161ee7d6cbbbda"
    assert Commit(FILES, "one", "ada", START, "why").oid == "2a53dc09b020b1a26738301f9e75de5fa67d1ee4"


def test_a_large_file_is_a_pointer_in_git_and_known_by_its_sha256() -> None:
    blob = Blob(b"hello\n", large=True)
    sha256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
    assert blob.pointer.splitlines()[1:] == [f"oid sha256:{sha256}".encode(), b"size 6"]
    assert blob.etag == sha256
    assert blob.oid != Blob(b"hello\n").oid == Blob(b"hello\n").etag


def test_a_commit_is_a_snapshot_and_old_ones_stay() -> None:
    repo = repository()
    first = repo.head
    second = repo.commit({"a": b"2", "b": None}, "second")
    assert second.parent is first is repo.at(first.oid[:7])
    assert repo.head is second
    assert (repo.read("a"), repo.read("a", first.oid)) == (b"2", b"1")
    assert set(second.files) == {"a"}
    assert [commit.title for commit in second.line()] == ["second", "first"]


def test_a_commit_that_changes_nothing_makes_none() -> None:
    repo = repository()
    assert repo.commit({"a": b"1", "not there": None}) is repo.head
    assert len(repo.commits) == 1


def test_the_last_change_of_a_path_is_found() -> None:
    repo = repository()
    first, second = repo.head, repo.commit({"d/x": b"1"})
    third = repo.commit({"b": b"2"})
    assert [third.last_change(path) for path in ("a", "d", "d/x", "b")] == [first, second, second, third]


def test_tags_and_branches_stay_where_they_were_put() -> None:
    repo = repository()
    first = repo.tags["v1"] = repo.branches["dev"] = repo.head
    second = repo.commit({"a": b"2"})
    third = repo.commit({"a": b"3"}, branch="dev")
    names = ("main", "refs/heads/main", "v1", "refs/tags/v1", "dev")
    assert [repo.at(name) for name in names] == [second, second, first, first, third]
    for missing in ("v2", "refs/pr/1", "abcdef0", first.oid[:6]):
        with pytest.raises(HubRefusal, match="Invalid rev id") as refusal:
            repo.at(missing)
        assert (refusal.value.status, refusal.value.code) == (404, "RevisionNotFound")
    with pytest.raises(HubRefusal, match="Invalid rev id: v1"):
        repo.commit({"a": b"4"}, branch="v1")


def test_merging_brings_what_the_pull_request_changed_and_nothing_else() -> None:
    repo = repository()
    pull = repo.open_pull_request(repo.grow(repo.head, {"b": None, "c": b"1"}, "proposed"), "Better", "", "bob")
    repo.commit({"d": b"1"}, branch=pull.ref)
    repo.commit({"a": b"2"})
    merged = repo.merge(pull.num)
    assert {path: blob.content for path, blob in merged.files.items()} == {"a": b"2", "c": b"1", "d": b"1"}
    assert (pull.status, pull.merged_as, merged.title) == ("merged", repo.head.oid, "Better (#1)")
