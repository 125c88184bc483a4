from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("accelerate")
transformers = pytest.importorskip("transformers")

from accelerate import Accelerator  # noqa: E402

from synth_builder.errors import ScoringError  # noqa: E402
from synth_builder.progress import bar  # noqa: E402
from synth_builder.scoring.comparison import Comparison  # noqa: E402
from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning.classifier import MeanPooled  # noqa: E402
from synth_builder.scoring.fine_tuning.encoder_dropout import with_dropout  # noqa: E402
from synth_builder.scoring.fine_tuning.fine_tuner import FineTuner  # noqa: E402
from synth_builder.scoring.grid import Grid  # noqa: E402
from synth_builder.scoring.hyperparameters import Hyperparameters  # noqa: E402
from synth_builder.scoring.losses import CrossEntropy  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

INPUTS = {"input_ids": torch.tensor([[2, 4, 5, 3]] * 8), "attention_mask": torch.ones(8, 4, dtype=torch.long)}


def vectors(model: Any, *, training: bool) -> Any:
    with torch.no_grad(), torch.random.fork_rng():
        return model.train(training)(**INPUTS).last_hidden_state


def modern_bert(attention: float) -> Any:
    """An encoder that has no layer of dropout where its config says 0, and leaves a part of it to a function."""
    config = transformers.ModernBertConfig(
        vocab_size=20,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        pad_token_id=0,
        attention_dropout=attention,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return transformers.ModernBertModel(config)


def test_without_dropout_an_encoder_gives_the_same_in_training(encoder: Encoder) -> None:
    for model in (encoder.model, modern_bert(0.3)):
        expected = vectors(model, training=False)
        assert not torch.allclose(vectors(model, training=True), expected, atol=1e-3)
        still = with_dropout(model, 0, "tiny")
        torch.testing.assert_close(vectors(still, training=True), expected)
        torch.testing.assert_close(vectors(still, training=False), expected)
        assert not torch.allclose(vectors(model, training=True), expected, atol=1e-3)  # it stays as it was


def test_an_encoder_without_layers_of_dropout_gets_some() -> None:
    model = modern_bert(0.0)
    expected = vectors(model, training=False)
    torch.testing.assert_close(vectors(model, training=True), expected)
    dropping = with_dropout(model, 0.5, "tiny")
    assert not torch.allclose(vectors(dropping, training=True), expected, atol=1e-2)
    torch.testing.assert_close(vectors(dropping, training=False), expected)


def test_an_encoder_without_its_pooling_layer_can_be_copied_and_the_random_state_stays(encoder: Encoder) -> None:
    model = MeanPooled(with_dropout(encoder.model, 0.1, "tiny")).encoder
    before = torch.random.get_rng_state()
    still = with_dropout(model, 0, "tiny")
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.testing.assert_close(vectors(still, training=True), vectors(model, training=False))


def test_a_config_without_dropout_is_refused(encoder: Encoder) -> None:
    model = with_dropout(encoder.model, 0.1, "tiny")
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
        delattr(model.config, name)
    with pytest.raises(
        ScoringError, match=r"^encoder_dropout is 0\.2, and the config of the encoder 'tiny' has no dropout to"
    ):
        with_dropout(model, 0.2, "tiny")


def test_two_parts_of_a_step_train_as_one_does_without_dropout(encoder: Encoder) -> None:
    def logits(**settings: float) -> Any:
        values = {"learning_rate": 3e-3, "epochs": 2, "min_steps": 0, "batch_size": 8, **settings}
        comparison = Comparison(
            label_names=["negative", "positive"],
            test=toy_rows(12, start=300),
            test_reference="test",
            encoder=encoder,
            hyperparameters=Hyperparameters.model_validate(values),
        )
        tuner = FineTuner(comparison, Accelerator(cpu=True))
        trained = tuner.trained(tuner.tokenized(toy_rows(24)), CrossEntropy(), 0, lambda: None)
        return tuner.logits(trained.model, tuner.tokenized(comparison.test))

    def differ(**settings: float) -> float:
        return float((logits(**settings) - logits(**settings, gradient_accumulation_steps=2)).abs().max())

    assert differ(dropout=0, encoder_dropout=0) < 1e-4
    assert differ(dropout=0) > 1e-3
    assert torch.equal(logits(), logits(encoder_dropout=0.1))  # what the tiny encoder's own config says


def test_what_is_not_set_is_no_part_of_what_tells_trainings_apart(encoder: Encoder) -> None:
    def told(**settings: float) -> Any:
        comparison = Comparison(
            label_names=["negative", "positive"],
            test=toy_rows(4, start=300),
            test_reference="test",
            encoder=encoder,
            hyperparameters=Hyperparameters.model_validate(settings),
        )
        grid = Grid({"few_shot": toy_rows(8)}, comparison)
        with bar(None, "key", silent=True) as shown:
            return grid.trials(shown)._shared["hyperparameters"]

    assert "encoder_dropout" not in told() and told()["dropout"] == 0.1
    assert told(encoder_dropout=0)["encoder_dropout"] == 0
