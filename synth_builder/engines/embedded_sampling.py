"""How the embedded engine draws the next token of each row of a batch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from synth_builder.engines.base import Sampling

HEAD, GROWTH = 512, 16
"""
How many of the likeliest tokens are sorted first: sorting a whole vocabulary costs more than the forward pass of a
small model, and a nucleus is nearly always smaller than this. Rows that need more are drawn again from 16 times as
many, until they are covered; the result is the same as with all.
"""


def choose_tokens(
    logits: Tensor,
    samplings: Sequence[Sampling],
    generators: Sequence[torch.Generator],
    seen: Tensor | None = None,
    allowed: Tensor | None = None,
) -> Tensor:
    """
    Draw one token per row.

    Each row takes exactly one number from its own generator and turns it into a token by the inverse of the cumulated
    probabilities. So what a row draws depends neither on its neighbours in the batch nor on how many tokens survived.

    Args:
        logits (`torch.Tensor` of shape `(rows, vocabulary)`):
            Scores of the next token.
        samplings (sequence of `Sampling`, one per row):
            How each row draws: repetition penalty, then temperature, then top-k, then top-p.
        generators (sequence of `torch.Generator` on the CPU, one per row):
            Each row's own source of chance.
        seen (`torch.Tensor` of shape `(rows, vocabulary)`, boolean, *optional*):
            Tokens that already stand in each row's text. Only read by rows with a repetition penalty.
        allowed (`torch.Tensor` of shape `(rows, vocabulary)`, boolean, *optional*):
            Tokens that a grammar lets come next, at least one per row; the others are never drawn. All when not given.

    Returns:
        `torch.Tensor` of shape `(rows,)`: Token ids, on the device of `logits`.
    """
    scores = logits.float()
    if seen is not None:
        scores = penalise_repetition(scores, seen, samplings)
    if allowed is not None:
        # Before anything is ranked, so that top-k and top-p count among the tokens that may come.
        scores = scores.masked_fill(~allowed, -torch.inf)
    chosen = scores.argmax(dim=-1)
    drawing = [row for row, sampling in enumerate(samplings) if sampling.temperature > 0]
    if not drawing:
        return chosen

    numbers = torch.stack([torch.rand((), generator=generators[row], dtype=torch.float64) for row in drawing])
    rows = torch.tensor(drawing, device=scores.device)
    temperatures = scores.new_tensor([samplings[row].temperature for row in drawing])
    scores = scores[rows] / temperatures[:, None]
    top_p = scores.new_tensor([samplings[row].top_p for row in drawing])
    vocabulary = scores.shape[-1]
    top_k = torch.tensor([min(samplings[row].top_k or vocabulary, vocabulary) for row in drawing], device=rows.device)
    chosen[rows] = _draw(scores, numbers.float().to(scores.device), top_p, top_k, min(HEAD, vocabulary))
    return chosen


def penalise_repetition(scores: Tensor, seen: Tensor, samplings: Sequence[Sampling]) -> Tensor:
    """
    Make tokens less likely that already stand in a row's text.

    Args:
        scores (`torch.Tensor` of shape `(rows, vocabulary)`):
            Scores of the next token.
        seen (`torch.Tensor` of shape `(rows, vocabulary)`, boolean):
            Tokens that already stand in each row's text.
        samplings (sequence of `Sampling`, one per row):
            `repetition_penalty` of each row; `None` leaves the row as it is.

    Returns:
        `torch.Tensor` of shape `(rows, vocabulary)`: Scores of seen tokens divided by the penalty when positive,
        multiplied by it when negative (arXiv 1909.05858, section 4.1).
    """
    penalties = scores.new_tensor([sampling.repetition_penalty or 1.0 for sampling in samplings])[:, None]
    return torch.where(seen, torch.where(scores > 0, scores / penalties, scores * penalties), scores)


def _draw(scores: Tensor, numbers: Tensor, top_p: Tensor, top_k: Tensor, width: int) -> Tensor:
    """
    Draw from the `width` likeliest tokens; rows whose nucleus is not covered by them are drawn again from more.

    Args:
        scores (`torch.Tensor` of shape `(rows, vocabulary)`):
            Scores after the temperature.
        numbers (`torch.Tensor` of shape `(rows,)`):
            One number in `[0, 1)` per row.
        top_p (`torch.Tensor` of shape `(rows,)`):
            Share of the probability that each row keeps.
        top_k (`torch.Tensor` of shape `(rows,)`):
            Number of tokens that each row keeps.
        width (`int`):
            How many tokens are sorted.
    """
    vocabulary = scores.shape[-1]
    ranked, ids = scores.topk(width, dim=-1)
    ranks = torch.arange(width, device=scores.device)
    # A forbidden token has no probability, but in float32 the last number of all could still fall on it.
    within_k = (ranks < top_k[:, None]) & (ranked > -torch.inf)
    # With top-k inside the head the probabilities are those among the k tokens, otherwise those among all.
    totals = torch.where(
        top_k <= width,
        ranked.masked_fill(~within_k, -torch.inf).logsumexp(dim=-1),
        scores.logsumexp(dim=-1),
    )
    probabilities = (ranked - totals[:, None]).exp().masked_fill(~within_k, 0.0)
    cumulated = probabilities.cumsum(dim=-1)
    # A token stays while the likelier ones have not reached top-p yet; the likeliest one always stays.
    kept = within_k & ((cumulated - probabilities < top_p[:, None]) | (ranks == 0))
    masses = probabilities.masked_fill(~kept, 0.0).cumsum(dim=-1)
    last = kept.sum(dim=-1) - 1
    targets = numbers * masses[:, -1]
    picks = torch.searchsorted(masses, targets[:, None], right=True).squeeze(-1)
    # In float32 a number just below 1 can round up to the whole mass.
    chosen = ids.gather(-1, torch.minimum(picks, last)[:, None]).squeeze(-1)

    if width < vocabulary:
        uncovered = ((top_k > width) & (cumulated[:, -1] < top_p)).nonzero().squeeze(-1)
        if len(uncovered):
            chosen[uncovered] = _draw(
                scores[uncovered],
                numbers[uncovered],
                top_p[uncovered],
                top_k[uncovered],
                min(width * GROWTH, vocabulary),
            )
    return chosen
