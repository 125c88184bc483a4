import json
from pathlib import Path

import pytest

from synth_builder.errors import ScoringError
from synth_builder.scoring.hyperparameters import (
    Hyperparameters,
    ProbeHyperparameters,
    SetFitHyperparameters,
    TfidfHyperparameters,
)
from synth_builder.scoring.results.regime_scores import RegimeScores, Run, Spread
from synth_builder.scoring.results.scores import (
    ClassifierUsed,
    Machine,
    Majority,
    RandomGuess,
    RowsUsed,
    Scores,
    write_all,
)
from synth_builder.scoring.results.table import ScoreTable


def regime(name: str, real_rows: int | None, *accuracies: float) -> RegimeScores:
    runs = tuple(
        Run(
            seed=seed,
            accuracy=accuracy,
            macro_f1=accuracy / 2,
            per_label_f1={"negative": accuracy / 2, "positive": None},
            train_fingerprint="f" * 64,
            steps=100,
            seconds=1.5,
            predictions=(0, 1, 1),
        )
        for seed, accuracy in enumerate(accuracies)
    )
    return RegimeScores.model_validate(
        {
            "regime": name,
            "real_rows": real_rows,
            "train_rows": 200 + (real_rows or 0),
            "train_label_counts": {"negative": 100, "positive": 100},
            "accuracy": Spread.of(accuracies),
            "macro_f1": Spread.of([accuracy / 2 for accuracy in accuracies]),
            "runs": runs,
        }
    )


def scores(variant: str = "few_shot", note: str = "Two [\n 1,\n 2\n] rows were left out.") -> Scores:
    test = RowsUsed(reference="test.csv", rows=3, label_counts={"negative": 1, "positive": 2}, fingerprint="a" * 64)
    return Scores(
        dataset="owner/name",
        variant=variant,
        label_names=("negative", "positive"),
        classifier=ClassifierUsed(name="minilm", revision="sha256:0"),
        loss="cross_entropy",
        hyperparameters=Hyperparameters(),
        seeds=(0, 1, 2),
        synthetic=test,
        real=test.model_copy(update={"left_out": ("train:3",)}),
        test=test,
        test_labels=(0, 1, 1),
        majority=Majority(label="positive", accuracy=2 / 3, macro_f1=0.4),
        results=(
            regime("synthetic", None, 0.7, 0.8, 0.9),
            regime("real", 100, 0.6, 0.6, 0.6),
            regime("augmented", 100, 0.9, 0.9, 0.9),
        ),
        notes=(note,),
        machine=Machine(device="cpu", threads=2, processes=1, mixed_precision="no"),
        versions={"torch": "2.13.0"},
        created="2026-01-02T03:04:05+00:00",
        seconds=9.0,
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    scores().write(tmp_path / "scores" / "few_shot.json")
    assert Scores.read(tmp_path / "scores" / "few_shot.json") == scores()


def test_a_file_without_the_newer_measures_is_read() -> None:
    older = json.loads(scores().to_json())
    del older["random_guess"], older["method"]
    for result in older["results"]:
        for name in ("weighted_f1", "mcc", "calibration_error"):
            del result[name]
            for run in result["runs"]:
                del run[name]
        for run in result["runs"]:
            del run["confusion"]
    read = Scores.parse(json.dumps(older), "an older file")
    assert read == scores()
    assert read.results[0].confusion is None


def test_confusion_matrices_are_summed_over_the_runs() -> None:
    result = regime("synthetic", None, 0.5, 0.5)
    one, two = (
        run.model_copy(update={"confusion": matrix})
        for run, matrix in zip(result.runs, [((1, 2), (3, 4)), ((10, 20), (30, 40))], strict=True)
    )
    assert result.model_copy(update={"runs": (one, two)}).confusion == ((11, 22), (33, 44))
    assert result.model_copy(update={"runs": (one, result.runs[1])}).confusion is None
    text = scores().model_copy(update={"results": (result.model_copy(update={"runs": (one, two)}),)}).to_json()
    assert "[30, 40]" in text


def test_the_table_shows_what_guessing_reaches() -> None:
    table = str(ScoreTable.of([scores().model_copy(update={"random_guess": RandomGuess(accuracy=5 / 9)})]))
    assert "nothing: guessing by share     0  0.556\n" in table


def test_predictions_stand_on_one_line_and_texts_are_untouched() -> None:
    text = scores().to_json()
    assert '"predictions": [0, 1, 1]' in text
    assert '"test_labels": [0, 1, 1]' in text
    assert json.loads(text)["notes"] == ["Two [\n 1,\n 2\n] rows were left out."]


def test_several_variants_go_into_one_file(tmp_path: Path) -> None:
    write_all({"one": scores("one"), "two": scores("two")}, tmp_path / "out" / "all.json")
    read = json.loads((tmp_path / "out" / "all.json").read_text(encoding="utf-8"))
    assert {name: Scores.model_validate(value) for name, value in read.items()} == {
        "one": scores("one"),
        "two": scores("two"),
    }


def test_mean_and_sample_deviation_by_hand() -> None:
    spread = Spread.of([0.7, 0.8, 0.9])
    assert (spread.mean, spread.std) == pytest.approx((0.8, 0.1))
    assert Spread.of([0.7]).std is None


def test_one_regime_can_be_asked_for() -> None:
    assert scores().result("real", 100).accuracy.mean == pytest.approx(0.6)
    with pytest.raises(ScoringError, match="Scored: synthetic, real 100, real 100 \\+ synthetic"):
        scores().result("real", 500)


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "few_shot.json").write_text('{"schema_version": 99}', encoding="utf-8")
    with pytest.raises(ScoringError, match="can't be read as scores"):
        Scores.read(tmp_path / "few_shot.json")
    with pytest.raises(ScoringError, match="can't be read as scores"):
        Scores.read(tmp_path / "missing.json")


def test_the_table_says_which_method_it_was() -> None:
    probed = scores().model_copy(update={"method": "probe"})
    assert "; logistic regression on embeddings of minilm, 3 seeds" in str(ScoreTable.of([probed]))


def test_a_precision_other_than_float32_stands_in_the_title() -> None:
    found = scores()
    in_bf16 = found.model_copy(update={"machine": found.machine.model_copy(update={"mixed_precision": "bf16"})})
    assert "; minilm fine-tuned with cross entropy in bf16, 3 seeds" in ScoreTable.of([in_bf16]).title
    assert "; minilm fine-tuned with cross entropy, 3 seeds" in ScoreTable.of([found]).title


def test_a_precision_that_there_is_not_is_refused() -> None:
    told = json.loads(scores().to_json())
    told["machine"]["mixed_precision"] = "nonsense"
    with pytest.raises(ScoringError, match="Input should be 'no', 'fp16', 'bf16' or 'fp8'"):
        Scores.parse(json.dumps(told), "it")


def test_hyperparameters_of_each_method_are_read_again() -> None:
    for settings in (
        ProbeHyperparameters(),
        SetFitHyperparameters(),
        TfidfHyperparameters(),
        Hyperparameters(epochs=2),
    ):
        found = scores().model_copy(update={"hyperparameters": settings})
        assert Scores.parse(found.to_json(), "it").hyperparameters == settings


def test_the_table_shows_the_baseline_first_and_real_rows_only_once() -> None:
    table = str(ScoreTable.of([scores("one", "Same."), scores("two", "Same.")]))
    assert table.splitlines() == [
        "3 test rows of test.csv; minilm fine-tuned with cross entropy, 3 seeds (mean ± standard deviation)",
        "",
        "variant  trained on                rows  accuracy       macro-F1",
        "-------  ------------------------  ----  -------------  -------------",
        "         nothing: always positive     0  0.667          0.400",
        "         real 100                   300  0.600 ± 0.000  0.300 ± 0.000",
        "one      synthetic                  200  0.800 ± 0.100  0.400 ± 0.050",
        "one      real 100 + synthetic       300  0.900 ± 0.000  0.450 ± 0.000",
        "two      synthetic                  200  0.800 ± 0.100  0.400 ± 0.050",
        "two      real 100 + synthetic       300  0.900 ± 0.000  0.450 ± 0.000",
        "",
        "Note: Same.",
    ]
