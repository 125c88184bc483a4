"""`publish` with the real client and a loopback Hub: versions, and what becomes of what others wrote."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from synth_builder.errors import PublishError
from synth_builder.publishing.version import Version
from synth_builder.releases.card.card import write_card
from synth_builder.releases.pictures.score_pictures import draw_score_pictures
from synth_builder.scoring.results.scores import Scores
from synth_builder.verbs.card import card
from synth_builder.verbs.publish import publish
from tests.publishing.releases import ID, built, other_sentence
from tests.releases.card_reading import read_card
from tests.releases.scored import with_curves
from tests.scoring.results.test_scores import scores
from tests.servers.hub import HubServer
from tests.servers.hub_clients import in_child

DATA = "data/{}/{}-00000-of-00001.parquet"


def test_a_first_version_is_one_commit_and_a_tag(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path)
    done = publish(release.path, ID)
    assert (done.version, done.new, done.verdict) == (Version(1, 0, 0), True, None)
    repo = hub.repositories[ID]
    assert hub.tally.commits == 1 and not repo.private
    assert repo.tags["v1.0.0"] is repo.head
    assert sorted(repo.head.files) == [
        ".gitattributes",
        "CHANGELOG.md",
        "README.md",
        *(DATA.format(name, split) for name in ("few_shot", "zero_shot") for split in ("train", "validation")),
        "provenance/few_shot.json",
        "provenance/zero_shot.json",
        "recipe.yaml",
    ]
    for name in ("few_shot", "zero_shot"):
        assert repo.read(DATA.format(name, "train")) == release.data(name, "train").read_bytes()
    text = repo.read("CHANGELOG.md").decode()
    assert text.startswith("# Changelog\n\n## v1.0.0 (20")
    assert "- `zero_shot`: 12 train rows, 4 validation rows by `zero_shot` with scripted.\n" in text
    assert f'load_dataset("{ID}", "zero_shot")' in repo.read("README.md").decode()
    assert hub.unknown == []


def test_what_was_not_used_is_published_when_asked_for(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, rejections=True, private=True, check=False)
    assert "rejections/zero_shot.parquet" in hub.repositories[ID].head.files
    assert hub.repositories[ID].private


def test_what_was_not_used_may_follow_the_rows_as_a_patch(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path)
    publish(release.path, ID, check=False)
    done = publish(release.path, ID, rejections=True, variants=["zero_shot"], check=False)
    assert (done.version, done.verdict) == (Version(1, 0, 1), "patch")
    assert done.changes == ("`zero_shot`: what was not used is published, too.",)
    repo = hub.repositories[ID]
    assert repo.read("rejections/zero_shot.parquet") == release.rejections("zero_shot").read_bytes()
    assert "rejections/few_shot.parquet" not in repo.head.files
    assert not publish(release.path, ID, rejections=True, variants=["zero_shot"], check=False).new
    release.rejections("few_shot").unlink()
    done = publish(release.path, ID, rejections=True, check=False)
    assert not done.new
    assert [note for note in done.notes if "has no rejections/few_shot.parquet, so what was not used" in note]


def test_a_new_variant_is_minor_and_leaves_the_others_as_they_are(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    repo = hub.repositories[ID]
    before = dict(repo.head.files)
    # Somebody else's recipe has just the new variant, and other defaults.
    alone = deepcopy(one_column)
    del alone["variants"]["zero_shot"]
    alone["generation"] |= {"seed": 7, "sampling": {"temperature": 0.5}}
    done = publish(built(alone, tmp_path, out="other").path, ID)
    assert (done.version, done.verdict) == (Version(1, 1, 0), "minor")
    assert done.changes[0].startswith("`few_shot`: 12 train rows, 4 validation rows by `few_shot` with scripted")
    after = repo.head.files
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    assert changed == {
        "CHANGELOG.md",
        "README.md",
        "recipe.yaml",
        "provenance/few_shot.json",
        DATA.format("few_shot", "train"),
        DATA.format("few_shot", "validation"),
    }
    recipe = yaml.safe_load(repo.read("recipe.yaml"))
    assert list(recipe["variants"]) == ["zero_shot", "few_shot"]
    assert recipe["generation"]["seed"] == 3
    assert recipe["variants"]["few_shot"]["generation"]["seed"] == 7
    assert recipe["variants"]["few_shot"]["generation"]["sampling"]["temperature"] == 0.5
    card = read_card(repo.read("README.md").decode())
    assert [entry["config_name"] for entry in card.front["configs"]] == ["zero_shot", "few_shot"]
    assert [entry.get("default", False) for entry in card.front["configs"]] == [True, False]
    assert sorted(entry["config_name"] for entry in card.front["dataset_info"]) == ["few_shot", "zero_shot"]
    assert "### zero_shot" in card.headings
    assert "<summary>few_shot</summary>" in repo.read("README.md").decode()
    changelog = repo.read("CHANGELOG.md").decode()
    assert changelog.index("## v1.1.0") < changelog.index("## v1.0.0")
    code = f"""
        from datasets import get_dataset_config_names, load_dataset
        print(get_dataset_config_names({ID!r}, revision="v1.0.0"), get_dataset_config_names({ID!r}, revision="v1.1.0"))
        print(load_dataset({ID!r}, "zero_shot", revision="v1.0.0")["train"].num_rows)
        print(load_dataset({ID!r}, "few_shot", revision="v1.1.0")["validation"].num_rows)
    """
    printed = in_child(code, hub.url, tmp_path / "child").splitlines()
    assert printed == ["['zero_shot'] ['zero_shot', 'few_shot']", "12", "4"]


def test_an_unchanged_release_makes_no_version(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    release = built(one_column, tmp_path)
    publish(release.path, ID, check=False)
    again = publish(release.path, ID, check=False)
    assert (again.version, again.new, again.changes) == (Version(1, 0, 0), False, ())
    # Built again somewhere else, from the same replies: the same rows.
    assert not publish(built(one_column, tmp_path, out="again").path, ID, check=False).new
    assert hub.tally.commits == 1
    assert list(hub.repositories[ID].tags) == ["v1.0.0"]


@pytest.mark.parametrize(
    ("what", "version", "said"),
    [
        ("rows", "1.0.1", "corrected rows of the same recipe"),
        ("recipe", "1.1.0", "another recipe"),
        ("revision", "1.1.0", "another revision of the model"),
        ("labels", "2.0.0", "other columns or labels"),
        ("scores", "1.0.1", "first scores"),
        ("licence", "1.0.1", "Card: `license` is another one"),
        ("by hand", "1.0.1", "Hand-written sections"),
    ],
)
def test_the_version_follows_from_what_changed(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, what: str, version: str, said: str
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    data, arguments = deepcopy(one_column), dict[str, Any]()
    match what:
        case "rows":
            arguments["reply"] = other_sentence
        case "recipe":
            data["generation"]["seed"] = 4
        case "revision":
            arguments["revision"] = "4567def"
        case "labels":
            data["task"]["labels"]["mixed"] = "the writer is of two minds"
        case "licence":
            data["card"]["license"] = "mit"
    release = built(data, tmp_path, "zero_shot", **arguments)
    if what == "scores":
        scores("zero_shot").write(release.scores("zero_shot"))
    if what == "by hand":
        write_card(release, "## From the cinema\n\nBy a person.")
    done = publish(release.path, ID, check=False)
    assert str(done.version) == version
    assert [line for line in done.changes if said in line]


def test_an_old_copy_of_a_variant_takes_nothing_back(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    adas = built(one_column, tmp_path)
    publish(adas.path, ID, check=False)
    bobs = built(one_column, tmp_path, "zero_shot", out="bobs", reply=other_sentence)
    publish(bobs.path, ID, check=False)
    # Ada builds one variant anew; her folder still has the other one as it was.
    built(one_column, tmp_path, "few_shot", reply=other_sentence)
    for proposing in (False, True):
        with pytest.raises(
            PublishError, match=r"has the rows of 'zero_shot' that ada/films had in v1\.0\.0; other ones .* --variant"
        ):
            publish(adas.path, ID, create_pr=proposing, check=False)
    done = publish(adas.path, ID, variants=["few_shot"], check=False)
    assert str(done.version) == "1.0.2" and "`few_shot`: corrected rows" in done.changes[0]
    repo = hub.repositories[ID]
    path = DATA.format("zero_shot", "train")
    assert repo.read(path) == bobs.data("zero_shot", "train").read_bytes()
    assert str(publish(adas.path, ID, variants=["zero_shot"], check=False).version) == "1.0.3"
    assert repo.read(path) == adas.data("zero_shot", "train").read_bytes()


def test_scores_are_published_and_go_with_the_rows_they_belong_to(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    scores("zero_shot").write(release.scores("zero_shot"))
    publish(release.path, ID, check=False)
    repo = hub.repositories[ID]
    assert repo.read("scores/zero_shot.json") == release.scores("zero_shot").read_bytes()
    assert "0.800 ± 0.100" in repo.read("README.md").decode()
    # A release without scores, of the same rows, does not take them away; one of other rows does.
    publish(built(one_column, tmp_path, "few_shot", out="second").path, ID, check=False)
    assert "scores/zero_shot.json" in repo.head.files
    publish(built(one_column, tmp_path, "zero_shot", reply=other_sentence, out="third").path, ID, check=False)
    assert "scores/zero_shot.json" not in repo.head.files
    assert "0.800 ± 0.100" not in repo.read("README.md").decode()


def test_pictures_of_scores_go_out_and_away_with_them(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    release = built(one_column, tmp_path, "zero_shot")

    def published(found: Scores | None, **drawing: bool) -> tuple[list[str], tuple[str, ...]]:
        if found is not None:
            found.write(release.scores("zero_shot"))
            draw_score_pictures(release, "zero_shot", found, **drawing)
        done = publish(release.path, ID, check=False)
        files = hub.repositories[ID].head.files
        text = hub.repositories[ID].read("README.md").decode()
        shown = [path for path in files if path.startswith("pictures/") and path in text]
        assert shown == [path for path in files if path.startswith("pictures/")]
        return sorted({path.rsplit("-", 1)[0] for path in shown}), done.changes

    curve, confusion = "pictures/zero_shot-curve", "pictures/zero_shot-confusion"
    first = with_curves("zero_shot")
    assert published(first, draw=False)[0] == []
    # Drawn later, of the same scores.
    assert published(first) == ([confusion, curve], ("`zero_shot`: pictures of the scores on the card.",))
    before = hub.repositories[ID].read(f"{curve}-light.png")
    assert published(None) == ([confusion, curve], ())
    # Another publisher, of another variant: they stay.
    publish(built(one_column, tmp_path, "few_shot", out="second").path, ID, check=False)
    assert f"{curve}-light.png" in hub.repositories[ID].read("README.md").decode()
    # Other scores: what shows the old ones goes, be there new ones or not.
    assert published(with_curves("zero_shot", alone=0.71)) == ([confusion, curve], ("`zero_shot`: new scores.",))
    assert hub.repositories[ID].read(f"{curve}-light.png") != before
    assert published(with_curves("zero_shot", alone=0.72), draw=False)[0] == [confusion]
    old = with_curves("zero_shot", alone=0.73)
    old.write(release.scores("zero_shot"))
    draw_score_pictures(release, "zero_shot", old)
    last = with_curves("zero_shot", alone=0.74)
    last.write(release.scores("zero_shot"))  # the folder has pictures of others
    assert published(None)[0] == [confusion]
    # Another model that comes to the same scores: they come with its rows.
    release = built(one_column, tmp_path, "zero_shot", out="third", revision="4567def")
    assert published(last)[0] == [confusion, curve]


def test_scores_that_come_with_the_rows_stay_though_they_are_the_published_ones(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    for revision in ("0123abc", "4567def"):
        release = built(one_column, tmp_path, "zero_shot", out=revision, revision=revision)
        scores("zero_shot").write(release.scores("zero_shot"))
        publish(release.path, ID, check=False)
    assert "scores/zero_shot.json" in hub.repositories[ID].head.files


def test_a_smaller_bump_than_the_rule_is_refused_unless_insisted_on(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    release = built(one_column, tmp_path, "few_shot", out="second")
    with pytest.raises(PublishError, match=r"ask for a minor version, v1\.1\.0 at least; v1\.0\.1 would"):
        publish(release.path, ID, bump="patch", check=False)
    with pytest.raises(PublishError, match=r"v1\.0\.0 of ada/films is published already.*next free one.* v1\.1\.0"):
        publish(release.path, ID, version="1.0.0", check=False)
    with pytest.raises(PublishError, match=r"v0\.9\.0 lies before v1\.0\.0"):
        publish(release.path, ID, version="0.9.0", force_version=True, check=False)
    with pytest.raises(PublishError, match=r"'1\.x' is no version; expected three numbers"):
        publish(release.path, ID, version="1.x")
    assert hub.tally.commits == 1
    assert publish(release.path, ID, bump="patch", force_version=True, check=False).version == Version(1, 0, 1)
    third = built(one_column, tmp_path, "few_shot", reply=other_sentence, out="third")
    assert publish(third.path, ID, version="v3.0.0", check=False).version == Version(3, 0, 0)


def test_what_others_wrote_into_the_card_in_between_is_kept(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    write_card(release, "## From the cinema\n\nBy a person.")
    publish(release.path, ID, check=False)
    repo = hub.repositories[ID]
    text = repo.read("README.md").decode()
    text = text.replace("license: cc-by-4.0", "license: mit\nextra_gated_prompt: Say who you are.")
    text = text.replace("tags:\n", "tags:\n- cinema\n").replace("By a person.", "By two persons.")
    other = "- config_name: by_others\n  data_files: others.csv\n"
    text = text.replace("configs:\n", f"configs:\n{other}")
    text = text.replace("<!-- computed: rows: begin -->", "A remark.\n\n<!-- computed: rows: begin -->")
    repo.commit({"README.md": text.encode(), "others.csv": b"text\nhello\n"})
    done = publish(built(one_column, tmp_path, "few_shot", out="second").path, ID)
    published = repo.read("README.md").decode()
    card = read_card(published)
    assert card.front["license"] == "mit"
    assert card.front["extra_gated_prompt"] == "Say who you are."
    assert "cinema" in card.front["tags"] and "few_shot" in card.front["tags"]
    assert [entry["config_name"] for entry in card.front["configs"]] == ["zero_shot", "few_shot", "by_others"]
    assert "By two persons." in published and "By a person." not in published
    assert published.index("A remark.") < published.index("## Rows")
    assert "others.csv" in repo.head.files
    assert [note for note in done.notes if "'license' was changed to 'mit'" in note]


def test_a_repository_of_somebody_else_is_refused_unless_adopted(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    card = b"---\nlicense: mit\nconfigs:\n- config_name: old\n  data_files: old.csv\n---\n# Old films\n"
    repo = hub.add(ID, {"README.md": card, "old.csv": b"text\nan old film\n"})
    release = built(one_column, tmp_path, "zero_shot")
    with pytest.raises(PublishError, match=r"no release of synth-builder \(README.md, old.csv\).*--adopt"):
        publish(release.path, ID)
    assert hub.tally.commits == 0
    assert publish(release.path, ID, adopt=True).version == Version(1, 0, 0)
    published = read_card(repo.read("README.md").decode())
    assert [entry["config_name"] for entry in published.front["configs"]] == ["zero_shot", "old"]
    assert published.front["license"] == "mit"
    assert published.headings[:2] == ["# Old films", "# Films, synthetic"]
    assert repo.read("old.csv") == b"text\nan old film\n"
    # From now on it is ours.
    publish(built(one_column, tmp_path, "few_shot", out="second").path, ID, check=False)


def test_another_recipe_does_not_go_into_the_same_repository(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    publish(built(one_column, tmp_path, "zero_shot").path, ID, check=False)
    renamed = deepcopy(one_column) | {"name": "theatre"}
    with pytest.raises(PublishError, match="published recipe is called 'films', this one 'theatre'"):
        publish(built(renamed, tmp_path, "few_shot", out="b").path, ID)
    other = deepcopy(one_column)
    other["task"]["description"] = "Decide whether a film is good."
    with pytest.raises(
        PublishError, match="differs from the published one in: description; 'zero_shot' would not fit"
    ):
        publish(built(other, tmp_path, "few_shot", out="c").path, ID)
    # All of it anew, with another task: that is a new version.
    assert publish(built(other, tmp_path, out="d").path, ID, check=False).version == Version(1, 1, 0)


def test_a_release_that_is_not_what_was_built_is_refused(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    with pytest.raises(PublishError, match=r"has no variant 'zero_shoot'\. Did you mean 'zero_shot'"):
        publish(release.path, ID, variants=["zero_shoot"])
    release.data("zero_shot", "train").write_bytes(release.data("zero_shot", "validation").read_bytes())
    with pytest.raises(PublishError, match="is not the file that was built"):
        publish(release.path, ID)
    release.data("zero_shot", "train").unlink()
    with pytest.raises(PublishError, match="is missing; its provenance would not be true"):
        publish(release.path, ID)
    assert ID not in hub.repositories


def test_rows_that_come_back_as_others_are_an_error(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    release = built(one_column, tmp_path, "zero_shot")
    provenance = release.read_provenance("zero_shot") or {}
    provenance["splits"]["validation"]["rows_sha256"] = "0" * 64
    release.provenance("zero_shot").write_text(json.dumps(provenance), encoding="utf-8")
    with pytest.raises(PublishError, match=r"is not what was built \(splits: validation\)"):
        publish(release.path, ID)


def test_pictures_go_along_with_addresses_of_their_version(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    release = built(one_column, tmp_path, "zero_shot")
    publish(release.path, ID, check=False)
    card(release.path, pictures=True)
    done = publish(release.path, ID, check=False)
    assert (str(done.version), done.changes) == ("1.0.1", ("`zero_shot`: measures or pictures on the card.",))
    repo = hub.repositories[ID]
    for theme in ("light", "dark"):
        path = f"pictures/zero_shot-labels-{theme}.png"
        assert repo.read(path) == (release.path / path).read_bytes()
        assert f'"{hub.url}/datasets/{ID}/resolve/v1.0.1/{path}"' in repo.read("README.md").decode()
    assert not publish(release.path, ID, check=False).new
    # Other rows: the pictures go with the old ones, those of a variant with a longer name stay.
    repo.commit({"pictures/zero_shot-long-labels-dark.png": b"-"})
    publish(built(one_column, tmp_path, "zero_shot", out="b", reply=other_sentence).path, ID, check=False)
    left = [path for path in repo.head.files if path.startswith("pictures/")]
    assert left == ["pictures/zero_shot-long-labels-dark.png"]
    assert "<picture>" not in repo.read("README.md").decode()
