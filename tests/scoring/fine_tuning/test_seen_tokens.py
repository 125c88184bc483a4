import copy
from typing import Any

import pytest

torch = pytest.importorskip("torch")
accelerate = pytest.importorskip("accelerate")
pytest.importorskip("transformers")

from torch import nn  # noqa: E402

from synth_builder.scoring.encoder_files import Encoder  # noqa: E402
from synth_builder.scoring.fine_tuning import seen_tokens, training  # noqa: E402
from synth_builder.scoring.fine_tuning.classifier import TextClassifier, seeded_classifier  # noqa: E402
from synth_builder.scoring.fine_tuning.examples import Padder, tokenize  # noqa: E402
from synth_builder.scoring.fine_tuning.seen_tokens import Decay, SeenTokens, only_seen_tokens  # noqa: E402
from synth_builder.scoring.hyperparameters import Hyperparameters  # noqa: E402
from synth_builder.scoring.losses import CrossEntropy  # noqa: E402
from tests.scoring.tiny_encoder import toy_rows  # noqa: E402

# A decay that would be seen if it were left out.
SETTINGS = Hyperparameters(
    learning_rate=3e-3, head_learning_rate=3e-3, epochs=4, min_steps=40, batch_size=8, weight_decay=0.5
)


@pytest.fixture
def large(encoder: Encoder) -> Any:
    """The tiny encoder with 982 more tokens, which no row has."""
    model = copy.deepcopy(encoder.model)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model.resize_token_embeddings(1000, mean_resizing=False)
    return model


def trained(model: Any, encoder: Encoder) -> TextClassifier:
    classifier = seeded_classifier(copy.deepcopy(model), 2, dropout=0.1, seed=0)
    examples = tokenize(toy_rows(48), encoder.tokenizer, max_length=16)
    accelerator = accelerate.Accelerator()
    training.train(classifier, examples, Padder(encoder.tokenizer), SETTINGS, CrossEntropy(), 0, accelerator)
    return classifier


def test_it_trains_what_the_whole_table_would(large: Any, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    swapped: list[int] = []
    made = SeenTokens.__init__

    def counting(self: SeenTokens, table: nn.Embedding, tokens: Any) -> None:
        swapped.append(len(tokens))
        made(self, table, tokens)

    monkeypatch.setattr(SeenTokens, "__init__", counting)
    small = trained(large, encoder)
    assert swapped and swapped[0] < 20
    monkeypatch.setattr(seen_tokens, "WORTH_IT", 0.0)
    whole = trained(large, encoder)
    assert len(swapped) == 1
    before = large.get_input_embeddings().weight.detach()
    for (name, one), (other_name, other) in zip(small.named_parameters(), whole.named_parameters(), strict=True):
        assert name == other_name
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    # Tokens that no row has were shrunk, and by a lot here.
    table: Any = small.encoder.get_input_embeddings()
    after = table.weight.detach()
    assert isinstance(small.encoder.get_input_embeddings(), nn.Embedding)
    assert 0.9 < float((after[500] / before[500]).mean()) < 0.99
    assert not torch.allclose(after[6], before[6] * (after[500] / before[500]).mean(), atol=1e-3)


def test_the_table_gives_the_same_embeddings_and_no_gradient_for_padding() -> None:
    table = nn.Embedding(10, 4, padding_idx=0)
    seen = SeenTokens(table, torch.tensor([0, 3, 7]))
    ids = torch.tensor([[7, 3, 0]])
    assert torch.equal(seen(ids), table(ids))
    seen(ids).sum().backward()
    assert seen.weight.grad is not None
    assert seen.weight.grad.sum(dim=1).tolist() == [0.0, 4.0, 4.0]


def test_without_padding_every_token_learns() -> None:
    seen = SeenTokens(nn.Embedding(10, 4, padding_idx=0), torch.tensor([3, 7]))
    seen(torch.tensor([[3, 7]])).sum().backward()
    assert seen.weight.grad is not None
    assert seen.weight.grad.sum(dim=1).tolist() == [4.0, 4.0]


def test_the_table_comes_back_after_an_error(large: Any, encoder: Encoder) -> None:
    model = copy.deepcopy(large)
    table = model.get_input_embeddings()
    examples = tokenize(toy_rows(4), encoder.tokenizer, max_length=16)
    with pytest.raises(RuntimeError, match="no memory"), only_seen_tokens(model, examples, 0):
        assert model.get_input_embeddings() is not table
        raise RuntimeError("no memory")
    assert model.get_input_embeddings() is table
    assert torch.equal(table.weight, large.get_input_embeddings().weight)


def test_a_small_vocabulary_is_left_as_it_is(encoder: Encoder) -> None:
    model = copy.deepcopy(encoder.model)
    table = model.get_input_embeddings()
    with only_seen_tokens(model, tokenize(toy_rows(48), encoder.tokenizer, max_length=16), 0):
        assert model.get_input_embeddings() is table


def test_the_decay_is_that_of_adamw() -> None:
    weight = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.AdamW([weight], lr=0.1, weight_decay=0.2)
    decay = Decay()
    for rate in (0.1, 0.05, 0.0):
        optimizer.param_groups[0]["lr"] = rate
        weight.grad = torch.zeros(3)
        optimizer.step()
        decay.step(rate, 0.2)
    assert weight.tolist() == pytest.approx([decay.factor] * 3)
    assert decay.factor == pytest.approx(0.98 * 0.99)
