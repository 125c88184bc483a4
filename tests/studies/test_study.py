from pathlib import Path

import pytest

from synth_builder.errors import StudyError
from synth_builder.studies.study import Study
from tests.studies.small_study import write_study

LEAST = "name: films\ntasks: {sst2: sst2.yaml}\n"


def load(folder: Path, text: str, *overrides: str) -> Study:
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    return Study.load(path, overrides)


def test_the_least_study_has_the_grid_of_the_case_study(tmp_path: Path) -> None:
    study = load(tmp_path, LEAST)
    assert study.tasks["sst2"].recipe == "sst2.yaml"
    assert study.regimes == ("synthetic", "real", "augmented")
    assert study.real_rows == (100, 1000)
    assert study.seeds == 3
    assert [each.title for each in study.classifiers] == ["minilm fine-tuning"]
    assert study.directory == tmp_path.resolve()


def test_sizes_and_shares_stand_in_order_and_once(tmp_path: Path) -> None:
    study = load(tmp_path, LEAST + "real_rows: [1000, 100, 100]\nreal_share: {rows: 40, shares: [100, 0, 50]}\n")
    assert study.real_rows == (100, 1000)
    assert study.real_share is not None and study.real_share.shares == (0, 50, 100)


def test_settings_over_a_study(tmp_path: Path) -> None:
    study = load(tmp_path, LEAST, "seeds=1", "engine.endpoint=http://127.0.0.1:8080")
    assert study.seeds == 1
    assert study.engine.endpoint == ("http://127.0.0.1:8080",)


def test_replies_of_a_script_lie_beside_the_study(tmp_path: Path) -> None:
    study = load(tmp_path, LEAST, "engine.name=scripted", "engine.replies=replies.txt")
    assert study.engine.replies == str(tmp_path.resolve() / "replies.txt")
    assert study.directory == tmp_path.resolve()


@pytest.mark.parametrize(
    ("classifier", "title"),
    [
        ("{classifier: tfidf}", "tfidf"),
        ("{classifier: minilm, method: probe}", "minilm probe"),
        ("{classifier: ada/encoder, loss: imp}", "ada/encoder fine-tuning, imp"),
    ],
)
def test_classifiers_have_names_for_tables(tmp_path: Path, classifier: str, title: str) -> None:
    study = load(tmp_path, LEAST + f"classifiers: [{classifier}]\n")
    assert study.classifiers[0].title == title


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("classifiers: []", "no classifier is named"),
        ("regimes: []", "no regime is asked for"),
        ("regimes: [reel]", "regimes"),
        ("seeds: 0", "seeds"),
        ("real_share: {rows: 3}", "real_share.rows"),
        ("language_model: {test_rows: 5}", "language_model.test_rows"),
        ("language_model: {demonstrations: [-1]}", "0 or more"),
        ("subjectivity: {annotations: {other: x.csv}}", "no task of the study"),
        ("engine: {api_key: secret}", "api_key_env"),
        ("variants: []", "variants: no variant is named; leave the key out for all of each recipe"),
        ("engine: {name: scripted}", "the engine 'scripted' needs the key replies"),
        ("engine: {replies: replies.txt}", "replies are for the engine 'scripted'"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(StudyError, match=r"Study 'study\.yaml'") as error:
        load(tmp_path, f"{LEAST}{more}\n")
    assert told in str(error.value)


def test_nothing_of_a_study_is_executed(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="no valid YAML"):
        load(tmp_path, "name: !!python/object/apply:os.system ['touch pwned']\ntasks: {a: b.yaml}\n")
    assert not (tmp_path / "pwned").exists()


def test_a_study_that_holds_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "endless.yaml").write_text("name: x\ntasks: &a {b: *a}\n", encoding="utf-8")
    with pytest.raises(StudyError, match=r"Study 'endless\.yaml' holds itself, by an alias"):
        Study.load(tmp_path / "endless.yaml")


def test_a_task_that_is_a_file_alone_can_be_set_from_the_command_line(tmp_path: Path) -> None:
    path = write_study(tmp_path, tasks={"films": "films.yaml"})
    study = Study.load(path, ['tasks.films.set={"generation.seed": 7}'])
    assert study.tasks["films"].recipe == "films.yaml"
    assert study.tasks["films"].set == {"generation.seed": 7}
    assert Study.load(path, ["tasks.films=other.yaml"]).tasks["films"].recipe == "other.yaml"
