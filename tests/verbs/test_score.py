import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")

import datasets

from synth_builder.cli import score as command
from synth_builder.errors import LeakedTestRowsError, RealDataError, ScoringError, UnknownNameError
from synth_builder.scoring.results.scores import Scores
from synth_builder.verbs.card import card
from synth_builder.verbs.score import score
from tests.releases.card.test_card import release_of
from tests.scoring.tiny_encoder import save_tiny_encoder, toy_rows
from tests.verbs.toy_release import CARD, RECIPE, write_csv, write_release, write_rows


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> str:
    import torch

    torch.set_num_threads(1)
    return str(save_tiny_encoder(tmp_path_factory.mktemp("tiny-encoder")))


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release of two variants with 16 rows each, 20 real training rows and 8 real test rows."""
    return write_release(tmp_path / "toy-release")


@pytest.fixture
def plain_dataset(tmp_path: Path) -> Path:
    """A folder with a parquet file and nothing of ours in it."""
    write_rows(tmp_path / "anybodys" / "train.parquet", toy_rows(16, "row"))
    write_csv(tmp_path / "test.csv", toy_rows(8, start=300), "text")
    return tmp_path / "anybodys"


def test_every_variant_of_a_release_is_scored_and_written_beside_its_data(release: Path, tiny: str) -> None:
    found = score(release, classifier=tiny, seeds=1)
    assert list(found) == ["few_shot", "zero_shot"]
    for variant, scores in found.items():
        assert Scores.read(release / "scores" / f"{variant}.json") == scores
        assert scores.dataset == "toy-release"
        # 100 real rows by default, or all if there are fewer.
        assert [result.title for result in scores.results] == ["synthetic", "real 20", "real 20 + synthetic"]
        assert scores.synthetic.fingerprint == toy_rows(16, start=100 * (variant == "zero_shot")).fingerprint()
        assert scores.test.fingerprint == toy_rows(8, start=300).fingerprint()
        assert scores.test.reference == "real/test.csv"


def test_the_chosen_variant_regimes_and_rows_only(release: Path, tiny: str) -> None:
    found = score(release, ["zero_shot"], regimes=["real"], real_rows=[4, 10], classifier=tiny, seeds=2, loss="focal")
    assert list(found) == ["zero_shot"]
    assert [result.title for result in found["zero_shot"].results] == ["real 4", "real 10"]
    assert (found["zero_shot"].seeds, found["zero_shot"].loss) == ((0, 1), "focal")
    assert not (release / "scores" / "few_shot.json").exists()


def test_a_probe_and_tfidf_are_scored_in_the_same_regimes(release: Path, tiny: str, tmp_path: Path) -> None:
    probed = score(release, classifier=tiny, method="probe", cache=tmp_path / "embeddings", seeds=1)
    assert probed["few_shot"].method == "probe"
    assert len(list((tmp_path / "embeddings").glob("*.npy"))) == 1
    card = (release / "README.md").read_text(encoding="utf-8")
    counted = score(release, classifier="tfidf", seeds=1)
    assert counted["few_shot"].method == "tfidf"
    assert Scores.read(release / "scores" / "few_shot.json") == counted["few_shot"]
    for found in (probed, counted):
        assert [result.title for result in found["few_shot"].results] == [
            "synthetic",
            "real 20",
            "real 20 + synthetic",
        ]
    assert card == CARD  # no release of ours: its card is not touched


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "probe", "loss": "imp"}, "The loss 'imp' goes with fine-tuning only, and the method is 'probe'"),
        ({"classifier": "tfidf", "loss": "focal"}, "The loss 'focal' goes with fine-tuning only"),
        ({"classifier": "tfidf", "method": "probe"}, "The method 'probe' needs an encoder"),
        (
            {"checker_rows": 50},
            "^50 rows are asked for to train the quality checker on, and the loss 'cross_entropy' has",
        ),
        (
            {"checker_rows": 50, "loss": "focal"},
            "the loss 'focal' has none; leave them out, or take the loss 'imp' or",
        ),
        ({"checker_rows": 50, "classifier": "tfidf"}, "the loss 'cross_entropy' has none"),
        ({"method": "prob"}, r"Unknown method 'prob'\. Did you mean 'probe'\? Known: fine_tuning, probe"),
    ],
)
def test_what_does_not_go_together_is_refused(release: Path, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ScoringError, match=message):
        score(release, **arguments)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epoch": "3"}, "Unknown hyperparameter 'epoch'. Did you mean 'epochs'? Known: learning_rate, "),
        ({"epochs": "0"}, "The hyperparameter epochs is '0'; input should be greater than or equal to 1."),
        ({"learning_rate": "inf"}, "The hyperparameter learning_rate is 'inf'; input should be a finite number."),
        ({"epochs": "few"}, "The hyperparameter epochs is 'few'; input should be a valid integer"),
        ({"patience": "2"}, "The hyperparameter patience is '2', and without validation_share there is no early stop"),
    ],
)
def test_hyperparameters_that_cannot_be_are_refused(release: Path, values: dict[str, str], message: str) -> None:
    with pytest.raises(ScoringError) as refused:
        score(release, hyperparameters=values)
    assert message in str(refused.value)


def test_hyperparameters_are_for_fine_tuning_only(release: Path) -> None:
    with pytest.raises(ScoringError, match=r"given \(epochs\), and those of the method 'tfidf' are fixed; leave"):
        score(release, classifier="tfidf", hyperparameters={"epochs": 3})


def test_a_quantity_curve_and_the_worth_in_real_rows_are_written_and_trained_once(release: Path) -> None:
    def scored(**settings: Any) -> dict[str, Scores]:
        return score(release, classifier="tfidf", real_rows=[2, 4], synthetic_rows=[2], seeds=2, **settings)

    found = scored()["few_shot"]
    assert [result.title for result in found.results] == [
        "synthetic 2",
        "synthetic",
        "real 2",
        "real 4",
        "real 2 + synthetic 2",
        "real 2 + synthetic",
        "real 4 + synthetic 2",
        "real 4 + synthetic",
    ]
    assert found.worth is not None and (found.worth.smallest, found.worth.largest) == (2, 4)
    assert [each.question for each in found.differences].count("gain") == 4
    assert Scores.read(release / "scores" / "few_shot.json") == found
    again, anew = scored()["few_shot"], scored(fresh=True)["few_shot"]
    assert [run.seconds for result in again.results for run in result.runs] == [
        run.seconds for result in found.results for run in result.runs
    ]
    assert [result.accuracy for result in anew.results] == [result.accuracy for result in found.results]


def test_a_training_that_diverged_is_no_score(release: Path, tiny: str) -> None:
    wild = {"learning_rate": 1e30, "head_learning_rate": 1e30}
    with pytest.raises(ScoringError, match=r"The training diverged: .* Lower learning_rate \(now 1e\+30\)"):
        score(release, ["few_shot"], regimes=["synthetic"], classifier=tiny, seeds=1, hyperparameters=wild)
    assert not (release / "scores" / "few_shot.json").exists()


def test_curves_are_drawn_where_pictures_can_be_and_shown_by_the_card(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    ours = release_of(one_column, tmp_path)

    def shown(*kinds: str) -> bool:
        names = [f"pictures/{name}-{kind}" for name in ("few_shot", "zero_shot") for kind in kinds]
        text = ours.card.read_text(encoding="utf-8")
        paths = [f"{name}-{theme}.png" for name in names for theme in ("dark", "light")]
        return ours.pictures() == paths and all(path in text for path in paths)

    score(ours.path, classifier="tfidf", seeds=1, regimes=["synthetic"], synthetic_rows=[4])
    assert shown("confusion", "curve")
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    score(ours.path, classifier="tfidf", seeds=1, regimes=["synthetic"])
    assert shown("confusion")  # the same answers as before; the curves are no longer there


def test_a_matrix_that_would_have_too_many_labels_is_told(
    one_column: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("synth_builder.releases.pictures.score_pictures.MOST_LABELS", 1)
    ours = release_of(one_column, tmp_path)
    told: list[str] = []
    asked: dict[str, Any] = {"classifier": "tfidf", "seeds": 1, "regimes": ["synthetic"], "on_note": told.append}
    score(ours.path, **asked, out=tmp_path / "scores.json")
    assert told == []  # nothing is drawn
    score(ours.path, **asked)
    notes = [
        f"{name}: no confusion matrix is drawn of more than 1 labels, and there are 2."
        for name in ("zero_shot", "few_shot")
    ]
    assert told == notes
    assert set(notes) <= set(card(ours.path).notes)
    command.run(parse([str(ours.path), "--classifier", "tfidf", "--seeds", "1", "--regimes", "synthetic"]))
    printed = capsys.readouterr().out.splitlines()
    assert printed[-2:] == [f"Note: {note}" for note in notes]


def test_more_synthetic_rows_than_a_variant_has_are_refused(release: Path) -> None:
    with pytest.raises(ScoringError, match=r"5000 synthetic rows are asked for and the variant '\w+' has \d+"):
        score(release, classifier="tfidf", synthetic_rows=[5000])


def test_out_takes_the_scores_in_place_of_the_release(release: Path, tiny: str, tmp_path: Path) -> None:
    found = score(release, regimes=["synthetic"], classifier=tiny, seeds=1, out=tmp_path / "all.json")
    written = json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))
    assert {variant: Scores.model_validate(scores) for variant, scores in written.items()} == found
    assert not (release / "scores").exists()


def test_a_test_row_in_a_variant_is_refused_before_anything_is_trained(release: Path, tiny: str) -> None:
    leaking = toy_rows(13) + toy_rows(3, "leaked", start=300)
    write_rows(release / "data" / "zero_shot" / "train-00000-of-00001.parquet", leaking)
    with pytest.raises(LeakedTestRowsError, match=r"3 of the 16 rows of the variant 'zero_shot'.*\n.*'leaked:300'"):
        score(release, classifier=tiny, seeds=1)
    assert not (release / "scores").exists()


def test_other_test_rows_can_be_given_from_the_current_directory(
    release: Path, tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_csv(tmp_path / "other.csv", toy_rows(6, start=400), "sentence")
    monkeypatch.chdir(tmp_path)
    found = score(release, ["few_shot"], test="other.csv", regimes=["synthetic"], classifier=tiny, seeds=1)
    assert found["few_shot"].test.fingerprint == toy_rows(6, start=400).fingerprint()


def test_anybodys_dataset_is_scored_and_left_as_it_is(plain_dataset: Path, tiny: str) -> None:
    found = score(plain_dataset, test=str(plain_dataset.parent / "test.csv"), classifier=tiny, seeds=1)
    (scores,) = found.values()
    assert scores.label_names == ("negative", "positive")
    assert [result.title for result in scores.results] == ["synthetic"]
    assert scores.notes == (
        "There are no real training rows, so the regimes real and augmented were left out; give rows with --real.",
    )
    assert sorted(file.name for file in plain_dataset.iterdir()) == ["train.parquet"]


def test_that_nothing_was_written_is_said_in_one_note(
    plain_dataset: Path, release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    asked: dict[str, Any] = {"classifier": "tfidf", "seeds": 1, "regimes": ["synthetic"], "on_note": told.append}
    test = str(plain_dataset.parent / "test.csv")
    score(release, ["few_shot"], **asked)
    score(plain_dataset, test=test, **asked, out=tmp_path / "scores.json")
    assert told == []
    score(plain_dataset, test=test, **asked)
    assert told == [
        "The scores were not written to a file: only the folder of a release, with its recipe.yaml, has a place for "
        "them. Name a file with --out to keep them."
    ]
    command.run(parse([str(plain_dataset), "--test", test, "--classifier", "tfidf", "--seeds", "1"]))
    assert capsys.readouterr().out.splitlines()[-1] == f"Note: {told[0]}"


def test_a_dataset_without_a_recipe_needs_test_rows(plain_dataset: Path, tiny: str) -> None:
    with pytest.raises(ScoringError, match=r"no test rows to score 'anybodys' on: it has no recipe\.yaml.*--test"):
        score(plain_dataset, classifier=tiny)


def test_real_regimes_without_real_rows_are_refused_when_asked_for(plain_dataset: Path, tiny: str) -> None:
    with pytest.raises(
        ScoringError, match="augmented need real training rows, and there are none; give them with --real"
    ):
        score(
            plain_dataset,
            test=str(plain_dataset.parent / "test.csv"),
            regimes=["synthetic", "augmented"],
            classifier=tiny,
        )


def test_a_variant_that_does_not_exist_is_refused(release: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no variant 'few_shots'\. Did you mean 'few_shot'"):
        score(release, ["few_shots"])


def test_a_flag_that_names_no_file_is_told_by_its_name(release: Path, tiny: str) -> None:
    start = "there is no file 'nope.csv'; a relative path starts at the current folder"
    with pytest.raises(RealDataError, match=rf"^--test: {start}"):
        score(release, ["zero_shot"], classifier=tiny, test="nope.csv")
    with pytest.raises(RealDataError, match=rf"^--real: {start}"):
        score(release, ["zero_shot"], classifier=tiny, real="nope.csv")
    (release / "real" / "train.csv").unlink()
    with pytest.raises(RealDataError, match=r"^real.train: there is no file 'real/train.csv'; .* the recipe's folder"):
        score(release, ["zero_shot"], classifier=tiny)


def test_a_path_here_is_not_asked_of_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "toy.yaml").write_text(RECIPE, encoding="utf-8")
    with pytest.raises(ScoringError, match=r"^There is no folder 'releases/tyo', and it is not looked for on the Hub"):
        score("releases/tyo")
    with pytest.raises(ScoringError, match=r"^'releases/toy.yaml' is a file; expected a folder, or 'owner/name'"):
        score("releases/toy.yaml")


def test_what_is_no_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ScoringError, match=r"There is no folder .* and it is no repository id either"):
        score(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ScoringError, match="can't be read"):
        score(tmp_path / "empty")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(arguments)


def test_the_command_prints_the_table(
    release: Path, tiny: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("synth_builder.progress.PLAIN_EVERY", 3600)  # on a slow machine, a line of progress would come
    arguments = parse(
        [str(release), "--variant", "few_shot", "--classifier", tiny, "--real-rows", "4,8", "--seeds", "1"]
    )
    assert command.run(arguments) == 0
    printed = capsys.readouterr()
    assert "few_shot  real 8 + synthetic" in printed.out
    assert "nothing: always negative" in printed.out
    assert printed.err == ""


def test_the_command_line_is_read() -> None:
    arguments = parse(
        ["r", "--variant", "a", "--variant", "b", "--regimes", "real,augmented", "--real-rows", "100,1000"]
    )
    assert (arguments.variant, arguments.regimes, arguments.real_rows) == (
        ["a", "b"],
        ["real", "augmented"],
        [100, 1000],
    )
    assert (arguments.classifier, arguments.loss, arguments.seeds) == ("minilm", "cross_entropy", 3)
    assert (arguments.method, arguments.cache) == (None, None)
    chosen = parse(["r", "--method", "probe", "--cache", "kept"])
    assert (chosen.method, chosen.cache) == ("probe", Path("kept"))
    more = parse(["r", "--synthetic-rows", "5,10", "--set", "epochs=6", "--set", "dropout = 0", "--fresh"])
    assert (more.synthetic_rows, more.set, more.fresh) == ([5, 10], [("epochs", "6"), ("dropout", "0")], True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["r", "--regimes", "real,fake"], "unknown regime 'fake'; known: synthetic, real, augmented"),
        (["r", "--real-rows", "100,many"], "'many' is no whole number"),
        (["r", "--set", "epochs"], "'epochs' is no KEY=VALUE"),
        (["r", "--seeds", "0"], "'0' is too small; expected at least 1"),
        (["r", "--loss", "hinge"], "invalid choice: 'hinge'"),
    ],
)
def test_wrong_usage_is_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        parse(arguments)
    assert refusal.value.code == 2
    assert message in capsys.readouterr().err
