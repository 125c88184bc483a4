"""`publish` when others publish at the same time, when it is killed, and when the Hub does not let it."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.errors import PublishError
from synth_builder.publishing.hub_place import HubPlace
from synth_builder.publishing.version import Version
from synth_builder.verbs.diff import diff
from synth_builder.verbs.publish import publish
from tests.publishing.releases import ID, built, other_sentence
from tests.servers.hub import HubServer
from tests.servers.hub_clients import environment, offline, pointed_at
from tests.servers.hub_history import Repository
from tests.servers.loopback import CUT_BODY, HANG, REFUSE, status

COMMIT = "POST /api/datasets/ada/films/commit/main"
TAG = "POST /api/datasets/ada/films/tag/*"


def publisher(hub: HubServer, home: Path, release: Path, token: str = "hf_ada", *words: str) -> subprocess.Popen[str]:
    """`synth-builder publish` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "synth_builder", "publish", str(release), "--repo", ID, *words],
        env=environment(hub.url, home, token),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "waited a minute in vain"
        time.sleep(0.02)


def test_somebody_publishes_in_between(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (built(one_column, tmp_path, name, out=name) for name in ("zero_shot", "few_shot"))
    publish(first.path, ID, check=False)
    changed = built(one_column, tmp_path, "zero_shot", out="third", revision="4567def")
    commit, slipped = HubPlace.commit, list[bool]()

    def slip_in(place: HubPlace, *arguments: Any, **named: Any) -> str:
        if not slipped:
            slipped.append(True)
            publish(second.path, ID, check=False)
        return commit(place, *arguments, **named)

    monkeypatch.setattr(HubPlace, "commit", slip_in)
    done = publish(changed.path, ID, check=False)
    assert slipped
    assert done.version == Version(1, 2, 0)
    repo = hub.repositories[ID]
    assert list(repo.tags) == ["v1.0.0", "v1.1.0", "v1.2.0"]
    assert list(yaml.safe_load(repo.read("recipe.yaml"))["variants"]) == ["zero_shot", "few_shot"]
    assert repo.read("data/zero_shot/train-00000-of-00001.parquet") == changed.data("zero_shot", "train").read_bytes()
    assert repo.read("data/few_shot/train-00000-of-00001.parquet") == second.data("few_shot", "train").read_bytes()


def test_two_publishers_at_once_both_end_up_in(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    del one_column["variants"]["few_shot"]
    publish(built(one_column, tmp_path, out="base").path, ID, check=False)
    data = dict(one_column, variants={f"few_{k}": {"strategy": "few_shot", "k": k} for k in (1, 2, 3)})
    folders = [built(data, tmp_path, name, out=name).path for name in data["variants"]]
    running = [publisher(hub, tmp_path / f"home{folder.name}", folder) for folder in folders]
    ends = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], ends
    repo = hub.repositories[ID]
    assert sorted(repo.tags) == ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"]
    assert len({commit.oid for commit in repo.tags.values()}) == 4
    assert sorted(yaml.safe_load(repo.read("recipe.yaml"))["variants"]) == ["few_1", "few_2", "few_3", "zero_shot"]
    front = yaml.safe_load(repo.read("README.md").decode().split("---\n")[1])
    assert sorted(entry["config_name"] for entry in front["configs"]) == ["few_1", "few_2", "few_3", "zero_shot"]
    assert all(f"load_dataset({ID!r}".replace("'", '"') in out for out, _ in ends)


@pytest.mark.parametrize("route", [COMMIT, TAG, "PUT *"], ids=["at the commit", "at the tag", "at an upload"])
def test_a_killed_publisher_is_continued(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, route: str
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    (hub.storage if route.startswith("PUT") else hub).order(route, HANG)
    process = publisher(hub, tmp_path / "home", release.path)
    server = hub.storage if route.startswith("PUT") else hub
    wait_for(lambda: bool(server.asked(route)))
    process.kill()
    process.communicate()
    repo = hub.repositories[ID]
    assert repo.tags == {}
    commits = hub.tally.commits
    assert commits == (1 if route == TAG else 0)
    made = repo.head
    done = publish(release.path, ID)
    assert (done.version, done.new) == (Version(1, 0, 0), True)
    assert hub.tally.commits == 1
    assert repo.tags == {"v1.0.0": repo.head}
    assert (repo.head is made) == (route == TAG)
    assert not publish(release.path, ID, check=False).new


def test_the_next_publisher_tags_what_a_killed_one_left(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release, second = (built(one_column, tmp_path, name, out=name) for name in ("zero_shot", "few_shot"))
    hub.order(TAG, status(500))
    with pytest.raises(PublishError, match="answered 500 while working on ada/films; try again later"):
        publish(release.path, ID, check=False)
    repo = hub.repositories[ID]
    left = repo.head
    # A commit of somebody else with such a title is none of ours.
    repo.commit({"notes.txt": b"-"}, "v7.0.0: my notes")
    assert publish(second.path, ID, check=False).version == Version(1, 1, 0)
    assert repo.tags == {"v1.0.0": left, "v1.1.0": repo.head}


def test_a_tag_that_somebody_took_away_stays_away_once_there_is_a_later_version(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    second = built(one_column, tmp_path, "few_shot", out="second")
    publish(second.path, ID, check=False)
    repo = hub.repositories[ID]
    last = repo.tags.pop("v1.1.0")
    # The last version looks as one whose publisher was stopped before the tag.
    publish(second.path, ID, check=False)
    assert repo.tags["v1.1.0"] is last
    del repo.tags["v1.0.0"]
    third = built(one_column, tmp_path, "few_shot", out="third", reply=other_sentence)
    assert publish(third.path, ID, check=False).version == Version(1, 1, 1)
    assert list(repo.tags) == ["v1.1.0", "v1.1.1"]
    with pytest.raises(PublishError, match=r"v1\.0\.0 lies before v1\.1\.1"):
        fourth = built(one_column, tmp_path, "few_shot", out="fourth", revision="4567def")
        publish(fourth.path, ID, version="1.0.0", check=False)


@pytest.mark.parametrize("fault", [CUT_BODY, status(500), status(409), status(503)])
def test_a_commit_whose_answer_is_lost_is_not_made_twice(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, fault: Any
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    hub.order(COMMIT, fault)
    done = publish(release.path, ID, check=False)
    assert (done.version, done.new) == (Version(1, 0, 0), True)
    assert hub.tally.commits == 1
    assert list(hub.repositories[ID].tags) == ["v1.0.0"]


def test_it_gives_up_when_the_head_never_stands_still(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    release = built(one_column, tmp_path, "zero_shot")

    def in_between(repo: Repository, branch: str) -> None:
        repo.commit({"notes.txt": os.urandom(4)})

    hub.before_commit = in_between
    with pytest.raises(PublishError, match="Given up after 8 tries: ada/films has changed in between"):
        publish(release.path, ID, adopt=True, check=False)
    assert len(hub.asked(COMMIT)) == 8
    assert hub.repositories[ID].tags == {}


def test_a_tag_never_moves(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    elsewhere = hub.add(ID).head

    def in_between(repo: Repository, branch: str) -> None:
        repo.tags["v1.0.0"] = elsewhere

    hub.before_commit = in_between
    with pytest.raises(PublishError, match=r"has a tag v1\.0\.0 at another commit .*a tag never moves"):
        publish(release.path, ID, check=False)
    assert hub.repositories[ID].tags == {"v1.0.0": elsewhere}


@pytest.mark.parametrize(
    ("token", "repo", "said"),
    [
        ("hf_wrong", ID, "does not accept the token"),
        (None, ID, "does not accept the token"),
        ("hf_bob", ID, r"You may not write to ada/films \(403.*--create-pr"),
        ("hf_ada", "films", "'films' is no repository id; expected 'owner/name'"),
        ("hf_ada", "ada/../x", "is no repository id"),
        ("hf_ada", "../films", "is no repository id"),
        ("hf_ada", "ada/fil--ms", "is no repository id.*--"),
    ],
)
def test_who_may_not_write_is_told_so_in_one_sentence(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, token: str | None, repo: str, said: str
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    with pointed_at(hub.url, tmp_path / "home", token), pytest.raises(PublishError, match=said) as error:
        publish(release.path, repo)
    assert str(token) not in str(error.value) and "\n" not in str(error.value)
    assert hub.repositories == {}


def test_who_may_read_but_not_write_is_told_so(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    second = built(one_column, tmp_path, "few_shot", out="second")
    with (
        pointed_at(hub.url, tmp_path / "home", "hf_bob"),
        pytest.raises(PublishError, match="You may not write to ada/films"),
    ):
        publish(second.path, ID)
    assert hub.tally.commits == 1


@pytest.mark.parametrize("token", ["hf_bob", None])
def test_a_gated_repository_is_not_told_as_missing(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, token: str | None
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    hub.repositories[ID].gated = "auto"
    second = built(one_column, tmp_path, "few_shot", out="second")
    with pointed_at(hub.url, tmp_path / "home", token):
        for act in (lambda: publish(second.path, ID, create_pr=True), lambda: diff(second.path, ID)):
            with pytest.raises(PublishError, match=r"^ada/films is gated: .*Ask for access on its page") as error:
                act()
            assert "private" not in str(error.value) and "\n" not in str(error.value)


def test_a_hub_that_can_not_be_reached(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    hub.order("GET /api/datasets/*", REFUSE)
    with pytest.raises(PublishError, match=r"The Hub can't be reached \(.*`publish` goes on where it stopped"):
        publish(release.path, ID)


def test_offline_is_said_so(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    with offline(), pytest.raises(PublishError, match="because HF_HUB_OFFLINE is set"):
        publish(release.path, ID)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("recipe.yaml", b"name: [", r"holds a file that can't be read\. .*recipe\.yaml of ada/films"),
        ("recipe.yaml", b"\xff", "is no UTF-8 text"),
        ("README.md", b"---\na: [\n---\n", "front matter of the card is no YAML"),
        ("CHANGELOG.md", b"\xff", r"CHANGELOG\.md of ada/films is no UTF-8 text"),
        ("provenance/zero_shot.json", b"{", "is no JSON"),
        ("provenance/zero_shot.json", b'{"format": 99}', "has the form 99, expected 2"),
        ("scores/zero_shot.json", b"{}", "can't be read as scores"),
    ],
)
def test_a_published_file_that_somebody_damaged_is_named(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, file: str, content: bytes, said: str
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    hub.repositories[ID].commit({file: content})
    with pytest.raises(PublishError, match=said):
        publish(built(one_column, tmp_path, "few_shot", out="second").path, ID)
    assert hub.tally.commits == 1


def test_ctrl_c_leaves_nothing_half_done(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    hub.order(COMMIT, HANG)
    process = publisher(hub, tmp_path / "home", release.path)
    wait_for(lambda: bool(hub.asked(COMMIT)))
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert textwrap.shorten(told, 400).endswith("stopped. Run the same command again: it goes on where it stopped.")
    assert hub.repositories[ID].tags == {}
