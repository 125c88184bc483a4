import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")
pytest.importorskip("cleanlab")

import datasets
import pyarrow.parquet

import synth_builder
from synth_builder.cli import label_quality as command
from synth_builder.engines.base import EngineSettings
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import ScoringError, UnknownNameError
from synth_builder.publishing.local import local_state, variant_files
from synth_builder.recipes.recipe import Recipe
from synth_builder.releases.folder import ReleaseFolder
from synth_builder.scoring.label_quality.results import LabelQuality
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.verbs.build import build_variants
from synth_builder.verbs.label_quality import label_quality
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.small_tasks import sentence_of_the_seed
from tests.verbs.toy_release import NAMES, write_csv, write_release, write_rows

PAGE = Path(__file__).parents[2] / "docs" / "label-quality.md"
PLANTED = (3, 10, 20, 31, 44)
ROWS = toy_rows(100, "row", start=400)
WRONG = TextRows(
    ROWS.texts, tuple(1 - label if n in PLANTED else label for n, label in enumerate(ROWS.labels)), ROWS.ids
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A release whose variant few_shot has five wrong labels among 100 rows; 80 real training and 40 test rows."""
    folder = write_release(tmp_path / "toy-release")
    write_rows(folder / "data" / "few_shot" / "train-00000-of-00001.parquet", WRONG)
    write_csv(folder / "real" / "train.csv", toy_rows(80, start=200), "sentence")
    write_csv(folder / "real" / "test.csv", toy_rows(40, start=300), "sentence")
    return folder


def test_every_variant_is_judged_and_written_beside_its_scores(toy: Path) -> None:
    found = label_quality(toy, classifier="tfidf")
    assert list(found) == ["few_shot", "zero_shot"]
    for variant, quality in found.items():
        assert LabelQuality.read(toy / "scores" / f"{variant}.labels.json") == quality
        rows = pyarrow.parquet.read_table(toy / "scores" / f"{variant}.labels.parquet").to_pydict()
        assert len(rows["id"]) == quality.synthetic.rows
    rows = pyarrow.parquet.read_table(toy / "scores" / "few_shot.labels.parquet").to_pydict()
    assert [row for row, issue in zip(rows["id"], rows["issue"], strict=True) if issue] == [
        WRONG.ids[place] for place in PLANTED
    ]
    assert found["few_shot"].real is not None and found["few_shot"].real.reference == "real/train.csv"
    assert found["zero_shot"].likely_wrong.hits == 0


def test_the_embeddings_of_an_encoder_are_the_other_way(toy: Path, tmp_path: Path) -> None:
    tiny = save_tiny_encoder(tmp_path / "tiny-encoder")
    found = label_quality(toy, ["few_shot"], classifier=str(tiny), cache=tmp_path / "embeddings")["few_shot"]
    assert (found.method, found.classifier.name) == ("probe", "tiny-encoder")
    assert {row.id for row in found.doubtful if row.likely_wrong} == {WRONG.ids[place] for place in PLANTED}
    assert list((tmp_path / "embeddings").glob("*.npy"))


def test_a_clean_copy_holds_the_other_rows_with_all_columns_and_labels(toy: Path, tmp_path: Path) -> None:
    label_quality(toy, ["few_shot"], classifier="tfidf", write_clean=tmp_path / "clean" / "rows.parquet")
    clean = datasets.load_dataset("parquet", data_files=str(tmp_path / "clean" / "rows.parquet"), split="train")
    assert clean["id"] == [row for place, row in enumerate(WRONG.ids) if place not in PLANTED]
    assert clean.features["label"].names == NAMES
    with pytest.raises(ScoringError, match="and 2 are asked for: few_shot, zero_shot"):
        label_quality(toy, classifier="tfidf", write_clean=tmp_path / "both.parquet")


def test_the_lines_of_the_page_drop_the_same_rows(toy: Path) -> None:
    label_quality(toy, ["few_shot"], classifier="tfidf")
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    names: dict[str, Any] = {}
    assert "releases/films" in code
    exec(code.replace("releases/films", str(toy)), names)
    assert names["clean"]["id"] == [row for place, row in enumerate(WRONG.ids) if place not in PLANTED]


def test_anybodys_dataset_is_judged_without_a_recipe(toy: Path, tmp_path: Path) -> None:
    mine = tmp_path / "anybodys"
    write_rows(mine / "train.parquet", WRONG)
    write_csv(tmp_path / "real.csv", toy_rows(80, start=200), "text")
    found = label_quality(mine, classifier="tfidf", real=str(tmp_path / "real.csv"))["default"]
    assert {row.id for row in found.doubtful} == {WRONG.ids[place] for place in PLANTED}
    assert found.test is None and found.groups == ()
    assert not (mine / "scores").exists()


def test_out_takes_the_summaries_in_place_of_the_release(toy: Path, tmp_path: Path) -> None:
    found = label_quality(toy, classifier="tfidf", out=tmp_path / "all" / "found.json")
    written = json.loads((tmp_path / "all" / "found.json").read_text(encoding="utf-8"))
    assert {variant: LabelQuality.model_validate(one) for variant, one in written.items()} == found
    assert not (toy / "scores").exists()


def test_what_can_not_be_judged_is_refused_before_anything_is_trained(toy: Path) -> None:
    with pytest.raises(ScoringError, match="A list of -1 rows is asked for"):
        label_quality(toy, top=-1)
    with pytest.raises(UnknownNameError, match="Did you mean 'few_shot'"):
        label_quality(toy, ["few_shots"], classifier="tfidf")
    path = toy / "data" / "zero_shot" / "train-00000-of-00001.parquet"
    write_rows(path, toy_rows(16).take(range(0, 16, 2)))
    with pytest.raises(ScoringError, match=r"^The 8 rows of the variant 'zero_shot' of 'toy-release' have 1 label;"):
        label_quality(toy, classifier="tfidf")
    assert not (toy / "scores").exists()
    (toy / "bad.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ScoringError, match="can't be read as a summary of label quality"):
        LabelQuality.read(toy / "bad.json")


def test_a_release_tells_its_topics_and_a_new_build_forgets_what_was_found(
    one_column: dict[str, Any], tmp_path: Path
) -> None:
    one_column["variants"] = {"topics": {"strategy": "zero_shot_topic", "topics": 2}}
    one_column["generation"]["rows"] = {"train": 60}
    release = ReleaseFolder(tmp_path / "out")

    def build(seed: int) -> None:
        recipe = Recipe.from_dict(
            one_column | {"generation": one_column["generation"] | {"seed": seed}}, directory=tmp_path
        )
        topics = "1. Boats\n2. Trains\n3. Rain"
        engine = ScriptedEngine(
            lambda asked: topics if "diverse topics" in str(asked) else sentence_of_the_seed(asked), revision="1"
        )
        build_variants(recipe, ["topics"], release, engine, EngineSettings(), fresh=True)

    build(3)
    found = label_quality(release.path, classifier="tfidf")["topics"]
    assert {group.kind for group in found.groups} == {"topic"} and len(found.groups) == 2
    assert sum(group.agreement.rows for group in found.groups) == 60
    assert found.agreement is not None
    assert sum(group.agreement.hits for group in found.groups) == found.agreement.hits
    # What is published is the rows and their score, not what was found about single rows.
    state = local_state(release)
    published = variant_files(release, state, "topics")
    assert published and not [path for path in published if "labels" in path]
    build(4)
    assert not release.label_quality("topics").exists() and not release.row_labels("topics").exists()


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([*words, "--classifier", "tfidf"])


def test_the_command_prints_a_report_that_ends_with_advice(
    toy: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(toy), "--variant", "few_shot", "--top", "3", "--write-clean", str(tmp_path / "x.parquet")]
    assert command.run(asked(*words)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "=== few_shot of toy-release: 100 rows; logistic regression on tfidf ==="
    assert "3 of 5 doubtful rows by self-confidence; ! likely wrong:" in lines
    assert len([line for line in lines if line.startswith("!  row:")]) == 3
    assert lines[-2].startswith("-> 5 of 100 rows (5.0%) look mislabelled;")
    assert lines[-1] == f"95 rows written to {tmp_path / 'x.parquet'}"


def test_the_command_prints_json_with_whole_texts(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(asked(str(toy), "--json")) == 0
    printed = json.loads(capsys.readouterr().out)
    found = LabelQuality.model_validate(printed["few_shot"])
    assert {row.texts for row in found.doubtful} == {WRONG.texts[place] for place in PLANTED}


def test_the_verb_is_a_function_of_the_package() -> None:
    assert synth_builder.label_quality is label_quality
