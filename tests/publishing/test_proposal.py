"""`publish --create-pr`: a contributor's variant, and the version that it gets after it was merged."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.errors import PublishError
from synth_builder.publishing.version import Version
from synth_builder.verbs.publish import publish
from tests.publishing.releases import ID, built
from tests.scoring.results.test_scores import scores
from tests.servers.hub import HubServer
from tests.servers.hub_clients import pointed_at


def propose(hub: HubServer, data: dict[str, Any], folder: Path) -> str:
    """Bob, who may not write there, proposes `few_shot` with a licence of his own."""
    data = {**data, "card": {**data["card"], "license": "mit"}}
    release = built(data, folder, "few_shot", out="bobs")
    scores("few_shot").write(release.scores("few_shot"))
    with pointed_at(hub.url, folder / "bobs_home", "hf_bob"):
        done = publish(release.path, ID, create_pr=True)
    assert (done.version, done.new, done.verdict) == (None, True, "minor")
    return done.link


def test_a_variant_is_proposed_with_scores_samples_and_checks(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    repo = hub.repositories[ID]
    before = repo.head
    link = propose(hub, one_column, tmp_path)
    assert link == f"{hub.url}/datasets/{ID}/discussions/1"
    pull = repo.pull_requests[1]
    assert (pull.author, pull.title, pull.status) == ("bob", "synth-builder: few_shot", "open")
    assert repo.head is before and list(repo.tags) == ["v1.0.0"]
    for said in (
        "- `few_shot`: 12 train rows, 4 validation rows by `few_shot` with scripted",
        "| `few_shot` | synthetic | 200 | 0.800 ± 0.100",
        "| `few_shot` | train | 6 | 6 |",
        "compared with 4 real test rows, 0 rows removed",
        "`few_shot`, negative:\n\n```text\n",
    ):
        assert said in pull.description
    assert pull.head.files["CHANGELOG.md"] == before.files["CHANGELOG.md"]
    assert yaml.safe_load(pull.head.files["recipe.yaml"].content)["card"]["license"] == "cc-by-4.0"


def test_what_was_merged_becomes_a_version_with_the_next_publish(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    propose(hub, one_column, tmp_path)
    repo = hub.repositories[ID]
    repo.merge(1, "ada")
    done = publish(release.path, ID, check=False)
    assert (done.version, done.new, done.verdict) == (Version(1, 1, 0), True, "minor")
    assert [line for line in done.changes if line.startswith("`few_shot`: 12 train rows")]
    assert repo.tags["v1.1.0"] is repo.head
    assert "data/few_shot/train-00000-of-00001.parquet" in repo.head.files
    assert not publish(release.path, ID, check=False).new


def test_what_was_merged_becomes_a_version_without_a_release_at_hand(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(PublishError, match="ada/films is not there, or you may not see it"):
        publish(None, ID)
    assert hub.repositories == {}
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    propose(hub, one_column, tmp_path)
    assert not publish(None, ID, check=False).new
    hub.repositories[ID].merge(1, "ada")
    done = publish(None, ID)
    assert (done.version, done.new) == (Version(1, 1, 0), True)
    assert hub.repositories[ID].tags["v1.1.0"] is hub.repositories[ID].head


def test_nothing_new_is_no_proposal(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    assert not publish(release.path, ID, create_pr=True, check=False).new
    assert hub.repositories[ID].pull_requests == {}


def test_there_has_to_be_something_to_propose_to(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    with pytest.raises(PublishError, match="ada/films is not there, or you may not see it"):
        publish(release.path, ID, create_pr=True)
    assert hub.repositories == {}
    with pytest.raises(PublishError, match="A pull request has no version"):
        publish(release.path, ID, create_pr=True, bump="minor")
