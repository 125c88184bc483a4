"""How the embedded engine reads the prompts of a batch: what several begin with is read once."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import torch
from torch import Tensor

from synth_builder.engines.embedded_model import LoadedModel

WORTH_IT = 8
"""Tokens that all prompts of a batch have to begin with: a second pass over the model costs something as well."""


def can_share(config: Any) -> bool:
    """
    Whether the model attends to everything before a token. A sliding window counts places, and the padding between
    what prompts share and the rest would push what it holds out of it.
    """
    text = config.get_text_config()
    layers = getattr(text, "layer_types", None) or ["full_attention"]
    return getattr(text, "sliding_window", None) is None and all(layer == "full_attention" for layer in layers)


def common_beginning(prompts: Sequence[tuple[int, ...]]) -> int:
    """
    Tokens that all prompts begin with, at least one less than the shortest has: the last token of each prompt has to
    be read for the scores of the next. 0 for fewer than two prompts.
    """
    if len(prompts) < 2:
        return 0
    same = sum(1 for _ in takewhile(lambda tokens: len(set(tokens)) == 1, zip(*prompts, strict=False)))
    return min(same, min(map(len, prompts)) - 1)


def tokens_to_read(prompts: Sequence[tuple[int, ...]]) -> int:
    """
    Tokens that the model reads for a batch of prompts: each different prompt once, and what all begin with once. The
    padding is not counted.
    """
    different = list(dict.fromkeys(prompts))
    shared = _shared(different)
    return shared + sum(len(prompt) - shared for prompt in different)


@torch.inference_mode()
def read_prompts(loaded: LoadedModel, prompts: Sequence[tuple[int, ...]]) -> tuple[Tensor, Any, Tensor]:
    """
    Run the model over the prompts of a batch.

    Args:
        loaded (`LoadedModel`):
            The model.
        prompts (sequence of `tuple[int, ...]`):
            Token ids of each row's prompt. Equal ones are read once.

    Returns:
        `tuple`: Scores of the first token of shape `(rows, vocabulary)`, the cache of keys and values, and the
        attention mask of shape `(rows, longest prompt)`: what prompts do not share stands at the right, so all answers
        start together.
    """
    from transformers import DynamicCache

    different = list(dict.fromkeys(prompts))
    cache = DynamicCache(config=loaded.model.config)
    shared = _shared(different) if can_share(loaded.model.config) else 0
    if shared:
        beginning = torch.tensor([different[0][:shared]], device=loaded.device)
        loaded.model(input_ids=beginning, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(len(different))
    ids, mask = _padded([prompt[shared:] for prompt in different], loaded)
    mask = torch.cat([mask.new_ones(len(different), shared), mask], dim=-1)
    logits = loaded.model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=(mask.cumsum(dim=-1) - 1).clamp(min=0)[:, shared:],
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    ).logits[:, -1]
    places = {prompt: place for place, prompt in enumerate(different)}
    sources = torch.tensor([places[prompt] for prompt in prompts], device=loaded.device)
    cache.batch_select_indices(sources)
    return logits[sources], cache, mask[sources]


def _shared(different: Sequence[tuple[int, ...]]) -> int:
    shared = common_beginning(different)
    return shared if shared >= WORTH_IT else 0


def _padded(parts: Sequence[tuple[int, ...]], loaded: LoadedModel) -> tuple[Tensor, Tensor]:
    """Token ids and mask of shape `(parts, longest part)`, padded at the left."""
    longest = max(map(len, parts))
    ids = torch.full((len(parts), longest), loaded.padding_id)
    mask = torch.zeros_like(ids)
    for place, part in enumerate(parts):
        ids[place, longest - len(part) :] = torch.tensor(part)
        mask[place, longest - len(part) :] = 1
    return ids.to(loaded.device), mask.to(loaded.device)
