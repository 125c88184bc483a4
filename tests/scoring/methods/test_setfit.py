import logging
import random
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sklearn")
np = pytest.importorskip("numpy")

from synth_builder.errors import MissingExtraError, ScoringError  # noqa: E402
from synth_builder.scoring.comparison import Comparison  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.hyperparameters import SetFitHyperparameters  # noqa: E402
from synth_builder.scoring.methods import setfit  # noqa: E402
from synth_builder.scoring.methods.setfit import SetFit  # noqa: E402
from synth_builder.scoring.rows.text_rows import TextRows  # noqa: E402
from synth_builder.scoring.score import score_variants  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

TEST = toy_rows(24, start=300)


@pytest.fixture
def comparison(encoder: Encoder) -> Comparison:
    return Comparison(["negative", "positive", "neither"], TEST, "test.csv", encoder, seeds=1, method="setfit")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package is there; an encoder so small needs few pairs and a high rate."""
    pytest.importorskip("setfit")
    settings = SetFitHyperparameters(num_iterations=4, learning_rate=3e-3)
    monkeypatch.setattr(setfit, "SetFitHyperparameters", lambda: settings)
    yield


def test_without_the_package_the_message_says_how_to_get_it(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "setfit", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'synth-builder\[setfit\]'"):
        SetFit(comparison)


def test_the_steps_are_those_of_the_pairs(comparison: Comparison, installed: None) -> None:
    told: list[None] = []
    trainer = SetFit(comparison)
    trainer.trial("synthetic", toy_rows(21), 0, lambda: told.append(None))
    assert len(told) == trainer.steps(toy_rows(21).labels) == 11  # 2 * 4 * 21 = 168 pairs in sixteens


def test_a_learnable_set_is_learnt_and_what_is_trained_is_a_copy(
    comparison: Comparison, encoder: Encoder, installed: None, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {name: weight.clone() for name, weight in encoder.model.named_parameters()}
    found = SetFit(comparison).trial("synthetic", toy_rows(40), 0, lambda: None)
    assert found.probabilities.shape == (24, 3)
    assert (found.probabilities.argmax(axis=1) == TEST.labels).all()
    assert found.probabilities.sum(axis=1) == pytest.approx(1) and (found.probabilities[:, 2] == 0).all()
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.model.named_parameters())
    assert capsys.readouterr().out == ""


def test_a_seed_fixes_the_result_and_the_global_random_state_stays(comparison: Comparison, installed: None) -> None:
    trainer = SetFit(comparison)
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    one, same, other = (
        trainer.trial("synthetic", toy_rows(20), seed, lambda: None).probabilities for seed in (5, 5, 6)
    )
    assert (one == same).all() and (one != other).any()
    assert states == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())


def test_rows_of_one_label_can_not_be_pulled_apart(comparison: Comparison, installed: None) -> None:
    rows = toy_rows(8)
    told: list[None] = []
    trainer = SetFit(comparison)
    found = trainer.trial("synthetic", replace(rows, labels=(1,) * 8), 0, lambda: told.append(None))
    assert (found.probabilities == [0, 1, 0]).all()
    assert len(told) == trainer.steps(toy_rows(8).labels)


def test_a_pair_is_joined_by_the_separator(comparison: Comparison, installed: None) -> None:
    trainer = SetFit(comparison)
    assert trainer._texts(TextRows((("the premise", "claim"),), (0,), ("a",))) == ["the premise [SEP] claim"]


def test_too_many_rows_are_refused(comparison: Comparison, installed: None) -> None:
    rows = toy_rows(1).take([0] * 5001)
    with pytest.raises(ScoringError, match=r"train on 5001 rows.*at most 5000.*--method fine_tuning"):
        SetFit(comparison).trial("synthetic", rows, 0, lambda: None)


def test_several_processes_are_refused(
    comparison: Comparison, installed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ScoringError, match="SetFit trains in one process here, and the launcher started several"):
        SetFit(comparison)


def test_it_is_scored_as_the_other_methods_are(
    comparison: Comparison, installed: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        (scores,) = score_variants({"few_shot": toy_rows(20)}, comparison, "toy")
    assert scores.method == "setfit" and "setfit" in scores.versions
    assert isinstance(scores.hyperparameters, SetFitHyperparameters)
    assert scores.trained.endswith("trained with SetFit")
    assert not [note for note in scores.notes if "draws no random numbers" in note]
