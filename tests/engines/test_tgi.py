import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest

from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.engines.tgi import TGIEngine
from synth_builder.errors import EngineChangedError, EngineReplyError, EngineUnreachableError, RequestRefusedError
from synth_builder.strategies.replies import reply_schema
from tests.engines.asking import ROW_SCHEMA, chat, plain, tgi
from tests.servers.loopback import EMPTY_TEXT, Fault, Recorded
from tests.servers.openai import OpenAIServer
from tests.servers.replies import Asked
from tests.servers.tgi import TGIServer
from tests.servers.tgi_validation import Limits


@pytest.fixture
async def server() -> AsyncIterator[TGIServer]:
    async with TGIServer() as running:
        yield running


@pytest.fixture
async def engine(server: TGIServer) -> AsyncIterator[TGIEngine]:
    async with tgi(server.url) as engine:
        await engine.open()
        yield engine


def with_schema(request: Request, schema: dict[str, Any] = ROW_SCHEMA) -> Request:
    return Request(request.sampling, request.seed, request.messages, request.prompt, schema)


async def test_opening_tells_who_answers_and_its_limits(server: TGIServer) -> None:
    async with tgi(server.url) as engine:
        assert await engine.open() == EngineInfo(
            engine="tgi",
            model="loopback/tiny",
            revision="0123456789abcdef0123456789abcdef01234567",
            server="text-generation-inference",
            server_version="3.3.7",
            chat_template=True,
            grammar=True,
            max_concurrent_requests=128,
            max_input_tokens=4095,
            max_total_tokens=4096,
            max_stop_sequences=4,
        )


async def test_a_model_from_a_local_path_has_no_revision() -> None:
    async with TGIServer(model_id="/data/model", model_sha=None) as server, tgi(server.url) as engine:
        info = await engine.open()
    assert (info.model, info.revision) == ("/data/model", None)


@pytest.mark.parametrize("has_template", [True, False])
async def test_the_server_is_asked_whether_there_is_a_chat_template(has_template: bool) -> None:
    async with TGIServer(chat_template=has_template, api_key="k") as server, tgi(server.url) as engine:
        assert (await engine.open()).chat_template is has_template


@pytest.mark.parametrize("code", [400, 404, 405])
async def test_a_server_that_cannot_tell_about_its_template_gets_the_benefit_of_doubt(code: int) -> None:
    def no_such_route(request: Recorded) -> Fault | None:
        return Fault("status", status=code, body="") if request.path == "/chat_tokenize" else None

    async with TGIServer(faults=no_such_route, chat_template=False) as server, tgi(server.url) as engine:
        assert (await engine.open()).chat_template is True


async def test_a_chat_without_a_template_is_refused_in_the_servers_words() -> None:
    async with TGIServer(chat_template=False) as server, tgi(server.url) as engine:
        await engine.open()
        with pytest.raises(RequestRefusedError, match="422: 'Template error: template not found'"):
            await engine.complete(chat())


async def test_a_plain_prompt_goes_to_generate(server: TGIServer, engine: TGIEngine) -> None:
    request = plain(
        "One two three.", seed=11, temperature=0.8, top_p=0.9, top_k=40, repetition_penalty=1.1, stop=("#",)
    )
    completion = await engine.complete(request)
    (sent,) = server.to("/generate")
    assert sent.body == {
        "inputs": "One two three.",
        "parameters": {
            "max_new_tokens": 256,
            "do_sample": True,
            "details": True,
            "return_full_text": False,
            "temperature": 0.8,
            "seed": 11,
            "top_p": 0.9,
            "top_k": 40,
            "repetition_penalty": 1.1,
            "stop": ["#"],
        },
    }
    assert completion.prompt_tokens == 4
    assert completion.seed == 11
    assert completion.finish_reason == "stop"
    assert completion.text and "One two" not in completion.text


async def test_a_chat_goes_to_the_chat_route(server: TGIServer, engine: TGIEngine) -> None:
    request = chat("Hi.", seed=11, temperature=0.8, top_p=0.9, repetition_penalty=1.1, max_new_tokens=50, stop=("#",))
    completion = await engine.complete(request)
    (sent,) = server.to("/v1/chat/completions")
    assert sent.body == {
        "model": "tgi",
        "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "Hi."}],
        "max_tokens": 50,
        "temperature": 0.8,
        "stream": False,
        "seed": 11,
        "top_p": 0.9,
        "presence_penalty": -0.9,
        "stop": ["#"],
    }
    assert completion.seed == 11
    # <|system|> is five tokens, "You write." three, <|user|> five, "Hi." two, <|assistant|> five, the last line end 1
    assert completion.prompt_tokens == 21
    assert completion.completion_tokens and completion.text


@pytest.mark.parametrize("make", [plain, chat])
@pytest.mark.parametrize(
    "sampling",
    [
        {"top_p": 1.0},
        {"temperature": 0},
        {"temperature": 0.0, "top_p": 0.5, "top_k": 3},
        {"temperature": 0, "repetition_penalty": 1.2},
        {"stop": ("",)},
        {"stop": ("a", "b", "c", "d", "e", "f")},
    ],
)
async def test_no_sampling_makes_the_server_refuse(
    make: Any, sampling: dict[str, Any], server: TGIServer, engine: TGIEngine
) -> None:
    completion = await engine.complete(make(**sampling))
    assert isinstance(completion, Completion)
    assert completion.seed == (None if sampling.get("temperature") == 0 else 7)
    assert server.unknown_fields == []


async def test_greedy_sends_nothing_that_would_turn_sampling_on(server: TGIServer, engine: TGIEngine) -> None:
    await engine.complete(plain(temperature=0, top_p=0.5, top_k=3))
    parameters = server.to("/generate")[0].body["parameters"]
    assert parameters == {"max_new_tokens": 256, "do_sample": False, "details": True, "return_full_text": False}


async def test_top_k_in_a_chat_is_refused_rather_than_left_out_in_silence(engine: TGIEngine) -> None:
    with pytest.raises(RequestRefusedError, match=r"chat route of TGI knows no top_k, and the request asks for 40"):
        await engine.complete(chat(top_k=40))


@pytest.mark.parametrize("make", [plain, chat])
async def test_the_seed_fixes_the_text(make: Any, engine: TGIEngine) -> None:
    first, again, other = [await engine.complete(make(seed=seed)) for seed in (1, 1, 2)]
    assert first == again
    assert first.text != other.text


@pytest.mark.parametrize("make", [plain, chat])
async def test_a_schema_is_sent_in_tgis_own_form_and_followed(make: Any, server: TGIServer, engine: TGIEngine) -> None:
    completion = await engine.complete(with_schema(make()))
    assert completion.text.startswith('{"text": "')
    assert completion.text.endswith(('"label": "negative"}', '"label": "positive"}'))
    body = server.requests[-1].body
    if make is plain:
        assert body["parameters"]["grammar"] == {"type": "json", "value": ROW_SCHEMA}
    else:
        assert body["response_format"] == {"type": "json_object", "value": ROW_SCHEMA}


@pytest.mark.parametrize("make", [plain, chat])
@pytest.mark.parametrize(("columns", "label"), [(["premise", "hypothesis"], None), (["text"], "label")])
async def test_the_schemas_of_the_strategies_pass_the_servers_validation(
    make: Any, columns: list[str], label: str | None, engine: TGIEngine
) -> None:
    schema = reply_schema(columns, label, ["negative", "positive"])
    completion = await engine.complete(with_schema(make(), schema))
    row = json.loads(completion.text)
    jsonschema.validate(row, schema)
    assert sorted(row) == sorted([*columns, *([label] if label else [])])


@pytest.mark.parametrize("make", [plain, chat])
async def test_a_stop_string_is_not_part_of_the_text(make: Any) -> None:
    async with TGIServer(responder=lambda asked: "good film\n\nbad film") as server, tgi(server.url) as engine:
        await engine.open()
        completion = await engine.complete(make(stop=("\n\n",)))
    assert (completion.text, completion.finish_reason) == ("good film", "stop")


async def test_stop_strings_beyond_the_servers_limit_are_cut_here(server: TGIServer) -> None:
    server.responder = lambda asked: "one five six"
    async with tgi(server.url) as engine:
        await engine.open()
        completion = await engine.complete(plain(stop=("v", "w", "x y", "z", " five"), max_new_tokens=3))
    assert server.to("/generate")[0].body["parameters"]["stop"] == ["v", "w", "x y", "z"]
    assert (completion.text, completion.finish_reason) == ("one fi", "stop")


@pytest.mark.parametrize("make", [plain, chat])
async def test_an_answer_cut_at_max_new_tokens_says_so(make: Any) -> None:
    async with TGIServer(responder=lambda asked: "one two three") as server, tgi(server.url) as engine:
        await engine.open()
        completion = await engine.complete(make(max_new_tokens=2))
    assert (completion.text, completion.finish_reason, completion.completion_tokens) == ("one two", "length", 2)


@pytest.mark.parametrize("make", [plain, chat])
async def test_an_empty_text_is_an_answer(make: Any) -> None:
    async with TGIServer(faults=[EMPTY_TEXT]) as server, tgi(server.url) as engine:
        await engine.open()
        completion = await engine.complete(make())
    assert (completion.text, completion.finish_reason, completion.completion_tokens) == ("", "stop", 0)


async def test_a_text_that_no_file_can_hold_is_mended(server: TGIServer, engine: TGIEngine) -> None:
    assert not callable(server.faults)
    details = '{"finish_reason": "eos_token", "generated_tokens": 1, "seed": null}'
    server.faults.append(
        Fault("body", body=f'{{"generated_text": "a\\ud83d b \\ud83d\\ude00", "details": {details}}}')
    )
    assert (await engine.complete(plain())).text == "a\ufffd b \U0001f600"


async def test_a_prompt_that_is_too_long_is_refused_with_the_servers_figures() -> None:
    limits = Limits(max_input_tokens=8, max_total_tokens=16)
    async with TGIServer(limits=limits) as server, tgi(server.url) as engine:
        await engine.open()
        with pytest.raises(
            RequestRefusedError, match=r"must be <= 16\. Given: 3 `inputs` tokens and 50 `max_new_tokens`"
        ):
            await engine.complete(plain("a b c", max_new_tokens=50))


async def test_an_unknown_finish_reason_is_no_answer(server: TGIServer, engine: TGIEngine) -> None:
    assert not callable(server.faults)
    server.faults.append(Fault("body", body='{"generated_text": "a", "details": {"finish_reason": "moon"}}'))
    with pytest.raises(
        EngineReplyError, match="Expected a finish_reason out of stop, stop_sequence, eos_token, length"
    ):
        await engine.complete(plain())


async def test_concurrency_keeps_to_the_server_in_silence_unless_more_was_asked_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with TGIServer(limits=Limits(max_concurrent_requests=5)) as server:
        async with tgi(server.url) as engine:
            assert engine.concurrency == 64
            await engine.open()
            assert engine.concurrency == 5
        async with tgi(server.url, concurrency=3) as engine:
            await engine.open()
            assert engine.concurrency == 3
        assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
        async with tgi(server.url, concurrency=40) as engine:
            await engine.open()
            assert engine.concurrency == 5
    assert (
        "A concurrency of 40 was asked for, but the server takes 5 requests at once: going on with 5." in caplog.text
    )


async def test_two_endpoints_add_up_and_take_the_smaller_limits() -> None:
    small = Limits(max_concurrent_requests=10, max_input_tokens=100, max_total_tokens=200)
    async with (
        TGIServer() as one,
        TGIServer(limits=small, chat_template=False) as two,
        tgi(one.url, two.url) as engine,
    ):
        info = await engine.open()
    assert (info.max_concurrent_requests, info.max_input_tokens, info.max_total_tokens) == (138, 100, 200)
    assert info.chat_template is False


@pytest.mark.parametrize("other", [{"model_id": "loopback/other"}, {"model_sha": "f" * 40}])
async def test_endpoints_with_different_models_are_an_error_that_tells_both(other: dict[str, Any]) -> None:
    async with TGIServer() as one, TGIServer(**other) as two, tgi(one.url, two.url) as engine:
        with pytest.raises(EngineChangedError) as caught:
            await engine.open()
    message = str(caught.value)
    assert all(part in message for part in (one.url, two.url, "'loopback/tiny'", one.model_sha or "", *other.values()))


async def test_a_server_of_another_kind_gets_a_hint() -> None:
    async with OpenAIServer() as server, tgi(server.url) as engine:
        with pytest.raises(
            EngineUnreachableError, match=r"/info was answered 404.*Is this a TGI server\? .*--engine openai"
        ):
            await engine.open()


async def test_an_info_without_a_model_is_no_tgi_server() -> None:
    def other_info(request: Recorded) -> Fault | None:
        return Fault("body", body='{"model": "x"}') if request.path == "/info" else None

    async with TGIServer(faults=other_info) as server, tgi(server.url) as engine:
        with pytest.raises(EngineUnreachableError, match="without the 'model_id' that a TGI server tells"):
            await engine.open()


async def test_the_responder_sees_what_was_asked(server: TGIServer, engine: TGIEngine) -> None:
    seen: list[Asked] = []

    def keep(asked: Asked) -> str:
        seen.append(asked)
        return "fine"

    server.responder = keep
    await engine.complete(plain("raw prompt"))
    await engine.complete(chat("Hi."))
    assert seen[0].prompt == "raw prompt"
    assert seen[1].messages[1] == {"role": "user", "content": "Hi."}
