import json
from typing import Any

import pytest

from synth_builder.engines.base import EngineInfo, Request
from synth_builder.errors import (
    EngineAuthError,
    EngineChangedError,
    EngineOverloadedError,
    EngineReplyError,
    EngineUnreachableError,
    RequestRefusedError,
)
from tests.engines.asking import ROW_SCHEMA, chat, openai, plain
from tests.servers.loopback import Fault, Recorded, status
from tests.servers.openai import OpenAIServer
from tests.servers.tgi import TGIServer


async def test_the_only_model_served_is_the_one_to_ask() -> None:
    async with OpenAIServer() as server, openai(server.url) as engine:
        assert await engine.open() == EngineInfo(
            engine="openai", model="loopback/tiny", server="vllm", grammar=True, max_total_tokens=4096
        )


async def test_a_base_url_with_v1_is_the_same() -> None:
    async with OpenAIServer() as server, openai(f"{server.url}/v1/") as engine:
        await engine.open()
        await engine.complete(chat())
    assert [request.path for request in server.requests] == ["/v1/models", "/v1/chat/completions"]


async def test_of_several_models_one_has_to_be_named() -> None:
    async with OpenAIServer(models=("a/one", "b/two")) as server:
        async with openai(server.url) as engine:
            with pytest.raises(
                EngineUnreachableError, match=r"serves 2 models \('a/one', 'b/two'\), and none was named.*--model\.$"
            ):
                await engine.open()
        async with openai(server.url, model="b/two") as engine:
            assert (await engine.open()).model == "b/two"
            await engine.complete(chat())
    assert server.requests[-1].body["model"] == "b/two"


async def test_no_model_at_all_is_an_error() -> None:
    async with OpenAIServer(models=()) as server, openai(server.url) as engine:
        with pytest.raises(EngineUnreachableError, match=r"serves 0 models \(none\)"):
            await engine.open()


async def test_a_server_without_a_list_needs_a_name() -> None:
    async with OpenAIServer(lists_models=False) as server:
        async with openai(server.url) as engine:
            with pytest.raises(
                EngineUnreachableError, match=r"404: the server does not list its models\. Name one with"
            ):
                await engine.open()
        async with openai(server.url, model="loopback/tiny") as engine:
            assert await engine.open() == EngineInfo(
                engine="openai", model="loopback/tiny", server="openai-compatible"
            )
            assert (await engine.complete(plain())).text


async def test_a_list_that_fails_matters_only_where_no_model_is_named() -> None:
    def failing_list(request: Recorded) -> Fault | None:
        return status(500) if request.path == "/v1/models" else None

    async with OpenAIServer(faults=failing_list) as server:
        async with openai(server.url) as engine:
            with pytest.raises(EngineOverloadedError, match=r"/v1/models was answered 500"):
                await engine.open()
        async with openai(server.url, model="loopback/tiny") as engine:
            await engine.open()
            assert (await engine.complete(chat())).text


async def test_a_model_that_the_server_does_not_know_is_told_when_asked_for() -> None:
    async with OpenAIServer() as server, openai(server.url, model="no/such") as engine:
        assert (await engine.open()).max_total_tokens is None
        with pytest.raises(EngineUnreachableError, match=r"404: 'The model `no/such` does not exist\.'"):
            await engine.complete(chat())


@pytest.mark.parametrize(
    ("owner", "server_name", "grammar"),
    [
        ("vllm", "vllm", True),
        ("sglang", "sglang", True),
        ("llamacpp", "llama.cpp", False),
        ("somebody", "openai-compatible", False),
    ],
)
async def test_a_schema_is_promised_only_where_it_is_known_to_be_enforced(
    owner: str, server_name: str, grammar: bool
) -> None:
    async with OpenAIServer(owned_by=owner) as server, openai(server.url) as engine:
        info = await engine.open()
    assert (info.server, info.grammar) == (server_name, grammar)


async def test_a_list_in_another_form_is_no_answer() -> None:
    async with (
        OpenAIServer(faults=lambda _: Fault("body", body='{"models": []}')) as server,
        openai(server.url) as engine,
    ):
        with pytest.raises(EngineReplyError, match="Expected a list of models under 'data'"):
            await engine.open()


async def test_a_chat_is_sent_in_openais_form() -> None:
    async with OpenAIServer() as server, openai(server.url) as engine:
        await engine.open()
        request = chat("Hi.", temperature=0.8, top_p=0.9, top_k=40, repetition_penalty=1.1, stop=("#", ""))
        completion = await engine.complete(
            Request(request.sampling, request.seed, request.messages, schema=ROW_SCHEMA)
        )
    assert server.requests[-1].body == {
        "model": "loopback/tiny",
        "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "Hi."}],
        "max_tokens": 256,
        "temperature": 0.8,
        "stream": False,
        "seed": 7,
        "top_p": 0.9,
        "top_k": 40,
        "repetition_penalty": 1.1,
        "stop": ["#"],
        "response_format": {"type": "json_schema", "json_schema": {"name": "row", "schema": ROW_SCHEMA}},
    }
    assert completion.text.startswith('{"text": ')
    assert (completion.prompt_tokens, completion.seed, completion.finish_reason) == (5, 7, "stop")
    assert server.unknown_fields == []


async def test_a_plain_prompt_goes_to_completions() -> None:
    async with OpenAIServer() as server, openai(server.url) as engine:
        await engine.open()
        completion = await engine.complete(plain("One two.", temperature=0, top_p=0.5, top_k=3, max_new_tokens=2))
    (sent,) = server.to("/v1/completions")
    assert sent.body == {
        "model": "loopback/tiny",
        "prompt": "One two.",
        "max_tokens": 2,
        "temperature": 0,
        "stream": False,
    }
    assert (completion.finish_reason, completion.completion_tokens, completion.seed) == ("length", 2, None)


@pytest.mark.parametrize("make", [plain, chat])
async def test_it_speaks_to_tgi_as_well(make: Any) -> None:
    async with TGIServer(responder=lambda asked: "good film\n\nbad") as server, openai(server.url) as engine:
        assert (await engine.open()).grammar is False
        completion = await engine.complete(make(stop=("\n\n",)))
    assert (completion.text, completion.finish_reason) == ("good film", "stop")
    assert server.unknown_fields == []


async def test_a_key_is_wanted_from_the_first_call_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "sesame")
    async with OpenAIServer(api_key="sesame") as server:
        async with openai(server.url) as engine:
            with pytest.raises(
                EngineAuthError, match=r"/v1/models was answered 401: 'Unauthorized'\. .*--api-key-env"
            ):
                await engine.open()
        async with openai(server.url, api_key_env="MY_KEY") as engine:
            await engine.open()
            assert (await engine.complete(chat())).text


async def test_a_prompt_that_is_too_long_is_refused() -> None:
    async with OpenAIServer(max_model_len=10) as server, openai(server.url) as engine:
        await engine.open()
        with pytest.raises(RequestRefusedError, match="400: \"This model's maximum context length is 10 tokens"):
            await engine.complete(chat())


async def test_endpoints_with_different_models_are_an_error_that_tells_both() -> None:
    async with OpenAIServer() as one, OpenAIServer(models=("b/two",)) as two, openai(one.url, two.url) as engine:
        with pytest.raises(EngineChangedError, match=r"'loopback/tiny' in vllm, .* has 'b/two' in vllm"):
            await engine.open()


def answer(**choice: Any) -> Fault:
    return Fault("body", body=json.dumps({"choices": [choice] if choice else []}))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (answer(), "Expected 'choices' with one choice"),
        (answer(text="a", finish_reason="stop"), "Expected a choice with a 'message'"),
        (answer(message={"content": [1]}, finish_reason="stop"), "Expected a text in the first choice"),
        (answer(message={"content": "a"}, finish_reason="abort"), "Expected a finish_reason out of stop"),
        (answer(message={"content": "a"}), "Expected a finish_reason out of stop"),
        (answer(message={"content": None}, finish_reason="tool_calls"), "Expected a finish_reason out of stop"),
        (Fault("body", body='{"error": {"message": "engine is dead"}}'), "answered with 'engine is dead'. Expected"),
    ],
)
async def test_an_answer_in_another_form_is_no_answer(fault: Fault, said: str) -> None:
    async with OpenAIServer(faults=[fault]) as server, openai(server.url) as engine:
        await engine.open()
        with pytest.raises(EngineReplyError, match=said):
            await engine.complete(chat())


async def test_a_text_held_back_by_a_filter_is_refused() -> None:
    held = answer(message={"content": ""}, finish_reason="content_filter")
    async with OpenAIServer(faults=[held]) as server, openai(server.url) as engine:
        await engine.open()
        with pytest.raises(RequestRefusedError, match="content filter held the text back"):
            await engine.complete(chat())


async def test_an_answer_without_usage_and_with_null_for_a_text_is_an_answer() -> None:
    spent = answer(message={"content": None}, finish_reason="length")
    async with OpenAIServer(faults=[spent]) as server, openai(server.url) as engine:
        await engine.open()
        completion = await engine.complete(chat())
    assert (completion.text, completion.finish_reason, completion.prompt_tokens) == ("", "length", None)
