import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("accelerate")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")

from synth_builder.errors import LeakedTestRowsError, ScoringError
from synth_builder.scoring.choices import LossName, Regime
from synth_builder.scoring.comparison import Comparison
from synth_builder.scoring.encoder_files import Encoder
from synth_builder.scoring.hyperparameters import Hyperparameters
from synth_builder.scoring.results.regime_scores import Spread
from synth_builder.scoring.results.row_weights import RowWeights
from synth_builder.scoring.rows.subsets import stratified_order
from synth_builder.scoring.rows.text_rows import TextRows
from synth_builder.scoring.score import score_variants
from tests.scoring.tiny_encoder import toy_rows

REAL = toy_rows(40, prefix="train", start=200)
TEST = toy_rows(12, prefix="test", start=300)
SYNTHETIC = toy_rows(24, prefix="few_shot")


@pytest.fixture
def comparison(encoder: Encoder) -> Comparison:
    return Comparison(
        label_names=["negative", "positive"],
        test=TEST,
        test_reference="test.csv",
        encoder=encoder,
        real=REAL,
        real_reference="train.csv",
        regimes=("synthetic", "real", "augmented"),
        real_rows=(20, 10),
        seeds=2,
        hyperparameters=Hyperparameters(
            learning_rate=3e-3, head_learning_rate=3e-3, epochs=2, min_steps=5, batch_size=8
        ),
    )


def test_every_regime_is_trained_on_its_rows(comparison: Comparison) -> None:
    (scores,) = score_variants({"few_shot": SYNTHETIC}, comparison, "toy")
    assert [(result.title, result.train_rows) for result in scores.results] == [
        ("synthetic", 24),
        ("real 10", 10),
        ("real 20", 20),
        ("real 10 + synthetic", 34),
        ("real 20 + synthetic", 44),
    ]
    assert scores.majority.accuracy == 0.5
    assert scores.random_guess is not None and scores.random_guess.accuracy == 0.5


def test_more_learnable_rows_are_learnt(comparison: Comparison) -> None:
    settings = comparison.hyperparameters.model_copy(update={"min_steps": 40})
    comparison = replace(comparison, regimes=("augmented",), real_rows=(40,), seeds=1, hyperparameters=settings)
    (scores,) = score_variants({"few_shot": SYNTHETIC}, comparison, "toy")
    assert scores.result("augmented", 40).accuracy.mean > 0.9


def test_the_training_rows_are_the_nested_draws_of_the_seed(comparison: Comparison) -> None:
    (scores,) = score_variants({"few_shot": SYNTHETIC}, comparison, "toy")
    for seed in (0, 1):
        drawn = REAL.take(stratified_order(REAL.labels, seed)[:10])
        assert scores.result("real", 10).runs[seed].train_fingerprint == drawn.fingerprint()
        assert scores.result("augmented", 10).runs[seed].train_fingerprint == (drawn + SYNTHETIC).fingerprint()
    first, second = scores.result("real", 10).runs
    assert first.train_fingerprint != second.train_fingerprint


def test_the_same_call_gives_the_same_scores_and_real_rows_are_trained_on_once(comparison: Comparison) -> None:
    comparison = replace(comparison, real_rows=(10,))
    one, two = score_variants({"one": SYNTHETIC, "two": SYNTHETIC}, comparison, "toy")
    assert one.result("real", 10) is two.result("real", 10)
    for result_of_one, result_of_two in zip(one.results, two.results, strict=True):
        for run, other in zip(result_of_one.runs, result_of_two.runs, strict=True):
            assert run.predictions == other.predictions


def test_what_is_needed_to_repeat_it_is_told(comparison: Comparison) -> None:
    (scores,) = score_variants({"few_shot": SYNTHETIC}, replace(comparison, regimes=("synthetic",)), "toy")
    assert scores.synthetic.reference == "toy:few_shot"
    assert scores.synthetic.fingerprint == SYNTHETIC.fingerprint()
    assert scores.synthetic.label_counts == {"negative": 12, "positive": 12}
    assert scores.test.rows == 12
    assert scores.test_labels == TEST.labels
    assert scores.classifier.revision.startswith("sha256:")
    assert scores.seeds == (0, 1)
    assert scores.hyperparameters == comparison.hyperparameters
    assert {"torch", "transformers", "accelerate", "scikit-learn", "synth-builder"} <= set(scores.versions)
    assert scores.results[0].runs[0].steps == 6


def test_the_predictions_are_those_that_were_scored(comparison: Comparison) -> None:
    (scores,) = score_variants({"few_shot": SYNTHETIC}, replace(comparison, regimes=("synthetic",)), "toy")
    for run in scores.results[0].runs:
        assert run.predictions is not None
        right = sum(one == other for one, other in zip(run.predictions, TEST.labels, strict=True))
        assert run.accuracy == pytest.approx(right / 12)
        assert run.confusion is not None and run.confusion[0][0] + run.confusion[1][1] == right
        assert run.calibration_error is not None and 0 <= run.calibration_error <= 1
    result = scores.results[0]
    assert result.mcc is not None and result.mcc == Spread.of([run.mcc or 0.0 for run in result.runs])
    assert result.weighted_f1 is not None and result.calibration_error is not None


def test_a_test_row_in_a_variant_is_refused(comparison: Comparison) -> None:
    leaking = SYNTHETIC + TEST.take([3, 5])
    with pytest.raises(LeakedTestRowsError, match=r"^2 of the 26 rows of the variant 'few_shot'.*\n.*'test:303'"):
        next(score_variants({"few_shot": leaking}, comparison, "toy"))


def test_real_rows_that_are_test_rows_are_never_trained_on_and_told(
    comparison: Comparison, caplog: pytest.LogCaptureFixture
) -> None:
    published = TEST.take([0, 1]) + REAL.take(range(18))
    published = TextRows(published.texts, published.labels, tuple(f"train:{n}" for n in range(20)))
    comparison = replace(comparison, real=published, regimes=("real",), real_rows=(18,), seeds=1)
    with caplog.at_level(logging.WARNING):
        (scores,) = score_variants({"few_shot": SYNTHETIC}, comparison, "toy")
    assert scores.real is not None
    assert (scores.real.rows, scores.real.left_out) == (18, ("train:0", "train:1"))
    kept = REAL.take(range(18))
    drawn = kept.take(stratified_order(kept.labels, seed=0)[:18])
    assert scores.result("real", 18).runs[0].train_fingerprint == drawn.fingerprint()
    note = (
        "2 of the 20 real training rows of 'train.csv' stand in the test rows too and were left out: train:0, train:1."
    )
    assert scores.notes == (note,)
    assert note in caplog.messages


def test_a_label_without_training_rows_is_reported(comparison: Comparison) -> None:
    only_negative = SYNTHETIC.take([position for position, label in enumerate(SYNTHETIC.labels) if label == 0])
    comparison = replace(comparison, regimes=("synthetic",), seeds=1)
    (scores,) = score_variants({"few_shot": only_negative}, comparison, "toy")
    assert scores.notes == ("synthetic: no training row has the label 'positive'.",)
    assert scores.results[0].accuracy.mean == 0.5


@pytest.mark.parametrize(
    ("real", "regimes", "real_rows", "message"),
    [
        (REAL, ("real",), (41,), "41 real training rows are asked for and 'train.csv' has 40; ask for at most 40"),
        (TEST + REAL, ("real",), (41,), "has 40 besides the 12 that stand in the test rows"),
        (TEST, ("real",), (1,), "All 12 real training rows of 'train.csv' stand in the test rows too"),
        (None, ("synthetic", "real"), (1,), "need real training rows, and there are none"),
    ],
)
def test_too_few_real_rows_are_refused(
    comparison: Comparison, real: TextRows | None, regimes: Sequence[Regime], real_rows: Sequence[int], message: str
) -> None:
    comparison = replace(comparison, real=real, regimes=regimes, real_rows=real_rows)
    with pytest.raises(ScoringError, match=message):
        next(score_variants({"few_shot": SYNTHETIC}, comparison, "toy"))


def test_no_rows_are_refused(comparison: Comparison) -> None:
    empty = TextRows((), (), ())
    with pytest.raises(ScoringError, match="The variant 'few_shot' has no training rows"):
        next(score_variants({"few_shot": empty}, comparison, "toy"))
    with pytest.raises(ScoringError, match=r"The test data 'test\.csv' have no rows"):
        next(score_variants({"few_shot": SYNTHETIC}, replace(comparison, test=empty), "toy"))


@pytest.mark.parametrize("loss", ["imp", "dimp"])
def test_weighted_losses_take_their_weights_from_checkers(comparison: Comparison, loss: LossName) -> None:
    found: dict[str, RowWeights] = {}
    comparison = replace(comparison, loss=loss, checker_rows=12, real_rows=(10,))
    (scores,) = score_variants({"few_shot": SYNTHETIC}, comparison, "toy", on_weights=found.__setitem__)
    assert [result.title for result in scores.results] == ["synthetic", "real 10", "real 10 + synthetic"]
    assert any("checker that was trained on 12 real rows" in note for note in scores.notes)
    weights = found["few_shot"]
    assert weights.ids == SYNTHETIC.ids and weights.loss == loss
    assert len(weights.quality) == 24 and all(0 < value <= 1 for value in weights.quality)
    assert (weights.diversity is None) == (loss == "dimp")
    # Real rows alone are trained on with cross entropy.
    plain = replace(comparison, loss="cross_entropy")
    (reference,) = score_variants({"few_shot": SYNTHETIC}, plain, "toy")
    assert reference.result("real", 10).runs[0].predictions == scores.result("real", 10).runs[0].predictions


def test_a_checker_tells_learnable_rows_from_wrong_ones(comparison: Comparison) -> None:
    found: dict[str, RowWeights] = {}
    settings = comparison.hyperparameters.model_copy(update={"min_steps": 60})
    comparison = replace(comparison, loss="dimp", regimes=("synthetic",), seeds=1, hyperparameters=settings)
    wrong = replace(SYNTHETIC, labels=tuple(1 - label for label in SYNTHETIC.labels[:4]) + SYNTHETIC.labels[4:])
    list(score_variants({"few_shot": wrong}, comparison, "toy", on_weights=found.__setitem__))
    quality = found["few_shot"].quality
    assert max(quality[:4]) < 0.5 < min(quality[4:])


def test_weighted_losses_need_real_rows(comparison: Comparison) -> None:
    comparison = replace(comparison, loss="imp", regimes=("synthetic",), real=None)
    with pytest.raises(ScoringError, match="'imp' needs some real rows to train its quality checker on"):
        list(score_variants({"few_shot": SYNTHETIC}, comparison, "toy"))


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The bar: its total, and what is done."""
    shown: list[Any] = []

    @contextmanager
    def bar(total: int, *words: str, **named: str) -> Iterator[Any]:
        shown.append(SimpleNamespace(total=total, done=0, set_postfix=lambda text: None, complete=lambda: None))
        shown[0].update = lambda: setattr(shown[0], "done", shown[0].done + 1)
        yield shown[0]

    monkeypatch.setattr("synth_builder.scoring.score.bar", bar)
    return shown


def test_the_bar_counts_each_step(comparison: Comparison, shown: list[Any]) -> None:
    list(score_variants({"a": SYNTHETIC, "b": SYNTHETIC}, replace(comparison, loss="imp"), "toy"))
    assert shown[0].total == shown[0].done > 0


def with_validation_part(comparison: Comparison, **settings: Any) -> Comparison:
    """Of 60 rows, 24 are held out and 36 are five batches."""
    held_out = {"validation_share": 0.4, "min_steps": 0, **settings}
    return replace(
        comparison,
        regimes=("synthetic",),
        real=None,
        hyperparameters=comparison.hyperparameters.model_copy(update=held_out),
    )


def test_the_bar_counts_the_steps_of_the_rows_that_are_trained_on(comparison: Comparison, shown: list[Any]) -> None:
    (scores,) = score_variants({"few_shot": toy_rows(60)}, with_validation_part(comparison), "toy")
    assert shown[0].total == shown[0].done == 2 * 2 * 5  # seeds, epochs, batches
    (result,) = scores.results
    assert result.train_rows == 60
    told = [run.early_stopping for run in result.runs]
    assert [each and (each.epochs, each.validation_rows, each.trained_rows) for each in told] == [(2, 24, 36)] * 2


def test_only_trainings_with_a_validation_part_are_kept_under_another_key_than_before(
    comparison: Comparison, tmp_path: Path
) -> None:
    def keys(share: float) -> list[dict[str, Any]]:
        runs = tmp_path / str(share)
        given = replace(with_validation_part(comparison, validation_share=share), runs=runs)
        list(score_variants({"few_shot": toy_rows(60)}, given, "toy"))
        kept = [json.loads(path.read_text(encoding="utf-8"))["key"] for path in runs.glob("*/*.json")]
        return [key for key in kept if key["method"] == "fine_tuning"]

    before = {"method", "classifier", "tokenizer", "hyperparameters", "label_names", "test", "machine", "versions"}
    before |= {"seed", "training", "loss", "checker"}
    assert [set(key) for key in keys(0.0)] == [before] * 2
    assert [set(key) - before for key in keys(0.4)] == [{"tells"}] * 2
