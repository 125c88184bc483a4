import pytest

from synth_builder.engines.base import EngineInfo, Request
from synth_builder.errors import RequestRefusedError
from tests.engines.asking import ROW_SCHEMA, chat, openai, plain
from tests.servers.llama_cpp_python import LlamaCppPythonServer
from tests.servers.loopback import Fault, Recorded


async def test_the_server_is_known_by_its_description() -> None:
    async with LlamaCppPythonServer() as server, openai(server.url) as engine:
        info = await engine.open()
    assert info == EngineInfo(
        engine="openai",
        model="loopback/tiny",
        server="llama-cpp-python",
        server_version="0.3.36",
        grammar=True,
        max_total_tokens=4096,
    )
    assert [request.path for request in server.requests] == ["/v1/models", "/openapi.json"]


async def test_another_server_whose_models_belong_to_me_is_promised_nothing() -> None:
    async with LlamaCppPythonServer(title="My models") as server, openai(server.url) as engine:
        info = await engine.open()
        await engine.complete(chat())
    assert (info.server, info.server_version, info.grammar) == ("openai-compatible", None, False)
    assert "min_p" not in server.requests[-1].body


@pytest.mark.parametrize("body", ["<html>", "[]", '{"info": 7}', "{}"])
async def test_a_description_that_is_none_makes_it_another_server(body: str) -> None:
    def other(request: Recorded) -> Fault | None:
        return Fault("body", body=body) if request.path == "/openapi.json" else None

    async with LlamaCppPythonServer(faults=other) as server, openai(server.url) as engine:
        assert (await engine.open()).server == "openai-compatible"


async def test_a_chat_is_sent_in_its_words_with_the_schema_beside_the_type() -> None:
    async with LlamaCppPythonServer() as server, openai(server.url) as engine:
        await engine.open()
        asked = chat("Hi.", temperature=0.8, top_p=0.9, top_k=20, repetition_penalty=1.2)
        completion = await engine.complete(Request(asked.sampling, asked.seed, asked.messages, schema=ROW_SCHEMA))
    assert server.requests[-1].body == {
        "model": "loopback/tiny",
        "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "Hi."}],
        "max_tokens": 256,
        "temperature": 0.8,
        "stream": False,
        "seed": 7,
        "top_p": 0.9,
        "top_k": 20,
        "min_p": 0.0,
        "repeat_penalty": 1.2,
        "response_format": {"type": "json_object", "schema": ROW_SCHEMA},
    }
    assert completion.text.startswith('{"text": ')
    assert server.unknown_fields == []


async def test_what_the_recipe_does_not_narrow_the_server_does_not_narrow_either() -> None:
    async with LlamaCppPythonServer() as server, openai(server.url) as engine:
        await engine.open()
        await engine.complete(plain(top_p=1.0))
    sent = server.requests[-1].body
    assert (sent["top_p"], sent["top_k"], sent["min_p"], sent["repeat_penalty"]) == (1.0, 0, 0.0, 1.0)
    assert server.unknown_fields == []


async def test_a_plain_prompt_with_a_schema_is_refused_before_it_is_sent() -> None:
    async with LlamaCppPythonServer() as server, openai(server.url) as engine:
        await engine.open()
        asked = plain()
        with pytest.raises(RequestRefusedError, match=r"holds chats to a JSON schema, not plain prompts\. Use prompt"):
            await engine.complete(Request(asked.sampling, asked.seed, prompt=asked.prompt, schema=ROW_SCHEMA))
    assert [request.path for request in server.requests] == ["/v1/models", "/openapi.json"]
