"""`versions`: what is published, told without fetching a row."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from synth_builder import versions
from synth_builder.cli.main import main
from synth_builder.errors import PublishError
from synth_builder.publishing.version import Version
from synth_builder.verbs.publish import publish
from tests.publishing.films import ID, built, films_scores, other_sentences
from tests.servers.hub import HubServer
from tests.servers.hub_clients import offline


@pytest.fixture
def two_versions(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> HubServer:
    """v1.0.0 with two variants, and v1.1.0, in which zero_shot is by another model and has scores."""
    publish(built(one_column, tmp_path).path, ID, check=False)
    again = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=other_sentences)
    films_scores([0, 1, 1, 1], [0, 1, 1, 0], [0, 1, 1, 1]).write(again.scores("zero_shot"))
    publish(again.path, ID, check=False)
    return hub


def test_each_version_is_listed_with_rows_scores_and_changes_the_newest_first(two_versions: HubServer) -> None:
    two_versions.requests.clear()
    found = versions(ID)
    assert two_versions.requests and not [asked for asked in two_versions.requests if "parquet" in asked.path]
    newest, first = found.versions
    assert (newest.version, first.version) == (Version(1, 1, 0), Version(1, 0, 0))
    assert first.day == newest.day == datetime.now(UTC).date()
    assert newest.rows == {
        "zero_shot": {"train": 12, "validation": 4},
        "few_shot": {"train": 12, "validation": 4},
    }
    assert (list(first.scores), list(newest.scores)) == ([], ["zero_shot"])
    assert newest.scores["zero_shot"].results[0].accuracy.mean == 7 / 8
    assert newest.revision == two_versions.repositories[ID].head.oid
    assert "- `zero_shot`: another revision of the model; 12 train rows, 4 validation rows." in newest.changes
    assert "- `zero_shot`: first scores." in newest.changes
    assert not newest.changes_computed


def test_what_changed_is_compared_where_the_changelog_is_silent(two_versions: HubServer) -> None:
    repo = two_versions.repositories[ID]
    repo.commit({"CHANGELOG.md": b"# Changelog\n\nNothing to see.\n"})
    newest, first = versions(ID).versions
    assert (first.changes_computed, newest.changes_computed) == (True, True)
    assert first.changes.startswith("- `zero_shot`: 12 train rows, 4 validation rows by `zero_shot` with scripted.")
    assert newest.changes.startswith("- `zero_shot`: another revision of the model; 12 train rows, 4 validation rows.")
    # The day stands in the version's own changelog.
    assert newest.day == datetime.now(UTC).date()


def test_a_version_that_is_no_release_stays_in_the_list_with_the_reason(two_versions: HubServer) -> None:
    repo = two_versions.repositories[ID]
    repo.tags["v0.1.0"] = repo.commit({"provenance/few_shot.json": b"{}"})
    *_, old = versions(ID).versions
    assert (old.version, old.rows) == (Version(0, 1, 0), {})
    assert old.problem is not None and "provenance/few_shot.json of ada/films has the form None" in old.problem


def test_the_command_prints_them(two_versions: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["versions", ID]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ada/films: 2 versions  ({two_versions.url}/datasets/ada/films)"
    today = datetime.now(UTC).date().isoformat()
    assert lines[2] == f"v1.1.0  ({today})"
    assert "  zero_shot  rows: train 12, validation 4" in lines
    assert lines.count("             synthetic: accuracy 0.875 ± 0.177, macro-F1 0.875 ± 0.177") == 1
    assert "    - `zero_shot`: first scores." in lines


def test_the_list_for_machines(two_versions: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["versions", ID, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [entry["version"] for entry in told["versions"]] == ["1.1.0", "1.0.0"]
    zero_shot = told["versions"][0]["variants"]["zero_shot"]
    assert zero_shot["rows"] == {"train": 12, "validation": 4}
    (scores,) = zero_shot["scores"]
    assert (scores["regime"], scores["seeds"], scores["accuracy"]["mean"]) == ("synthetic", 2, 0.875)
    assert told["versions"][1]["variants"]["zero_shot"]["scores"] == []


def test_a_repository_without_a_version_says_so(hub: HubServer, capsys: pytest.CaptureFixture[str]) -> None:
    hub.add(ID)
    assert main(["versions", ID]) == 0
    assert capsys.readouterr().out.startswith("ada/films: no versions yet  (")


@pytest.mark.parametrize(
    ("repo", "message"),
    [
        ("ada/books", "There is no dataset ada/books on the Hub, or it is private and you may not see it"),
        ("films", "'films' is no repository id; expected 'owner/name'"),
        ("ada/films@v1.0.0", "names one version, and all are listed; give 'ada/films'"),
        ("ada/films@main", "'main' is no version; expected three numbers"),
    ],
)
def test_what_can_not_be_listed_is_told_in_a_sentence(hub: HubServer, repo: str, message: str) -> None:
    with pytest.raises(PublishError, match=message):
        versions(repo)


def test_offline_is_told_in_a_sentence(two_versions: HubServer) -> None:
    with offline(), pytest.raises(PublishError, match="can't be reached, because HF_HUB_OFFLINE is set"):
        versions(ID)
