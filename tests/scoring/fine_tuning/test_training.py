import copy
import random
from typing import Any

import pytest

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")
pytest.importorskip("transformers")

from torch import nn  # noqa: E402

from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning.classifier import TextClassifier, seeded_classifier  # noqa: E402
from synth_builder.scoring.fine_tuning.examples import Padder, tokenize  # noqa: E402
from synth_builder.scoring.fine_tuning.prediction import predict  # noqa: E402
from synth_builder.scoring.fine_tuning.training import train  # noqa: E402
from synth_builder.scoring.hyperparameters import Hyperparameters  # noqa: E402
from synth_builder.scoring.losses import CrossEntropy, Focal  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

FAST = Hyperparameters(learning_rate=3e-3, head_learning_rate=3e-3, epochs=4, min_steps=40, batch_size=8)


def trained(
    encoder: Encoder, seed: int = 0, settings: Hyperparameters = FAST, loss: nn.Module | None = None, **options: Any
) -> tuple[TextClassifier, list[list[float]]]:
    """A classifier trained on 48 toy rows, and its scores of 24 others."""
    accelerator = accelerate.Accelerator()
    classifier = seeded_classifier(copy.deepcopy(encoder.model), 2, dropout=0.1, seed=seed)
    padder = Padder(encoder.tokenizer)
    examples = tokenize(toy_rows(48), encoder.tokenizer, max_length=16)
    model, *_ = train(classifier, examples, padder, settings, loss or CrossEntropy(), seed, accelerator, **options)
    test = tokenize(toy_rows(24, start=100), encoder.tokenizer, max_length=16)
    return classifier, predict(model, test, padder, accelerator).tolist()


@pytest.mark.parametrize("loss", [CrossEntropy(), Focal()])
def test_a_learnable_set_is_learnt(encoder: Encoder, loss: nn.Module) -> None:
    _, scores = trained(encoder, loss=loss)
    right = [
        int(one > zero) == label for (zero, one), label in zip(scores, toy_rows(24, start=100).labels, strict=True)
    ]
    assert sum(right) == 24


def test_each_weight_moves(encoder: Encoder) -> None:
    before = dict(seeded_classifier(copy.deepcopy(encoder.model), 2, dropout=0.1, seed=0).named_parameters())
    after, _ = trained(encoder)
    unmoved = [name for name, weight in after.named_parameters() if torch.equal(weight, before[name])]
    assert len(before) > 10
    assert unmoved == []


def test_the_pretrained_encoder_itself_stays_as_it_was(encoder: Encoder) -> None:
    before = {name: weight.clone() for name, weight in encoder.model.named_parameters()}
    trained(encoder)
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.model.named_parameters())


def test_a_seed_fixes_the_scores_to_the_last_digit(encoder: Encoder) -> None:
    assert trained(encoder, seed=5)[1] == trained(encoder, seed=5)[1]


def test_another_seed_gives_other_scores(encoder: Encoder) -> None:
    assert trained(encoder, seed=5)[1] != trained(encoder, seed=6)[1]


def test_the_global_random_state_neither_matters_nor_changes(encoder: Encoder) -> None:
    _, scores = trained(encoder)
    torch.manual_seed(123)
    random.seed(123)
    torch_state, state = torch.get_rng_state(), random.getstate()
    assert trained(encoder)[1] == scores
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == state


def test_rows_of_weight_zero_teach_nothing(encoder: Encoder) -> None:
    labels = toy_rows(48).labels
    only_zeros = torch.tensor([1.0 if label == 0 else 0.0 for label in labels])
    _, scores = trained(encoder, weights=only_zeros)
    assert all(zero > one for zero, one in scores)


def test_exactly_the_steps_are_done(encoder: Encoder) -> None:
    steps: list[int] = []
    trained(encoder, settings=FAST.model_copy(update={"min_steps": 31}), on_step=steps.append)
    assert steps == list(range(1, 32))


def test_padding_does_not_change_a_prediction(encoder: Encoder) -> None:
    accelerator = accelerate.Accelerator()
    classifier = seeded_classifier(copy.deepcopy(encoder.model), 2, dropout=0.1, seed=0)
    padder = Padder(encoder.tokenizer)
    rows = toy_rows(3)
    longer = rows + rows.__class__((("the film was very very very good and so late",),), (1,), ("long",))
    together = predict(classifier, tokenize(longer, encoder.tokenizer, 16), padder, accelerator)
    alone = predict(classifier, tokenize(rows, encoder.tokenizer, 16), padder, accelerator)
    assert torch.allclose(together[:3], alone, atol=1e-6)


def test_the_new_layer_has_its_own_rate_and_vectors_have_no_decay(encoder: Encoder) -> None:
    encoder_copy = copy.deepcopy(encoder.model)
    classifier = seeded_classifier(encoder_copy, 2, dropout=0.1, seed=0)
    groups = classifier.parameter_groups(learning_rate=1e-4, head_learning_rate=1e-3, weight_decay=0.01)
    embeddings = encoder_copy.get_input_embeddings().weight
    rates = {weight: (group["lr"], group["weight_decay"]) for group in groups for weight in group["params"]}
    assert rates[classifier.head.weight] == (1e-3, 0.01)
    assert rates[classifier.head.bias] == (1e-3, 0.0)
    assert rates[embeddings] == (1e-4, 0.01)
    assert len(rates) == len(list(classifier.parameters()))
