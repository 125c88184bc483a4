"""`publish` where people left things that nobody expects: nothing of theirs is lost, and what can't be is told."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.errors import PublishError, ReleaseError
from synth_builder.publishing.version import Version
from synth_builder.verbs.card import card
from synth_builder.verbs.diff import diff
from synth_builder.verbs.publish import publish
from synth_builder.verbs.versions import versions
from tests.publishing.releases import ID, built, other_sentence
from tests.releases.card_reading import read_card
from tests.servers.hub import HubServer
from tests.servers.hub_history import Repository
from tests.servers.loopback import status


def test_the_changelog_of_an_adopted_repository_stays(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    repo = hub.add(ID, {"CHANGELOG.md": b"# History\n\n- 2019: the first films\n"})
    publish(built(one_column, tmp_path, "zero_shot").path, ID, adopt=True, check=False)
    text = repo.read("CHANGELOG.md").decode()
    assert text.startswith("# Changelog\n\n## v1.0.0") and text.endswith("# History\n\n- 2019: the first films\n")


@pytest.mark.parametrize("path", ["recipe.yaml", "data/zero_shot/train-00000-of-00001.parquet"])
def test_a_file_of_an_adopted_repository_is_not_written_over(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, path: str
) -> None:
    hub.add(ID, {path: b"pasta: 200 g\n", "notes.txt": b"-"})
    with pytest.raises(PublishError, match=f"has a file {path} of its own"):
        publish(built(one_column, tmp_path, "zero_shot").path, ID, adopt=True)
    assert hub.tally.commits == 0


def test_a_tag_of_something_else_counts_as_a_version_and_the_release_comes_after_it(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    repo = hub.add(ID, {"old.csv": b"text\nan old film\n"})
    repo.tags |= {"v1.4.0": repo.head, "latest": repo.head, "v2": repo.head, "v01.9.9": repo.head}
    release = built(one_column, tmp_path, "zero_shot")
    with pytest.raises(PublishError, match=r"ask for a minor version, v1\.5\.0 at least"):
        publish(release.path, ID, adopt=True, bump="patch", check=False)
    assert publish(release.path, ID, adopt=True, check=False).version == Version(1, 5, 0)
    assert not publish(release.path, ID, check=False).new


def test_a_release_whose_tag_was_taken_gets_the_next_one(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    repo = hub.add(ID)
    elsewhere = repo.head

    def in_between(repo: Repository, branch: str) -> None:
        repo.tags.setdefault("v1.0.0", elsewhere)

    hub.before_commit = in_between
    with pytest.raises(PublishError, match="Publish again: the next free version is taken"):
        publish(release.path, ID, check=False)
    done = publish(release.path, ID, check=False)
    assert (done.version, done.new) == (Version(1, 1, 0), True)
    assert repo.tags == {"v1.0.0": elsewhere, "v1.1.0": repo.head}


def test_a_variant_may_be_proposed_to_an_empty_repository(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    repo = hub.add(ID)
    done = publish(built(one_column, tmp_path, "zero_shot").path, ID, create_pr=True, check=False)
    assert (done.version, done.new, done.verdict) == (None, True, None)
    assert "`zero_shot`: 12 train rows" in repo.pull_requests[1].description
    assert repo.pull_requests[1].title == "synth-builder: zero_shot"


def test_a_proposal_for_all_variants_leaves_the_settings_of_the_card(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    data = deepcopy(one_column)
    data["card"]["license"] = "mit"
    data["generation"]["seed"] = 9
    release = built(data, tmp_path, "zero_shot", out="second")
    publish(release.path, ID, create_pr=True, check=False)
    pull = hub.repositories[ID].pull_requests[1]
    recipe = yaml.safe_load(pull.head.files["recipe.yaml"].content)
    assert (recipe["card"]["license"], recipe["generation"]["seed"]) == ("cc-by-4.0", 9)


def test_a_check_that_was_interrupted_is_made_up_for(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    asked: list[dict[str, str]] = []

    def failing(source: str, arguments: dict[str, str], provenances: Any) -> None:
        asked.append(arguments)
        raise PublishError("no such luck")

    monkeypatch.setattr("synth_builder.publishing.place.verify", failing)
    for _ in range(2):
        with pytest.raises(PublishError, match="no such luck"):
            publish(release.path, ID)
    assert asked == [{"revision": "v1.0.0"}] * 2
    assert not publish(release.path, ID, check=False).new


def test_the_check_loads_from_the_hub_where_a_folder_has_the_name_of_the_repository(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ID).mkdir(parents=True)
    (tmp_path / ID / "train.csv").write_text("text,label\nanother film,negative\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert publish(built(one_column, tmp_path, "zero_shot").path, ID).version == Version(1, 0, 0)


def test_a_private_release_does_not_go_into_a_public_repository(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    second = built(one_column, tmp_path, "few_shot", out="second")
    with pytest.raises(PublishError, match="ada/films is there already, and public"):
        publish(second.path, ID, private=True, check=False)
    assert hub.tally.commits == 1
    hub.repositories[ID].private = True
    assert publish(second.path, ID, private=True, check=False).new


def test_a_storage_that_refuses_an_upload_is_told_in_a_sentence(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    hub.storage.order("PUT *", *[status(403)] * 20)
    with pytest.raises(PublishError) as error:
        publish(release.path, ID, check=False)
    assert "\n" not in str(error.value)
    assert hub.tally.commits == 0


@pytest.mark.parametrize("file", ["README.md", "scores/zero_shot.json"])
def test_a_local_file_that_is_no_text_is_named(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, file: str
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    (release.path / file).parent.mkdir(exist_ok=True)
    (release.path / file).write_bytes(b"caf\xe9")
    with pytest.raises(PublishError, match=f"{file}' is no UTF-8 text"):
        publish(release.path, ID)


@pytest.mark.parametrize(
    "damage",
    [
        {"splits": None},
        {"splits": {"train": {"rows": "many"}}},
        {"engine": "x"},
        {"task": {}},
        {"fingerprint": None},
        {"variant": "other"},
        {"measured": []},
        {"checker": {"engine": "tgi", "model": "m", "server": "s"}},
        {"corrected": []},
        {"corrected": {"train": {"rows_sha256": "a", "rows": 3, "changed": "many", "removed": 0}}},
        {"splits": {"train": dict.fromkeys(("rows", "bytes", "num_bytes"), 1) | {"file": "", "rows_sha256": ""}}},
    ],
)
def test_a_published_provenance_of_another_form_is_told(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, damage: dict[str, Any]
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    path = "provenance/zero_shot.json"
    repo = hub.repositories[ID]
    repo.commit({path: json.dumps({**json.loads(repo.read(path)), **damage}).encode()})
    repo.tags["v1.0.0"] = repo.head
    said = "provenance/zero_shot.json of ada/films is damaged"
    assert said in str(versions(ID).versions[0].problem)
    for act in (lambda: publish(release.path, ID), lambda: diff(release.path, ID)):
        with pytest.raises(PublishError, match=said):
            act()


def test_odd_front_matter_and_carriage_returns_are_kept_or_told(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    repo = hub.repositories[ID]
    text = repo.read("README.md").decode()
    front = yaml.safe_load(text.split("---\n")[1])
    front |= {"configs": "films", "tags": "кино", "dataset_info": {"features": []}, "extra_gated_prompt": "Hé\n\nho"}
    body = text.partition("\n---\n")[2] + "\nBy hand: 🎬.\n"
    odd = f"---\n{yaml.safe_dump(front, allow_unicode=True)}---\n{body}".replace("\n", "\r\n")
    repo.commit({"README.md": odd.encode()})
    done = publish(built(one_column, tmp_path, "few_shot", out="second").path, ID, check=False)
    assert done.version == Version(1, 1, 0)
    parts = read_card(repo.read("README.md").decode())
    assert [entry["config_name"] for entry in parts.front["configs"]] == ["zero_shot", "few_shot"]
    assert "кино" in parts.front["tags"] and "synthetic" in parts.front["tags"]
    assert parts.front["extra_gated_prompt"] == "Hé\n\nho"
    assert repo.read("README.md").decode().count("By hand: 🎬.") == 1


def test_a_card_and_a_changelog_that_are_gone_are_written_anew(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    repo = hub.repositories[ID]
    repo.commit({"README.md": None, "CHANGELOG.md": b""})
    publish(built(one_column, tmp_path, "few_shot", out="second").path, ID, check=False)
    assert repo.read("README.md").startswith(b"---\n")
    assert repo.read("CHANGELOG.md").startswith(b"# Changelog\n\n## v1.1.0")


def test_a_variant_whose_name_starts_like_anothers_leaves_that_alone(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    data = deepcopy(one_column)
    plain = data["variants"].pop("zero_shot")
    names = ["few", "few-1", "few.1", "few-labels-light"]
    data["variants"] = dict.fromkeys(names, plain)
    first = built(data, tmp_path)
    for name in names:
        picture = first.picture(name, "labels", "light")
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes(name.encode())
    publish(first.path, ID, check=False, rejections=True)
    repo = hub.repositories[ID]
    before = set(repo.head.files)
    publish(built(data, tmp_path, "few", out="second", reply=other_sentence).path, ID, check=False)
    gone = before - set(repo.head.files)
    assert gone <= {"pictures/few-labels-light.png", "rejections/few.parquet"}
    assert "pictures/few-labels-light.png" in gone


def test_weaker_measures_of_the_same_rows_make_no_version(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    provenance = release.read_provenance("zero_shot") or {}
    measured = provenance["measured"] | {"rows": provenance["measured"]["rows"] + 1, "languages": {"en": 16}}
    release.write_provenance("zero_shot", provenance | {"measured": measured})
    publish(release.path, ID, check=False)
    again = built(one_column, tmp_path, "zero_shot", out="again")
    assert not publish(again.path, ID, check=False).new


def test_a_local_card_of_an_odd_form_is_written_all_the_same_or_told(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    release.card.write_text("---\nconfigs: films\ntags: x\n1: 2\ndataset_info: 3\n---\nhi\n", encoding="utf-8")
    card(release.path, pictures=False)
    front = read_card(release.card.read_text(encoding="utf-8")).front
    assert (front[1], front["configs"][0]["config_name"]) == (2, "zero_shot")  # type: ignore[index]
    release.card.write_bytes(b"caf\xe9")
    with pytest.raises(ReleaseError, match=r"README\.md' is no UTF-8 text; save it as UTF-8"):
        card(release.path, pictures=False)
