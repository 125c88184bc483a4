import random
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from synth_builder.engines.base import Request
from synth_builder.engines.scripted import ScriptedEngine
from synth_builder.errors import EngineChangedError, RecipeError, ReleaseError, StudyError, SynthBuilderError
from synth_builder.scoring.results.cell import Cell
from synth_builder.studies.forecast import forecast
from synth_builder.studies.leaderboard.board.board import read_board
from synth_builder.studies.leaderboard.validation.plausibility import implausible
from synth_builder.studies.leaderboard.validation.private_text import private_places
from synth_builder.studies.results.fingerprint import results_fingerprint
from synth_builder.studies.results.study_results import StudyResults
from synth_builder.studies.running import run_study
from synth_builder.studies.study import Study
from tests.servers.replies import sentence
from tests.studies.small_study import scripted, small_study, write_study

CELLS = [
    Cell("synthetic", None, 6),
    Cell("synthetic"),
    Cell("real", 4),
    Cell("real", 8),
    Cell("augmented", 4, 6),
    Cell("augmented", 4),
    Cell("augmented", 8, 6),
    Cell("augmented", 8),
    # The sweep over the share of real rows, 8 at a time; real 8 is one of them.
    Cell("synthetic", None, 8),
    Cell("augmented", 4, 4),
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, Path, StudyResults]:
    folder = tmp_path_factory.mktemp("study")
    study = small_study(folder)
    results = run_study(study, folder / "out", engine=scripted())
    assert results is not None
    return study, folder / "out", results


def test_every_cell_of_every_task_and_variant_is_trained(ran: tuple[Study, Path, StudyResults]) -> None:
    _, _, results = ran
    assert results.task_names == ("films", "cinema")
    assert results.variant_names == ("zero_shot", "few_shot")
    for task in results.task_names:
        for variant in results.variant_names:
            for cell in CELLS:
                scored = results.scored(task, "tfidf", cell, variant)
                assert scored is not None, (task, variant, cell)
                assert len(scored.accuracies) == 2
    of_one_task = [cell for cell in results.cells if cell.task == "films"]
    # Real rows alone are trained on once for both variants.
    assert len(of_one_task) == 2 * (len(CELLS) - 2) + 2


def test_a_study_says_at_once_what_it_is_at(tmp_path: Path) -> None:
    study, said = small_study(tmp_path, tasks={"films": "films.yaml"}), list[str]()
    run_study(study, tmp_path / "out", engine=scripted(), say=said.append)
    assert said == [
        "Reading the recipe of 1 task: films.",
        "Checking the engine, the real rows and 1 classifier.",
        "Looking for what is done already.",
        "films: building zero_shot and few_shot.",
        "films: asking the language model itself.",
        "films: training tfidf.",
        "films: putting the scores of tfidf together.",
        "Comparing, and writing the report.",
    ]
    said.clear()
    run_study(study, tmp_path / "out", engine=scripted(), say=said.append)
    assert said[2:] == ["Looking for what is done already.", "Comparing, and writing the report."]


def test_what_is_written_is_what_was_found(ran: tuple[Study, Path, StudyResults]) -> None:
    _, out, results = ran
    assert StudyResults.read(out / "results.json") == results
    for name in ("study.yaml", "results.parquet", "report.html"):
        assert (out / name).is_file(), name


def test_a_second_run_asks_nothing_and_trains_nothing(ran: tuple[Study, Path, StudyResults]) -> None:
    study, out, results = ran
    kept = {path: path.stat().st_ino for path in (out / "cache" / "runs").rglob("*.json")}
    assert kept
    engine = scripted()
    again = run_study(study, out, engine=engine)
    assert engine.requests == []
    assert {path: path.stat().st_ino for path in (out / "cache" / "runs").rglob("*.json")} == kept
    assert again is not None
    assert again.model_copy(update={"created": results.created}) == results


def test_one_training_that_is_missing_is_done_alone(ran: tuple[Study, Path, StudyResults]) -> None:
    study, out, results = ran
    kept = sorted((out / "cache" / "runs").rglob("*.json"))
    lost = kept[len(kept) // 2]
    before = {path: path.stat().st_ino for path in kept if path != lost}
    lost.unlink()
    again = run_study(study, out, engine=scripted())
    assert lost.is_file()
    assert {path: path.stat().st_ino for path in before} == before
    assert again is not None
    assert [cell.accuracies for cell in again.cells] == [cell.accuracies for cell in results.cells]


def test_a_training_that_can_not_be_read_is_told_once(
    ran: tuple[Study, Path, StudyResults], caplog: pytest.LogCaptureFixture
) -> None:
    study, out, _ = ran
    broken = sorted((out / "cache" / "runs").rglob("*.json"))[0]
    broken.write_text("{bro", encoding="utf-8")
    run_study(study, out, engine=scripted())
    told = [record.getMessage() for record in caplog.records if str(broken) in record.getMessage()]
    assert len(told) == 1 and "The training is done anew." in told[0]


def test_real_rows_that_stand_in_the_test_rows_are_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    replies = [sentence(random.Random(number)) for number in range(100)]
    (tmp_path / "replies.txt").write_text("\n".join(replies), encoding="utf-8")
    engine = {"name": "scripted", "replies": "replies.txt"}
    study, out = small_study(tmp_path, tasks={"films": "films.yaml"}, engine=engine), tmp_path / "out"
    told = ["1 of the 12 real training rows of 'train.csv' stand in the test rows too and were left out: train:0."]
    for look in (lambda: run_study(study, out), lambda: forecast(study, out)):
        caplog.clear()
        look()
        assert [record.getMessage() for record in caplog.records] == told


def test_scores_that_can_not_be_read_are_computed_again(ran: tuple[Study, Path, StudyResults]) -> None:
    study, out, results = ran
    broken = sorted((out / "scores").rglob("*.json"))[0]
    broken.write_text("{bro", encoding="utf-8")
    again = run_study(study, out, engine=scripted())
    assert again is not None
    assert again.cells == results.cells


def test_an_engine_that_can_not_be_made_is_told_by_a_dry_run(tmp_path: Path) -> None:
    for engine, told in (({"name": "nope"}, "Unknown engine 'nope'"), ({"endpoint": "notaurl"}, "'notaurl' is no")):
        with pytest.raises(SynthBuilderError, match=told):
            forecast(small_study(tmp_path, engine=engine), tmp_path / "out")


def test_rows_that_are_no_parquet_file_are_told_by_the_files_name(tmp_path: Path) -> None:
    study = small_study(tmp_path, variants=["zero_shot"])
    run_study(study, tmp_path / "out", engine=scripted())
    broken = sorted((tmp_path / "out" / "releases").rglob("data/zero_shot/*.parquet"))[0]
    broken.write_bytes(b"xx")
    with pytest.raises(ReleaseError, match=rf"{broken.name}' can't be read as a parquet file"):
        run_study(study, tmp_path / "out", engine=scripted())


def test_the_language_model_itself_is_tried(ran: tuple[Study, Path, StudyResults]) -> None:
    _, _, results = ran
    assert [(skill.task, skill.demonstrations) for skill in results.skills] == [
        (task, shown) for task in ("films", "cinema") for shown in (0, 2)
    ]
    for skill in results.skills:
        assert skill.rows == 4 and skill.unreadable == 0
        # Of the two negative test rows the script knows the one that is dull; both positive ones it takes as such.
        assert skill.accuracy.mean == 0.75
        assert skill.majority_accuracy == 0.5


def test_comparisons_of_one_question_are_one_family(ran: tuple[Study, Path, StudyResults]) -> None:
    _, _, results = ran
    asked = {each.asked for each in results.differences}
    assert asked == {"gain", "alone", "more", "variant"}
    gains = [each for each in results.differences if each.asked == "gain"]
    assert len(gains) == 2 * 2 * 2
    smallest = min(gains, key=lambda each: each.p_value)
    assert smallest.adjusted_p_value == pytest.approx(min(1.0, smallest.p_value * len(gains)))
    more = [each for each in results.differences if each.asked == "more"]
    assert {(each.baseline_rows, each.candidate_rows) for each in more} == {(6, 8), (8, 12)}


def test_a_leaderboard_takes_them(ran: tuple[Study, Path, StudyResults]) -> None:
    _, out, results = ran
    assert implausible(results) == []
    assert private_places(results.model_dump(mode="json")) == []
    assert results.fingerprint == results_fingerprint(results.study, results.variants, results.tasks)
    assert len(read_board(str(out)).entries) == len(results.cells)


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": 1, "variants": ["zero_shot"]},
        {"seeds": 2, "synthetic_rows": None, "real_share": None},
        {"seeds": 3, "regimes": ["synthetic"], "real_rows": [], "real_share": None},
    ],
    ids=["one seed", "two seeds", "no real rows"],
)
def test_a_leaderboard_takes_results_of_any_study(tmp_path: Path, changes: dict[str, Any]) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"}, language_model=None, **changes)
    results = run_study(study, tmp_path / "out", engine=scripted())
    assert results is not None
    assert results.differences or len(results.variants) == 1
    assert implausible(results) == []


def test_a_leaderboard_takes_results_of_rows_that_say_nothing(tmp_path: Path) -> None:
    # No word of the rows tells their label, so classifiers are right by chance, or give one label to all test rows.
    def reply(request: Request) -> str:
        return f"The {sentence(random.Random(f'{request.seed} {len(request.messages[-1].content)}'))}"

    study = small_study(tmp_path, tasks={"films": "films.yaml"}, language_model=None)
    results = run_study(study, tmp_path / "out", engine=ScriptedEngine(reply))
    assert results is not None
    assert implausible(results) == []


def test_rows_of_the_variants_differ(ran: tuple[Study, Path, StudyResults]) -> None:
    _, _, results = ran
    assert len({variant.rows_fingerprint for variant in results.variants}) == 4


def test_results_hold_no_path_of_this_machine(ran: tuple[Study, Path, StudyResults]) -> None:
    _, out, _ = ran
    text = (out / "results.json").read_text(encoding="utf-8") + (out / "study.yaml").read_text(encoding="utf-8")
    assert "films.yaml" in text
    assert str(out.parent) not in text


def test_sizes_that_a_task_has_no_rows_for_are_left_out_and_told(tmp_path: Path) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"}, real_rows=[4, 1000], synthetic_rows=[500])
    results = run_study(study, tmp_path / "out", engine=scripted())
    assert results is not None
    assert {cell.real_rows for cell in results.cells} == {None, 4, 8}
    text = " ".join(results.notes)
    assert "films has 11 real rows to train on: left out 1,000 real rows." in text
    assert "left out 500 synthetic rows" in text


def test_real_data_elsewhere(tmp_path: Path) -> None:
    path = write_study(tmp_path, tasks={"films": "films.yaml"}, language_model=None)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).rename(elsewhere / name)
    with pytest.raises(RecipeError, match=r"Task 'films'.*real\.train is 'train\.csv'.*no such file"):
        run_study(Study.load(path), tmp_path / "out", engine=scripted())
    results = run_study(Study.load(path, ["data=elsewhere"]), tmp_path / "out", engine=scripted())
    assert results is not None
    assert results.task("films").test_reference == "test.csv"
    # Where they lie is nobody's business, also in the note on the row that stands in the test rows, too.
    assert "1 of the 12 real training rows of 'train.csv'" in " ".join(results.notes)
    assert str(tmp_path) not in results.model_dump_json()


def test_other_real_rows_are_measured_and_trained_on_anew(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    changes: dict[str, Any] = {"tasks": {"films": "films.yaml"}, "language_model": None, "diversity": True}
    study = small_study(tmp_path, **changes, variants=["zero_shot"])
    before = run_study(study, tmp_path / "out", engine=scripted())
    train = tmp_path / "train.csv"
    train.write_text(train.read_text(encoding="utf-8").replace("The plot", "Her plot"), encoding="utf-8")
    engine = scripted()
    after = run_study(study, tmp_path / "out", engine=engine)
    assert before is not None and after is not None
    assert engine.requests == []
    assert before.variants[0].rows_fingerprint == after.variants[0].rows_fingerprint
    assert before.variants[0].real_variety != after.variants[0].real_variety
    assert before.fingerprint != after.fingerprint


def test_another_model_than_the_one_that_wrote_the_rows_is_refused(tmp_path: Path) -> None:
    study = small_study(tmp_path, tasks={"films": "films.yaml"})
    assert run_study(study, tmp_path / "out", engine=scripted()) is not None
    with pytest.raises(EngineChangedError, match=r"Task 'films': .*'scripted'.*now 'embedded'.*another folder"):
        run_study(study, tmp_path / "out")


def test_nothing_of_others_is_written_over(tmp_path: Path) -> None:
    path = write_study(tmp_path / "my")
    with pytest.raises(StudyError, match="would be overwritten with its resolved form"):
        run_study(Study.load(path), tmp_path / "my", engine=scripted())
    assert "zero_shot" in path.read_text(encoding="utf-8")
    (tmp_path / "project" / "figures").mkdir(parents=True)
    (tmp_path / "project" / "figures" / "mine.png").touch()
    with pytest.raises(StudyError, match="holds 'figures' and no study"):
        run_study(Study.load(path), tmp_path / "project", engine=scripted())
    assert (tmp_path / "project" / "figures" / "mine.png").exists()


@pytest.mark.parametrize("out", ["taken", "taken/out"])
def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path, out: str) -> None:
    study = small_study(tmp_path)
    (tmp_path / "taken").write_text("mine", encoding="utf-8")
    for start in (
        lambda: run_study(study, tmp_path / out, engine=scripted()),
        lambda: forecast(study, tmp_path / out),
    ):
        with pytest.raises(StudyError, match=r"/taken' is a file.*give a folder with --out"):
            start()
    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"classifiers": [{"classifier": "minilm", "hyperparameters": {"epoch": 3}}]},
            "Unknown hyperparameter 'epoch'",
        ),
        ({"classifiers": [{"classifier": "minilm", "method": "probe", "loss": "imp"}]}, "goes with fine-tuning only"),
        ({"classifiers": [{"classifier": "/nowhere/model"}]}, "There is no directory '/nowhere/model'"),
        ({"classifiers": [{"classifier": "nobody/nothing"}]}, "The classifier 'nobody/nothing' can't be loaded"),
        ({"language_model": {"demonstrations": [50]}}, "50 demonstrations"),
        ({"subjectivity": {"votes": "votes.csv"}}, "votes.csv"),
    ],
)
def test_what_does_not_fit_is_told_before_anything_is_asked(
    tmp_path: Path, changes: dict[str, Any], told: str
) -> None:
    engine = scripted()
    with pytest.raises(SynthBuilderError, match=told):
        run_study(small_study(tmp_path, **changes), tmp_path / "out", engine=engine)
    assert engine.requests == []
    with pytest.raises(SynthBuilderError, match=told):
        forecast(small_study(tmp_path, **changes), tmp_path / "out")


def test_a_variant_that_a_recipe_lacks_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    engine = scripted()
    with pytest.raises(StudyError, match=r"no variant 'few_shots'.*Did you mean 'few_shot'"):
        run_study(small_study(tmp_path, variants=["few_shots"]), tmp_path / "out", engine=engine)
    assert engine.requests == []


def test_real_rows_that_nobody_named_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    engine = scripted()
    study = small_study(
        tmp_path, tasks={"films": {"recipe": "films.yaml", "set": {"real.train": None}}}, variants=["zero_shot"]
    )
    with pytest.raises(StudyError, match=r"needs real training rows.*'films' names none"):
        run_study(study, tmp_path / "out", engine=engine)
    assert engine.requests == []
