"""`rebuild`: from the recipe in a published set to the same rows, or to a new draw."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth_builder import rebuild
from synth_builder.cli.main import main
from synth_builder.engines.base import Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import PublishError
from synth_builder.publishing.rebuilt import why_others
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.verbs.publish import publish
from tests.publishing.films import ID, built, half_other, other_sentences
from tests.servers.hub import HubServer
from tests.servers.hub_clients import offline
from tests.small_tasks import some_unusable


@pytest.fixture
def published(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> HubServer:
    """v1.0.0 with both variants; the current directory is an empty one, the real rows are where they were."""
    publish(built(one_column, tmp_path).path, ID, check=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return hub


@pytest.fixture
def real(tmp_path: Path) -> list[str]:
    """Settings that give the real rows."""
    return [f"real.train={tmp_path / 'train.csv'}", f"real.test={tmp_path / 'test.csv'}"]


def engine(reply: Callable[[Request], str] | None = None, revision: str = "0123abc") -> ScriptedEngine:
    return ScriptedEngine(reply or some_unusable(5), revision=revision)


def changed(hub: HubServer, path: str, change: Callable[[Any], None]) -> None:
    """Change a JSON file of the repository by hand, as v1.0.1."""
    repo = hub.repositories[ID]
    told = json.loads(repo.head.files[path].content)
    change(told)
    repo.tags["v1.0.1"] = repo.commit({path: json.dumps(told).encode()})


def test_the_published_rows_come_out_again(published: HubServer, real: list[str]) -> None:
    done = rebuild(ID, engine=engine(), overrides=real)
    assert (done.published, done.release) == ("ada/films@v1.0.0", Path("releases/films-rebuilt"))
    assert [(one.name, one.same, one.rows, one.equal) for one in done.variants] == [
        ("zero_shot", True, 16, 16),
        ("few_shot", True, 16, 16),
    ]
    assert all(one.reasons == () for one in done.variants)


def test_rows_that_people_corrected_after_the_build_are_told(
    published: HubServer, real: list[str], tmp_path: Path
) -> None:
    import pyarrow.parquet

    path = ReleaseFolder(tmp_path / "out").data("zero_shot", "train")
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).slice(2), path)
    publish(tmp_path / "out", ID, corrected=True, check=False)
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=real).variants
    assert (one.same, one.published_rows, one.rows, one.equal) == (False, 14, 16, 14)
    assert one.reasons == ("The published rows were corrected after the build: 2 rows taken out by hand.",)
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(revision="4"), overrides=real, fresh=True).variants
    assert len(one.reasons) == 2 and "Another revision of the model answered" in one.reasons[1]


def test_one_variant_of_one_version_into_a_folder(published: HubServer, real: list[str], tmp_path: Path) -> None:
    done = rebuild(f"{ID}@v1.0.0", ["few_shot"], engine=engine(), overrides=real, out=tmp_path / "again")
    assert [(one.name, one.same) for one in done.variants] == [("few_shot", True)]
    assert ReleaseFolder(tmp_path / "again").variants() == ["few_shot"]


def test_a_new_draw_has_other_rows_on_purpose(published: HubServer, real: list[str]) -> None:
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=real, new_draw=True).variants
    assert (one.same, one.equal, one.rows) == (False, 0, 16)
    assert one.reasons == ("A new draw was asked for: the seed is 4 in place of 3.",)
    (other,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=real, new_draw=True, seed=11).variants
    assert other.reasons == ("A new draw was asked for: the seed is 11 in place of 3.",)


def test_a_new_draw_moves_the_seeds_of_all_variants(
    hub: HubServer, one_column: dict[str, Any], tmp_path: Path, real: list[str]
) -> None:
    one_column["variants"]["again"] = {"strategy": "zero_shot", "generation": {"seed": 8}}
    publish(built(one_column, tmp_path, "zero_shot", "again").path, ID, check=False)
    done = rebuild(ID, engine=engine(), overrides=real, new_draw=True, seed=13, out=tmp_path / "drawn")
    assert [one.reasons for one in done.variants] == [
        ("A new draw was asked for: the seed is 13 in place of 3.",),
        ("A new draw was asked for: the seed is 18 in place of 8.",),
    ]


def test_a_server_that_does_not_repeat_itself_is_found_out(published: HubServer, real: list[str]) -> None:
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(half_other), overrides=real).variants
    assert not one.same and 0 < one.equal < 16
    (reason,) = one.reasons
    assert reason.startswith("The same was asked of the same model, so the server does not repeat itself")


def test_another_revision_of_the_model_is_named(published: HubServer, real: list[str]) -> None:
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(other_sentences, "456"), overrides=real).variants
    assert (one.same, one.equal) == (False, 0)
    assert one.reasons == ("Another revision of the model answered: 456 in place of 0123abc.",)


def test_the_same_texts_of_another_revision_are_told_as_such(published: HubServer, real: list[str]) -> None:
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(revision="456"), overrides=real).variants
    assert (one.same, one.same_texts) == (False, True)


def test_other_real_rows_are_named(published: HubServer, real: list[str], tmp_path: Path) -> None:
    lines = (tmp_path / "train.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "fewer.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    given = [f"real.train={tmp_path / 'fewer.csv'}", real[1]]
    (one,) = rebuild(ID, ["few_shot"], engine=engine(), overrides=given).variants
    assert one.reasons == ("The real train rows are not those that the published rows were made with.",)


def test_real_rows_that_are_left_out_are_named(published: HubServer, real: list[str]) -> None:
    without = [real[0], "real.test=null"]
    # One train row stands in the test rows, and may now be shown.
    (one,) = rebuild(ID, ["few_shot"], engine=engine(), overrides=without).variants
    assert one.reasons == (
        "The real train rows are not those that the published rows were made with.",
        "The published rows were made with real test rows, these without any.",
    )
    # Where no row was near a test row, nothing depends on them.
    (other,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=without).variants
    assert other.same


def test_a_setting_over_the_recipe_is_named(published: HubServer, real: list[str]) -> None:
    given = [*real, "generation.sampling.temperature=0.5"]
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=given).variants
    assert any(reason.startswith("generation.sampling.temperature is 0.5 in place of ") for reason in one.reasons)


def test_other_rules_for_rows_are_named(published: HubServer, real: list[str]) -> None:
    def older(told: dict[str, Any]) -> None:
        told["inputs"]["rows_version"] = 1
        told["fingerprint"] = told["identity"] = "0" * 16
        told["splits"]["train"]["rows_sha256"] = "0" * 64
        told["libraries"]["synth-builder"] = "0.0.1"

    changed(published, "provenance/zero_shot.json", older)
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=real).variants
    (reason,) = one.reasons
    assert reason.startswith("The published rows were made by the rules 1 of synth-builder 0.0.1, these by the rules ")


def test_what_an_older_provenance_does_not_tell_is_not_guessed(published: HubServer, real: list[str]) -> None:
    def older(told: dict[str, Any]) -> None:
        del told["inputs"]
        told["fingerprint"] = told["identity"] = "0" * 16
        told["splits"]["train"]["rows_sha256"] = "0" * 64

    changed(published, "provenance/zero_shot.json", older)
    (one,) = rebuild(ID, ["zero_shot"], engine=engine(), overrides=real).variants
    (reason,) = one.reasons
    assert reason.startswith("The published provenance does not tell what differs: the real rows, the task, or the")


def test_another_model_kind_of_server_and_form_are_named(published: HubServer, tmp_path: Path) -> None:
    old = ReleaseFolder(tmp_path / "out").read_provenance("zero_shot")
    assert old is not None
    new = {**old, "identity": "other", "prompt_form": "completion"}
    new["engine"] = {**old["engine"], "engine": "tgi", "model": "small", "server": "text-generation-inference"}
    assert list(why_others(old, new)) == [
        "Another kind of engine answered: 'tgi' in place of 'scripted'.",
        "Another model answered: 'small' in place of 'scripted'.",
        "Another kind of server answered: 'text-generation-inference' in place of 'synth-builder'.",
        "The prompts have the form 'completion' in place of 'chat': the server can do other things.",
    ]


def test_local_real_data_have_to_be_given_even_where_a_file_of_that_name_is_there(
    published: HubServer, tmp_path: Path
) -> None:
    message = (
        r"^The recipe of ada/films@v1\.0\.0 leans on the local files 'train\.csv' \(real\.train\) and 'test\.csv' "
        r"\(real\.test\), which are not published; give your own with --set real\.train=PATH --set real\.test=PATH\.$"
    )
    with pytest.raises(PublishError, match=message):
        rebuild(ID, engine=engine())
    (tmp_path / "elsewhere" / "test.csv").write_text("private", encoding="utf-8")
    with pytest.raises(PublishError, match=r"leans on the local file 'test\.csv' \(real\.test\), which is not"):
        rebuild(ID, ["zero_shot"], engine=engine())
    with pytest.raises(PublishError, match=r"--set real\.test=nowhere\.csv names no file that is there"):
        rebuild(ID, ["zero_shot"], engine=engine(), overrides=["real.test=nowhere.csv"])


def test_a_prompt_file_that_a_published_recipe_names_is_not_read(
    published: HubServer, real: list[str], tmp_path: Path
) -> None:
    repo = published.repositories[ID]
    (tmp_path / "elsewhere" / "secret.txt").write_text("secret", encoding="utf-8")
    text = repo.head.files["recipe.yaml"].content.decode()
    text = text.replace("    strategy: few_shot\n", "    strategy: few_shot\n    prompt_file: secret.txt\n")
    repo.tags["v1.0.1"] = repo.commit({"recipe.yaml": text.encode()})
    with pytest.raises(PublishError, match=r"names the prompt file 'secret\.txt', .* --set variants\.few_shot\."):
        rebuild(ID, ["zero_shot"], engine=engine(), overrides=real)


@pytest.mark.parametrize(
    ("repo", "given", "message"),
    [
        (f"{ID}@v2.0.0", {}, r"ada/films has no version v2\.0\.0\. It has: v1\.0\.0\."),
        ("ada/books", {}, "There is no dataset ada/books on the Hub"),
        (ID, {"variants": ["few_shots"]}, "no variant 'few_shots' that could be built again. Did you mean 'few_shot'"),
        (ID, {"seed": 5}, "The seed 5 is given, and no new draw is asked for; add --new-draw"),
        (ID, {"seed": 3, "new_draw": True}, r"3 is the seed of ada/films@v1\.0\.0; a new draw needs another one"),
    ],
)
def test_what_can_not_be_built_again_is_told_in_a_sentence(
    published: HubServer, real: list[str], repo: str, given: dict[str, Any], message: str
) -> None:
    with pytest.raises(PublishError, match=message):
        rebuild(repo, **{"engine": engine(), "overrides": real, **given})


def test_offline_is_told_in_a_sentence(published: HubServer, real: list[str]) -> None:
    with offline(), pytest.raises(PublishError, match=r"^ada/films can't be reached, because HF_HUB_OFFLINE is set"):
        rebuild(ID, engine=engine(), overrides=real)
    assert not Path("releases").exists()


def test_the_command_tells_whether_the_rows_are_the_same(
    published: HubServer, real: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replies = tmp_path / "replies.txt"
    replies.write_text("\n".join(f"Number {number} of all the films was fine." for number in range(400)), "utf-8")
    words = ["rebuild", ID, "--variant", "zero_shot", "--engine", "scripted", "--replies", str(replies)]
    words += ["--set", real[0], "--set", real[1]]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "zero_shot: other rows than ada/films@v1.0.0; 0 of its 16 are among the 16 here"
    assert lines[1].startswith("  - Another revision of the model answered: ")
    publish("releases/films-rebuilt", ID, check=False)
    assert main([*words, "--out", "third"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "zero_shot: the same 16 rows as ada/films@v1.1.0"
    assert main([*words, "--new-draw", "--seed", "9", "--out", "fourth"]) == 0
    assert "  - A new draw was asked for: the seed is 9 in place of 3." in capsys.readouterr().out
