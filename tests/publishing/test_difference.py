"""`diff`: two published versions, or a release folder and what is published."""

import json
from pathlib import Path
from typing import Any

import pytest

from synth_builder import diff
from synth_builder.cli.main import main
from synth_builder.errors import PublishError, ReleaseError
from synth_builder.verbs.publish import publish
from tests.publishing.films import ID, built, films_scores, half_other, other_sentences
from tests.servers.hub import HubServer

LABELS = [0, 1] * 10


@pytest.fixture
def first(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> HubServer:
    """v1.0.0: two variants; zero_shot has scores."""
    release = built(one_column, tmp_path)
    films_scores(LABELS, [0] * 20, [0] * 20).write(release.scores("zero_shot"))
    publish(release.path, ID, check=False)
    return hub


def test_two_versions_of_other_rows(first: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    again = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=half_other)
    publish(again.path, ID, check=False)
    found = diff(ID, "v1.0.0", "1.1.0")
    assert (found.before, found.after) == ("ada/films@v1.0.0", "ada/films@v1.1.0")
    assert (found.verdict, found.added, found.gone) == ("minor", (), ())
    assert found.changes == ("`zero_shot`: another revision of the model; 12 train rows, 4 validation rows.",)
    few_shot, zero_shot = found.variants["few_shot"], found.variants["zero_shot"]
    assert all(split.same and split.diversity_before is None for split in few_shot.splits.values())
    assert few_shot.making == ()
    train = zero_shot.splits["train"]
    assert (train.rows_before, train.rows_after) == (12, 12)
    assert 0 < train.stayed < 12 and train.new == train.gone == 12 - train.stayed
    assert train.labels_before == train.labels_after == {"negative": 6, "positive": 6}
    assert train.diversity_before is not None and train.diversity_before.rows == 12
    assert train.diversity_before != train.diversity_after
    assert zero_shot.making == (("revision", "0123abc", "456"),)
    # The scores of the old rows went with them.
    assert zero_shot.scores is None


def test_the_rows_that_stayed_are_those_that_both_hold(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    import datasets

    again = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=half_other)
    publish(again.path, ID, check=False)
    rows = []
    for tag in ("v1.0.0", "v1.1.0"):
        loaded = datasets.load_dataset(ID, "zero_shot", split="train", revision=tag)
        rows.append({(row["text"], row["label"]) for row in loaded})
    assert diff(ID, "1.0.0", "1.1.0").variants["zero_shot"].splits["train"].stayed == len(rows[0] & rows[1])


def test_a_release_is_compared_with_the_last_version_before_it_is_published(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["variants"]["few_shot"]["k"] = 3
    release = built(one_column, tmp_path, "few_shot", out="again")
    commits = first.tally.commits
    found = diff(release.path, ID)
    assert first.tally.commits == commits
    assert (found.after, found.verdict, found.gone) == (str(release.path), "minor", ())
    settings = {setting: (before, after) for setting, before, after in found.variants["few_shot"].making}
    assert settings["options.k"] == (2, 3)
    assert list(found.variants) == ["few_shot"]
    # What the rule says is what publish then does.
    done = publish(release.path, ID, check=False)
    assert (done.verdict, done.changes) == (found.verdict, found.changes)


def test_a_release_is_compared_with_a_version_that_is_named(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    again = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=other_sentences)
    publish(again.path, ID, check=False)
    release = built(one_column, tmp_path)
    assert diff(release.path, f"{ID}@v1.0.0").variants["zero_shot"].splits["train"].same
    assert diff(release.path, ID).variants["zero_shot"].splits["train"].stayed == 0


def test_scores_on_the_same_test_rows_are_tested(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("scipy")
    release = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=other_sentences)
    films_scores(LABELS, LABELS, LABELS).write(release.scores("zero_shot"))
    found = diff(release.path, ID).variants["zero_shot"].scores
    assert found is not None and found.regimes[0].comparison.verdict == "better"
    publish(release.path, ID, check=False)
    assert main(["diff", ID, "v1.1.0", "v1.0.0"]) == 0
    shown = capsys.readouterr().out
    assert "scores, synthetic: worse. Accuracy 1.000 -> 0.500 on 20 test rows: -0.500, 95 % interval -0." in shown
    assert "the bootstrap interval lies below 0, and McNemar's test agrees (p = 0.002)" in shown
    assert "right only before: 10 rows; right only after: 0 rows" in shown


def test_scores_on_other_test_rows_are_not_tested(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=other_sentences)
    films_scores(LABELS, LABELS, test="u" * 64).write(release.scores("zero_shot"))
    assert main(["diff", str(release.path), ID]) == 0
    assert "  No paired test: the test rows are not the same." in capsys.readouterr().out.splitlines()


def test_what_could_not_be_published_is_compared_all_the_same(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_column["task"]["description"] = "Another question."
    release = built(one_column, tmp_path, "zero_shot", out="again")
    assert main(["diff", str(release.path), ID]) == 0
    shown = capsys.readouterr().out
    assert "It can't be published as the next version: The task of this release differs" in shown
    assert "  fingerprint: " in shown


def test_the_command_prints_what_changed(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_column["generation"]["rows"]["train"] = 14
    release = built(one_column, tmp_path, "zero_shot", out="again", reply=other_sentences)
    assert main(["diff", str(release.path), ID]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"ada/films@v1.0.0 -> {release.path}"
    assert lines[1] == "By the rule for versions: minor"
    assert "  train: 12 -> 14 rows: 0 stayed, 14 new, 12 gone" in lines
    assert "    labels: negative 6, positive 6 -> negative 7, positive 7" in lines
    assert any(line.startswith("    diversity, of 12 rows each: distinct-2 ") for line in lines)
    assert "  generation.rows.train: 12 -> 14" in lines


def test_the_same_release_makes_no_version(
    first: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(tmp_path / "out"), ID]) == 0
    shown = capsys.readouterr().out
    assert "Nothing is different that makes a version." in shown
    assert shown.count("  train: the same 12 rows") == 2
    assert shown.count("  made in the same way, by the same model") == 2


def test_the_difference_for_machines(first: HubServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(tmp_path / "out"), ID, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["variants"]["few_shot"]["splits"]["train"]["stayed"]) == (None, 12)


def test_variants_that_are_new_or_gone(first: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    one_column["variants"]["more"] = {"strategy": "zero_shot", "generation": {"seed": 9}}
    release = built(one_column, tmp_path, "more", out="again")
    assert diff(release.path, ID).added == ("more",)
    publish(release.path, ID, check=False)
    assert diff(ID, "v1.0.0", "v1.1.0").added == ("more",)
    assert diff(ID, "v1.1.0", "v1.0.0").gone == ("more",)
    assert diff(ID, "v1.1.0", "v1.0.0").verdict == "major"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((ID, "v1.0.0", "v3.0.0"), r"ada/films has no version v3\.0\.0\. It has: v1\.0\.0\."),
        ((ID, "one", "v1.0.0"), "'one' is no version"),
        ((f"{ID}@v1.0.0", "v1.0.0", "v1.0.0"), "names a version, and two others follow; give 'ada/films'"),
        ((ID, "v1.0.0"), "'ada/films' is no release folder. Give the folder of a release and a repository"),
        (("ada/books", "v1.0.0", "v1.1.0"), "There is no dataset ada/books on the Hub"),
    ],
)
def test_what_can_not_be_compared_is_told_in_a_sentence(
    first: HubServer, words: tuple[str, ...], message: str
) -> None:
    with pytest.raises(PublishError, match=message):
        diff(*words)


def test_a_folder_that_is_no_release_is_refused(first: HubServer, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ReleaseError, match="is no release: it has no recipe"):
        diff(tmp_path / "empty", ID)


def test_a_repository_without_a_version_is_told(hub: HubServer, one_column: dict[str, Any], tmp_path: Path) -> None:
    hub.add(ID)
    with pytest.raises(PublishError, match="ada/films has no version yet"):
        diff(built(one_column, tmp_path, "zero_shot").path, ID)


def test_rows_that_are_gone_from_the_hub_are_told_in_a_sentence(
    first: HubServer, one_column: dict[str, Any], tmp_path: Path
) -> None:
    repo = first.repositories[ID]
    path = "data/zero_shot/train-00000-of-00001.parquet"
    repo.tags["v1.0.1"] = repo.commit({path: None})
    again = built(one_column, tmp_path, "zero_shot", out="again", revision="456", reply=other_sentences)
    with pytest.raises(PublishError, match=r"The rows of 'zero_shot' of ada/films@v1\.0\.1 can't be loaded"):
        diff(again.path, ID)
