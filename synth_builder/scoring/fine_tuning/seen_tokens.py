from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import PreTrainedModel

from synth_builder.scoring.fine_tuning.examples import Example

WORTH_IT = 0.5
"""Share of the vocabulary below which the small table pays."""


class SeenTokens(nn.Module):
    """
    A table of word embeddings with the rows of some tokens only, for training on rows that have no others.

    Most of an encoder's vocabulary never comes up in a few thousand training rows (of 30,522 tokens of BERT's, 500
    sentences have about 3,000). Their embeddings get no gradient, and still an optimizer reads and writes all of them
    in each step: about half of the weights of a small encoder, and nine tenths of those of a small multilingual one.

    Args:
        table (`nn.Embedding`):
            The whole table. It stays as it is.
        tokens (`torch.Tensor` of shape `(tokens,)`):
            Ids of the tokens that come up, each once.
    """

    def __init__(self, table: nn.Embedding, tokens: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(table.weight.detach()[tokens].clone())
        places = torch.zeros(table.num_embeddings, dtype=torch.long, device=table.weight.device)
        places[tokens] = torch.arange(len(tokens), device=table.weight.device)
        self.register_buffer("places", places, persistent=False)
        padding = table.padding_idx
        # Padding gets no gradient; where no row is padded, it has no place.
        self._padding = int(places[padding]) if padding is not None and bool((tokens == padding).any()) else None

    def forward(self, input_ids: Tensor) -> Tensor:
        """Embeddings of tokens, as `nn.Embedding` gives them."""
        assert isinstance(self.places, Tensor)
        return functional.embedding(self.places[input_ids], self.weight, padding_idx=self._padding)


class Decay:
    """By how much AdamW shrank weights without a gradient so far: the product of `1 - rate * weight_decay`."""

    def __init__(self) -> None:
        self.factor = 1.0

    def step(self, rate: float, weight_decay: float) -> None:
        """One step of the optimizer is done."""
        self.factor *= 1 - rate * weight_decay


@contextmanager
def only_seen_tokens(encoder: PreTrainedModel, examples: Sequence[Example], padding_id: int | None) -> Iterator[Decay]:
    """
    Train an encoder without the embeddings of tokens that no row has. In the end they are what AdamW would have made
    of them: only shrunk by the weight decay. So the result is that of training the whole table, up to rounding.

    Nothing is changed where it would not pay, or where the encoder's table is no plain `nn.Embedding`.

    Args:
        encoder (`PreTrainedModel`):
            What is trained; its table is put back at the end of the `with` block.
        examples (`Sequence[Example]`):
            All rows that the encoder sees in between.
        padding_id (`int`, *optional*):
            The token that fills rows up.

    Returns:
        `ContextManager[Decay]`: To be told of each step.
    """
    decay = Decay()
    table = encoder.get_input_embeddings()
    tokens = sorted({token for example in examples for token in example.inputs["input_ids"]} | {padding_id or 0})
    if type(table) is not nn.Embedding or table.max_norm or len(tokens) > WORTH_IT * table.num_embeddings:
        yield decay
        return
    chosen = torch.tensor(tokens, device=table.weight.device)
    seen = SeenTokens(table, chosen)
    encoder.set_input_embeddings(seen)
    try:
        yield decay
    finally:
        table.to(seen.weight.device)  # where the encoder was brought meanwhile
        with torch.no_grad():
            table.weight.mul_(decay.factor)
            table.weight[chosen.to(table.weight.device)] = seen.weight.detach()
        encoder.set_input_embeddings(table)
