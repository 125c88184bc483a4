"""The loop of the embedded engine that turns a batch of requests into completions."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jinja2 import TemplateError
from torch import Tensor

from synth_builder.engines.base import Completion, FinishReason, Request
from synth_builder.engines.embedded_grammar import allowed_tokens
from synth_builder.engines.embedded_model import LoadedModel
from synth_builder.engines.embedded_prompts import read_prompts
from synth_builder.engines.embedded_sampling import choose_tokens
from synth_builder.errors import EngineOverloadedError, EngineReplyError, RequestRefusedError


@dataclass
class Row:
    """
    One request on its way through the model.

    Args:
        request (`Request`):
            What was asked.
        prompt (`tuple[int, ...]`):
            Token ids of the prompt.
        limit (`int`):
            Tokens after which the answer is cut: `max_new_tokens`, or less where the context ends before.
        generator (`torch.Generator`):
            The row's own source of chance, seeded with the request's seed.
        grammar (`llguidance.LLMatcher`, *optional*):
            Where the answer stands in the grammar of the request's schema.
    """

    request: Request
    prompt: tuple[int, ...]
    limit: int
    generator: torch.Generator
    grammar: Any | None = None
    tokens: list[int] = field(default_factory=list)

    def take(self, token: int) -> None:
        """Go on with a token."""
        self.tokens.append(token)
        if self.grammar is not None:
            self.grammar.consume_token(token)


def answer(loaded: LoadedModel, requests: Sequence[Request], stop: threading.Event) -> list[Completion | Exception]:
    """
    Answer requests, as many at a time as the memory holds.

    Args:
        loaded (`LoadedModel`):
            The model and its tokenizer.
        requests (sequence of `Request`):
            What is asked, in any order.
        stop (`threading.Event`):
            When set, the work ends after the current token and the unfinished requests get an error.

    Returns:
        `list[Completion | Exception]`: For each request its completion or the `EngineError` that it ended with.
    """
    results: list[Completion | Exception | None] = [None] * len(requests)
    rows: dict[int, Row] = {}
    for index, request in enumerate(requests):
        try:
            rows[index] = make_row(loaded, request)
        except RequestRefusedError as error:
            results[index] = error

    # Prompts of like length together: padding is computed like any other token.
    waiting = sorted(rows, key=lambda index: len(rows[index].prompt) + rows[index].limit)
    while waiting:
        size = fitting(loaded, [rows[index] for index in waiting])
        batch, waiting = waiting[:size], waiting[size:]
        try:
            completions: Sequence[Completion | Exception] = decode(loaded, [rows[index] for index in batch], stop)
        except torch.OutOfMemoryError as error:
            shortage = EngineOverloadedError(
                f"The {loaded.device} has no memory for {size} rows at once. Ask for fewer with a lower concurrency."
            )
            shortage.__cause__ = error
            completions = [shortage] * size
        for index, completion in zip(batch, completions, strict=True):
            results[index] = completion
    return [result for result in results if result is not None]


def make_row(loaded: LoadedModel, request: Request) -> Row:
    """
    Tokenize a request's prompt and seed its source of chance.

    Raises:
        RequestRefusedError: The prompt fills the context, is empty, is a chat for a model without a template, or wants
            a schema that can't be enforced.
    """
    tokenizer = loaded.tokenizer
    if request.prompt is not None:
        prompt = tokenizer(request.prompt).input_ids
    elif not loaded.chat_template:
        raise RequestRefusedError(
            f"The model {loaded.model_id!r} has no chat template, so it can't answer a chat. "
            "Use the completion form: prompt_form: completion."
        )
    else:
        messages = [{"role": message.role, "content": message.content} for message in request.messages]
        try:
            text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        except TemplateError as error:
            raise RequestRefusedError(
                f"The chat template of {loaded.model_id!r} refuses the messages: {error}. Use a prompt of your own "
                "without what it does not know, or prompt_form: completion."
            ) from error
        # The template writes the special tokens itself; a second beginning-of-text token would follow otherwise.
        prompt = tokenizer(text, add_special_tokens=False).input_ids
    if not prompt:
        raise RequestRefusedError("The prompt is empty: the model needs at least one token to continue from.")
    room = loaded.context - len(prompt)
    if room < 1:
        raise RequestRefusedError(
            f"The prompt has {len(prompt)} tokens, and the context of {loaded.model_id!r} ends at {loaded.context}. "
            "Shorten it, for example with fewer demonstrations."
        )
    if request.schema is not None and loaded.grammar is None:
        raise RequestRefusedError(
            f"The request wants an answer that follows a JSON schema, and nothing here can hold {loaded.model_id!r} "
            "to one. Install llguidance with: pip install 'synth-builder[embedded]'"
        )
    return Row(
        request=request,
        prompt=tuple(prompt),
        limit=min(request.sampling.max_new_tokens, room),
        generator=torch.Generator().manual_seed(request.seed),
        grammar=loaded.grammar.start(request.schema) if loaded.grammar and request.schema is not None else None,
    )


def fitting(loaded: LoadedModel, rows: Sequence[Row]) -> int:
    """How many of the first rows fit into the memory for keys and values at once; at least one."""
    longest_prompt = longest_answer = 0
    for count, row in enumerate(rows):
        longest_prompt = max(longest_prompt, len(row.prompt))
        longest_answer = max(longest_answer, row.limit)
        if count and (count + 1) * (longest_prompt + longest_answer) > loaded.cache_tokens:
            return count
    return len(rows)


@torch.inference_mode()
def decode(loaded: LoadedModel, rows: Sequence[Row], stop: threading.Event) -> list[Completion | Exception]:
    """
    Run one batch from its prompts to the last token of its longest answer.

    Equal prompts are read once and their keys and values repeated; rows that end leave the batch.

    Args:
        loaded (`LoadedModel`):
            The model and its tokenizer.
        rows (sequence of `Row`):
            The batch. Their `tokens` are filled.
        stop (`threading.Event`):
            When set, the loop ends after the current token.

    Returns:
        `list[Completion | Exception]`: One per row, in their order; an `EngineOverloadedError` for rows that were
        not finished when `stop` was set, an `EngineReplyError` for rows whose grammar gave up.
    """
    device = loaded.device
    completions: list[Completion | Exception] = [
        EngineOverloadedError("The engine was closed before the answer ended.") for _ in rows
    ]
    logits, cache, mask = read_prompts(loaded, [row.prompt for row in rows])
    lengths = torch.tensor([len(row.prompt) for row in rows], device=device)
    seen = tokens_of_prompts(rows, logits) if any(row.request.sampling.repetition_penalty for row in rows) else None
    alive = list(range(len(rows)))
    while not stop.is_set():
        living = [rows[index] for index in alive]
        tokens = choose_tokens(
            logits,
            [row.request.sampling for row in living],
            [row.generator for row in living],
            seen,
            tokens_of_grammars(loaded, living, logits),
        )
        staying = []
        for place, (index, token) in enumerate(zip(alive, tokens.tolist(), strict=True)):
            rows[index].take(token)
            completion = finished(loaded, rows[index])
            if completion is None:
                staying.append(place)
            else:
                completions[index] = completion
        if not staying:
            break
        if seen is not None:
            seen[torch.arange(len(alive), device=device), tokens] = True
        if len(staying) < len(alive):
            alive = [alive[place] for place in staying]
            kept = torch.tensor(staying, device=device)
            cache.batch_select_indices(kept)
            tokens, mask, lengths = tokens[kept], mask[kept], lengths[kept]
            seen = None if seen is None else seen[kept]
        mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=-1)
        logits = loaded.model(
            input_ids=tokens[:, None],
            attention_mask=mask,
            position_ids=lengths[:, None],
            past_key_values=cache,
            use_cache=True,
        ).logits[:, -1]
        lengths = lengths + 1
    return completions


def tokens_of_prompts(rows: Sequence[Row], logits: Tensor) -> Tensor:
    """Which tokens stand in each row's prompt, as booleans of the shape of `logits`."""
    seen = torch.zeros_like(logits, dtype=torch.bool)
    for place, row in enumerate(rows):
        seen[place, torch.tensor(row.prompt, device=logits.device)] = True
    return seen


def tokens_of_grammars(loaded: LoadedModel, rows: Sequence[Row], logits: Tensor) -> Tensor | None:
    """Which tokens each row's grammar lets come next, of the shape of `logits`; `None` when no row has a grammar."""
    if loaded.grammar is None or all(row.grammar is None for row in rows):
        return None
    allowed = allowed_tokens(loaded.grammar, [row.grammar for row in rows], logits.shape[-1])
    return torch.from_numpy(allowed).to(logits.device)


def finished(loaded: LoadedModel, row: Row) -> Completion | EngineReplyError | None:
    """The completion of a row that its last token ended, `None` while it goes on."""
    tokens, sampling = row.tokens, row.request.sampling
    reason: FinishReason = "stop"
    if row.grammar is not None and row.grammar.is_error():
        return EngineReplyError(f"The answer's grammar gave up after {len(tokens)} tokens: {row.grammar.get_error()}")
    if tokens[-1] in loaded.end_ids:
        text = loaded.text(tokens[:-1])
    elif row.grammar is not None and row.grammar.is_stopped():
        text = loaded.text(tokens)  # the object is closed, nothing but the end could follow
    else:
        text = loaded.text(tokens) if sampling.stop or len(tokens) >= row.limit else ""
        ends = [place for place in (text.find(end) for end in sampling.stop) if place >= 0]
        if ends:
            text = text[: min(ends)]
        elif len(tokens) >= row.limit:
            reason = "length"
        else:
            return None
    return Completion(
        text=text,
        finish_reason=reason,
        prompt_tokens=len(row.prompt),
        completion_tokens=len(tokens),
        seed=row.request.seed if sampling.temperature > 0 else None,
    )
