"""The loopback server itself, against what is known of the real one; asked with a bare HTTP client."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from tests.servers.asking import ask
from tests.servers.tgi import TGIServer
from tests.servers.tgi_validation import Limits, tokens


async def test_generate_gives_text_details_and_headers(client: aiohttp.ClientSession, server: TGIServer) -> None:
    code, answer, headers = await ask(client, server, inputs="One two.", parameters={"seed": 4, "do_sample": True})
    assert (code, list(answer)) == (200, ["generated_text"])
    assert headers["x-prompt-tokens"] == "3"
    assert int(headers["x-generated-tokens"]) == len(tokens(answer["generated_text"]))
    assert {"x-compute-type", "x-compute-time", "x-compute-characters", "x-total-time", "x-queue-time"} <= set(headers)
    code, told, _ = await ask(
        client, server, inputs="One two.", parameters={"seed": 4, "do_sample": True, "details": True}
    )
    assert told["generated_text"] == answer["generated_text"]
    assert told["details"]["seed"] == 4
    assert told["details"]["finish_reason"] == "eos_token"
    assert "".join(token["text"] for token in told["details"]["tokens"]) == told["generated_text"]


async def test_sampling_is_on_without_parameters_and_off_with_empty_ones(
    client: aiohttp.ClientSession, server: TGIServer
) -> None:
    texts = [(await ask(client, server, inputs="One."))[1]["generated_text"] for _ in range(3)]
    assert len(set(texts)) == 3
    greedy = [(await ask(client, server, inputs="One.", parameters={"seed": seed}))[1] for seed in (1, 2)]
    assert greedy[0] == greedy[1]


@pytest.mark.parametrize(
    ("parameters", "seed"),
    [
        ({"seed": 5}, None),
        ({"seed": 5, "temperature": 1.0}, None),
        ({"seed": 5, "temperature": 0.7}, 5),
        ({"seed": 5, "top_p": 0.9}, 5),
        ({"seed": 5, "top_k": 3}, 5),
        ({"seed": 5, "typical_p": 0.9}, 5),
        ({"seed": 5, "do_sample": True}, 5),
    ],
)
async def test_greedy_answers_tell_no_seed(
    parameters: dict[str, Any], seed: int | None, client: aiohttp.ClientSession, server: TGIServer
) -> None:
    _, answer, _ = await ask(client, server, inputs="One.", parameters={**parameters, "details": True})
    assert answer["details"]["seed"] == seed


async def test_a_sampled_request_without_a_seed_is_told_the_one_it_got(
    client: aiohttp.ClientSession, server: TGIServer
) -> None:
    first = (await ask(client, server, inputs="One.", parameters={"do_sample": True, "details": True}))[1]
    seed = first["details"]["seed"]
    again = (await ask(client, server, inputs="One.", parameters={"do_sample": True, "seed": seed}))[1]
    assert isinstance(seed, int)
    assert again["generated_text"] == first["generated_text"]


LIMITS = Limits(max_input_tokens=10, max_total_tokens=20)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"temperature": 0}, "`temperature` must be strictly positive"),
        ({"temperature": -0.5}, "`temperature` must be strictly positive"),
        ({"top_p": 1.0}, "`top_p` must be > 0.0 and < 1.0"),
        ({"top_p": 0}, "`top_p` must be > 0.0 and < 1.0"),
        ({"typical_p": 1}, "`typical_p` must be > 0.0 and < 1.0"),
        ({"top_k": 0}, "`top_k` must be strictly positive"),
        ({"repetition_penalty": 0}, "`repetition_penalty` must be strictly positive"),
        ({"frequency_penalty": 2.5}, "`frequency_penalty` must be >= -2.0 and <= 2.0"),
        ({"max_new_tokens": 0}, "`max_new_tokens` must be strictly positive"),
        ({"stop": ["a"] * 5}, "`stop` supports up to 4 stop sequences. Given: 5"),
        ({"best_of": 3}, "`best_of` must be > 0 and <= 2. Given: 3"),
        ({"best_of": 2}, "you must use sampling when `best_of` is > 1"),
        ({"best_of": 2, "do_sample": True, "seed": 1}, "`seed` must not be set when `best_of` > 1"),
        ({"top_n_tokens": 6}, "`top_n_tokens` must be >= 0 and <= 5. Given: 6"),
        ({"truncate": 11}, "`truncate` must be strictly positive and less than 10. Given: 11"),
        (
            {"max_new_tokens": 18},
            "`inputs` tokens + `max_new_tokens` must be <= 20. Given: 3 `inputs` tokens and 18 `max_new_tokens`",
        ),
        (
            {"grammar": {"type": "json", "value": {"type": "string"}}},
            "grammar is not valid: Grammar must have a 'properties' field",
        ),
    ],
)
async def test_a_value_out_of_bounds_is_refused_in_the_routers_words(
    parameters: dict[str, Any], message: str, client: aiohttp.ClientSession
) -> None:
    async with TGIServer(limits=LIMITS) as server:
        code, answer, headers = await ask(client, server, inputs="One two.", parameters=parameters)
    assert (code, answer) == (422, {"error": f"Input validation error: {message}", "error_type": "validation"})
    assert not [name for name in headers if name.startswith("x-")]


async def test_empty_and_overlong_inputs_are_refused(client: aiohttp.ClientSession) -> None:
    async with TGIServer(limits=LIMITS) as server:
        _, empty, _ = await ask(client, server, inputs="")
        _, long, _ = await ask(client, server, inputs="a " * 12, parameters={"max_new_tokens": 1})
        code, _, headers = await ask(client, server, inputs="a " * 12, parameters={"max_new_tokens": 1, "truncate": 4})
    assert empty["error"] == "Input validation error: `inputs` cannot be empty"
    assert long["error"] == "Input validation error: `inputs` must have less than 10 tokens. Given: 13"
    assert (code, headers["x-prompt-tokens"]) == (200, "4")


@pytest.mark.parametrize(
    "body",
    [
        {"parameters": {}},
        {"inputs": 3},
        {"inputs": "a", "parameters": {"seed": -1}},
        {"inputs": "a", "parameters": {"max_new_tokens": "many"}},
        {"inputs": "a", "parameters": {"stop": "END"}},
        {"inputs": "a", "parameters": {"grammar": {"type": "json_schema", "json_schema": {}}}},
    ],
)
async def test_a_wrong_type_is_refused_in_plain_text(
    body: dict[str, Any], client: aiohttp.ClientSession, server: TGIServer
) -> None:
    async with client.post(f"{server.url}/generate", json=body) as response:
        assert (response.status, response.content_type) == (422, "text/plain")
        assert (await response.text()).startswith("Failed to deserialize the JSON body into the target type")


async def test_no_json_and_too_much_of_it_are_refused_in_plain_text(client: aiohttp.ClientSession) -> None:
    async with TGIServer(limits=Limits(payload_limit=1000)) as server:
        for content_type, data, code in (
            ("application/json", b"{oops", 400),
            ("text/plain", b'{"inputs": "a"}', 415),
            ("application/json", json.dumps({"inputs": "a" * 1000}).encode(), 413),
        ):
            headers = {"Content-Type": content_type}
            async with client.post(f"{server.url}/generate", data=data, headers=headers) as response:
                assert (response.status, response.content_type) == (code, "text/plain")


async def test_unknown_fields_are_without_effect_and_remembered(
    client: aiohttp.ClientSession, server: TGIServer
) -> None:
    parameters = {"max_tokens": 3, "max_new_tokens": 5}
    code, answer, _ = await ask(client, server, inputs="One.", parameters=parameters, stream=False)
    assert (code, len(tokens(answer["generated_text"]))) == (200, 5)
    await ask(client, server, "/v1/chat/completions", messages=[{"role": "user", "content": "a"}], top_k=3)
    assert server.unknown_fields == ["stream", "parameters.max_tokens", "top_k"]


async def test_the_semaphore_is_tried_and_never_waited_for(client: aiohttp.ClientSession) -> None:
    async with TGIServer(limits=Limits(max_concurrent_requests=3), delay=0.3) as server:
        answers = await asyncio.gather(*(ask(client, server, inputs=f"One {n}.") for n in range(5)))
        codes = sorted(code for code, _, _ in answers)
        refused = next(answer for code, answer, _ in answers if code == 429)
        assert codes == [200, 200, 200, 429, 429]
        assert refused == {"error": "Model is overloaded", "error_type": "overloaded"}
        assert server.most_in_flight == 3
        best_of = {"best_of": 2, "do_sample": True}
        pair = await asyncio.gather(*(ask(client, server, inputs=f"Two {n}.", parameters=best_of) for n in range(2)))
        assert sorted(code for code, _, _ in pair) == [200, 429]
        assert (await ask(client, server, inputs="Three."))[0] == 200


async def test_a_client_that_goes_away_gives_its_permit_back(client: aiohttp.ClientSession) -> None:
    async with TGIServer(limits=Limits(max_concurrent_requests=1), delay=30) as server:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(client, server, inputs="One."), timeout=0.1)
        server.delay = 0
        for _ in range(100):
            code, _, _ = await ask(client, server, inputs="Two.")
            if code == 200:
                break
            await asyncio.sleep(0.01)
        assert code == 200


async def test_a_key_is_wanted_on_post_routes_alone(client: aiohttp.ClientSession) -> None:
    async with TGIServer(api_key="Sesame") as server:
        for path in ("/generate", "/generate_stream", "/", "/v1/chat/completions", "/tokenize"):
            async with client.post(server.url + path, json={"inputs": "a"}) as response:
                assert (response.status, await response.read()) == (401, b"")
        headers = {"Authorization": "bearer sesame"}
        async with client.post(f"{server.url}/generate", json={"inputs": "a"}, headers=headers) as response:
            assert response.status == 200
        for path in ("/info", "/health", "/v1/models", "/metrics"):
            async with client.get(server.url + path) as response:
                assert response.status == 200
        assert (await ask(client, server, "/chat_tokenize", messages=[{"role": "user", "content": "a"}]))[0] == 200


async def test_a_stop_string_stays_at_the_end(client: aiohttp.ClientSession) -> None:
    async with TGIServer(responder=lambda asked: "one two three") as server:
        parameters = {"stop": [" two"], "details": True}
        _, answer, _ = await ask(client, server, inputs="a", parameters=parameters)
    assert answer["generated_text"] == "one two"
    assert (answer["details"]["finish_reason"], answer["details"]["generated_tokens"]) == ("stop_sequence", 2)


@pytest.mark.parametrize(
    ("tag", "gives_back"), [("text-generation", True), (None, True), ("image-text-to-text", False)]
)
async def test_the_root_route_gives_a_list_and_the_prompt_back(
    tag: str | None, gives_back: bool, client: aiohttp.ClientSession
) -> None:
    async with TGIServer(responder=lambda asked: " fine", pipeline_tag=tag) as server:
        _, answer, _ = await ask(client, server, "/", inputs="One", stream=False)
        _, without, _ = await ask(client, server, "/", inputs="One", parameters={"return_full_text": False})
    assert answer == [{"generated_text": "One fine" if gives_back else " fine"}]
    assert without == [{"generated_text": " fine"}]
    assert server.unknown_fields == []


async def test_best_of_leaves_the_winner_out_of_the_others(client: aiohttp.ClientSession, server: TGIServer) -> None:
    parameters = {"best_of": 2, "do_sample": True, "details": True}
    _, answer, _ = await ask(client, server, inputs="One.", parameters=parameters)
    (other,) = answer["details"]["best_of_sequences"]
    assert other["generated_text"] != answer["generated_text"]


def events(stream: str) -> list[Any]:
    """The JSON of a stream's events, and `[DONE]`."""
    values = [part.removeprefix("data:").strip() for part in stream.split("\n\n") if part]
    return [value if value == "[DONE]" else json.loads(value) for value in values]


async def test_a_stream_ends_with_the_whole_text(client: aiohttp.ClientSession, server: TGIServer) -> None:
    _, stream, headers = await ask(client, server, "/generate_stream", inputs="One.", parameters={"details": True})
    *first, last = events(stream)
    assert headers["X-Accel-Buffering"] == "no"
    assert first and all(event["generated_text"] is None for event in first)
    assert "".join(event["token"]["text"] for event in [*first, last]) == last["generated_text"]
    assert last["details"]["input_length"] == 2


async def test_errors_of_streams_come_under_a_200(client: aiohttp.ClientSession) -> None:
    async with TGIServer(chat_template=False) as server:
        code, stream, _ = await ask(client, server, "/generate_stream", inputs="")
        assert code == 200
        assert events(stream) == [
            {"error": "Input validation error: `inputs` cannot be empty", "error_type": "validation"}
        ]
        _, stream, _ = await ask(
            client, server, "/v1/chat/completions", messages=[{"role": "user", "content": "a"}], stream=True
        )
    assert events(stream) == [
        {"error": {"message": "Template error: template not found", "http_status_code": 422}},
        "[DONE]",
    ]


async def test_a_chat_samples_unless_the_temperature_is_zero(client: aiohttp.ClientSession, server: TGIServer) -> None:
    messages = [{"role": "user", "content": "Hi."}]

    async def text(**more: Any) -> str:
        answer = (await ask(client, server, "/v1/chat/completions", messages=messages, **more))[1]
        return str(answer["choices"][0]["message"]["content"])

    assert await text() != await text()
    assert await text(temperature=0) == await text(temperature=0, seed=9)
    assert await text(seed=9) == await text(seed=9)


async def test_a_chat_streams_in_chunks_with_usage_where_asked(
    client: aiohttp.ClientSession, server: TGIServer
) -> None:
    request = {"messages": [{"role": "user", "content": "Hi."}], "seed": 3}
    _, whole, _ = await ask(client, server, "/v1/chat/completions", **request)
    _, stream, _ = await ask(
        client, server, "/v1/chat/completions", **request, stream=True, stream_options={"include_usage": True}
    )
    *chunks, usage, done = events(stream)
    text = "".join(chunk["choices"][0]["delta"]["content"] for chunk in chunks)
    assert text == whole["choices"][0]["message"]["content"]
    assert (usage["choices"], usage["usage"], done) == ([], whole["usage"], "[DONE]")
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


async def test_a_chat_without_a_template_is_a_template_error(client: aiohttp.ClientSession) -> None:
    async with TGIServer(chat_template=False) as server:
        for path in ("/v1/chat/completions", "/chat_tokenize"):
            code, answer, _ = await ask(client, server, path, messages=[{"role": "user", "content": "a"}])
            assert (code, answer["error_type"]) == (422, "template_error")


async def test_a_grammar_is_followed_on_both_routes(client: aiohttp.ClientSession, server: TGIServer) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}, "kind": {"enum": ["a", "b"]}}}
    _, answer, _ = await ask(client, server, inputs="One.", parameters={"grammar": {"type": "json", "value": schema}})
    value = json.loads(answer["generated_text"])
    assert isinstance(value["n"], int) and value["kind"] in ("a", "b")
    messages = [{"role": "user", "content": "a"}]
    for form in ({"type": "json_object", "value": schema}, {"type": "json_schema", "value": {"schema": schema}}):
        _, answer, _ = await ask(client, server, "/v1/chat/completions", messages=messages, response_format=form)
        assert set(json.loads(answer["choices"][0]["message"]["content"])) == {"n", "kind"}


async def test_openais_form_of_a_schema_does_not_parse_and_grammar_can_be_off(client: aiohttp.ClientSession) -> None:
    schema = {"type": "object", "properties": {}}
    messages = [{"role": "user", "content": "a"}]
    async with TGIServer(grammar_support=False) as server:
        form = {"type": "json_schema", "json_schema": {"name": "row", "schema": schema}}
        code, answer, _ = await ask(client, server, "/v1/chat/completions", messages=messages, response_format=form)
        assert (code, type(answer)) == (422, str)
        grammar = {"grammar": {"type": "json", "value": schema}}
        code, answer, _ = await ask(client, server, inputs="a", parameters=grammar)
        assert (code, answer["error"]) == (422, "Input validation error: grammar is not supported")


async def test_completions_take_a_few_prompts(client: aiohttp.ClientSession, server: TGIServer) -> None:
    code, answer, _ = await ask(client, server, "/v1/completions", prompt=["a", "b"], max_tokens=4, seed=1)
    assert (code, len(answer["choices"]), answer["usage"]["prompt_tokens"]) == (200, 2, 2)
    code, answer, _ = await ask(client, server, "/v1/completions", prompt=["a"] * 5)
    assert (code, answer["error_type"]) == (422, "batch size exceeded")
    code, answer, _ = await ask(client, server, "/v1/completions", prompt="a", suffix="b")
    assert (code, answer["error_type"]) == (422, "suffix not supported")


async def test_tokenize_says_where_tokens_stand(client: aiohttp.ClientSession, server: TGIServer) -> None:
    _, spans, _ = await ask(client, server, "/tokenize", inputs="One two.")
    assert [(span["text"], span["start"], span["stop"]) for span in spans] == [
        ("One", 0, 3),
        (" two", 3, 7),
        (".", 7, 8),
    ]


@pytest.mark.parametrize("text", ["", "a", " a  b, c.\n", "\n", "é ü\n\n"])
def test_tokens_join_to_the_text_again(text: str) -> None:
    assert "".join(tokens(text)) == text
