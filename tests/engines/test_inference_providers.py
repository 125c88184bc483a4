import json
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import huggingface_hub.errors as hub_errors
import pytest

from synth_builder.engines.base import EngineInfo, EngineSettings
from synth_builder.engines.dispatch import ServerFailedError
from synth_builder.engines.inference_providers import InferenceProvidersEngine
from synth_builder.errors import (
    EngineAuthError,
    EngineError,
    EngineOverloadedError,
    EngineReplyError,
    EngineUnreachableError,
    RecipeError,
    RequestRefusedError,
)
from tests.engines.asking import chat, plain
from tests.servers.loopback import GARBAGE, HANG, REFUSE, Fault, status
from tests.servers.openai import OpenAIServer


def chat_output(content: str | None = "a fine film", finish_reason: str = "stop") -> SimpleNamespace:
    return SimpleNamespace(
        choices=[SimpleNamespace(message=SimpleNamespace(content=content), finish_reason=finish_reason)],
        usage=SimpleNamespace(prompt_tokens=9, completion_tokens=3),
    )


class FakeClient:
    """Stands for `AsyncInferenceClient`: keeps what it was called with, and gives or raises what it was told to."""

    def __init__(self, *outcomes: object) -> None:
        self.outcomes = list(outcomes)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.closed = False

    async def _next(self, name: str, arguments: dict[str, Any]) -> Any:
        self.calls.append((name, arguments))
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def chat_completion(self, **arguments: Any) -> Any:
        return await self._next("chat_completion", arguments)

    async def text_generation(self, **arguments: Any) -> Any:
        return await self._next("text_generation", arguments)

    async def close(self) -> None:
        self.closed = True


def with_client(*outcomes: object, **options: Any) -> tuple[InferenceProvidersEngine, FakeClient]:
    client = FakeClient(*outcomes)
    return InferenceProvidersEngine("org/model", client=client, **options), client  # type: ignore[arg-type]


async def test_opening_tells_model_and_provider_and_asks_nobody() -> None:
    engine, client = with_client(provider="novita")
    assert await engine.open() == EngineInfo(
        engine="inference_providers", model="org/model", server="inference-providers/novita"
    )
    assert client.calls == []


async def test_a_chat_is_asked_with_its_sampling() -> None:
    engine, client = with_client(chat_output("a fine film#"))
    request = chat("Hi.", temperature=0.7, top_p=0.9, top_k=40, repetition_penalty=1.1, stop=("#",), max_new_tokens=5)
    completion = await engine.complete(request)
    assert client.calls == [
        (
            "chat_completion",
            {
                "messages": [{"role": "system", "content": "You write."}, {"role": "user", "content": "Hi."}],
                "max_tokens": 5,
                "temperature": 0.7,
                "seed": 7,
                "top_p": 0.9,
                "extra_body": {"top_k": 40, "repetition_penalty": 1.1},
                "stop": ["#"],
            },
        )
    ]
    assert (completion.text, completion.finish_reason, completion.seed) == ("a fine film", "stop", 7)
    assert (completion.prompt_tokens, completion.completion_tokens) == (9, 3)


async def test_a_sampled_prompt_is_asked_with_its_sampling() -> None:
    output = SimpleNamespace(generated_text="fine", details=None)
    engine, client = with_client(output)
    with pytest.raises(EngineReplyError, match="no 'details', though they were asked for"):
        await engine.complete(plain(temperature=0.7, top_p=0.9, top_k=4, repetition_penalty=1.1, stop=("#",)))
    (_, arguments) = client.calls[0]
    assert {
        "temperature": 0.7,
        "seed": 7,
        "top_p": 0.9,
        "top_k": 4,
        "repetition_penalty": 1.1,
        "stop": ["#"],
    }.items() <= (arguments.items())


async def test_a_plain_prompt_is_asked_without_wanting_it_back() -> None:
    output = SimpleNamespace(
        generated_text="fine", details=SimpleNamespace(finish_reason="length", generated_tokens=1)
    )
    engine, client = with_client(output)
    completion = await engine.complete(plain("A film:", temperature=0, top_p=0.5))
    assert client.calls == [
        (
            "text_generation",
            {
                "prompt": "A film:",
                "details": True,
                "return_full_text": False,
                "max_new_tokens": 256,
                "do_sample": False,
            },
        )
    ]
    assert (completion.text, completion.finish_reason, completion.seed) == ("fine", "length", None)


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (SimpleNamespace(choices=[], usage=None), "no 'choices'"),
        (chat_output(finish_reason="tool_calls"), "finish_reason is 'tool_calls'. Expected one of stop"),
        (json.JSONDecodeError("Expecting value", "<html>", 0), "no valid JSON"),
    ],
)
async def test_an_answer_in_another_form_is_no_answer(output: object, said: str) -> None:
    engine, _ = with_client(output)
    with pytest.raises(EngineReplyError, match=said):
        await engine.complete(chat())


async def test_a_null_text_is_an_empty_one() -> None:
    engine, _ = with_client(chat_output(None, "length"))
    assert (await engine.complete(chat())).text == ""


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (hub_errors.ValidationError("too long"), RequestRefusedError, "refused the request: 'too long'"),
        (hub_errors.OverloadedError("busy"), EngineOverloadedError, "'busy'"),
        (hub_errors.GenerationError("out of memory"), EngineOverloadedError, "'out of memory'"),
        (hub_errors.InferenceTimeoutError("late"), EngineOverloadedError, "did not answer within 300 s"),
        (hub_errors.OfflineModeIsEnabled("offline"), EngineUnreachableError, "HF_HUB_OFFLINE is set"),
        (ValueError("Provider 'x' not supported."), EngineUnreachableError, "can't be asked through provider 'auto'"),
    ],
)
async def test_the_clients_errors_become_ours(error: Exception, kind: type[EngineError], said: str) -> None:
    engine, _ = with_client(error)
    with pytest.raises(kind, match=said) as caught:
        await engine.complete(chat())
    assert type(caught.value) is kind
    assert caught.value.__cause__ is error


async def test_an_error_of_our_own_program_is_not_hidden() -> None:
    engine, _ = with_client(KeyError("a defect"))
    with pytest.raises(KeyError):
        await engine.complete(chat())


async def test_closing_closes_the_client() -> None:
    engine, client = with_client()
    await engine.close()
    await engine.close()
    assert client.closed
    with pytest.raises(EngineUnreachableError, match="is not open"):
        await engine.complete(chat())


def test_a_model_has_to_be_named_and_no_endpoint() -> None:
    with pytest.raises(RecipeError, match="Name it with --model"):
        InferenceProvidersEngine.from_settings(EngineSettings())
    with pytest.raises(RecipeError, match="takes no --endpoint"):
        InferenceProvidersEngine.from_settings(EngineSettings(model="a/b", endpoints=("http://127.0.0.1:1",)))


async def test_the_token_is_the_named_one_or_that_of_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[dict[str, Any]] = []

    def make(**arguments: Any) -> FakeClient:
        made.append(arguments)
        return FakeClient()

    monkeypatch.setattr(huggingface_hub, "AsyncInferenceClient", make)
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: "hf_login")
    monkeypatch.setenv("MY_TOKEN", "hf_named")
    for name in ("MY_TOKEN", None):
        settings = EngineSettings(model="org/model", provider="novita", api_key_env=name, timeout=9.0)
        await InferenceProvidersEngine.from_settings(settings).open()
    assert [arguments["api_key"] for arguments in made] == ["hf_named", "hf_login"]
    assert (made[0]["model"], made[0]["provider"], made[0]["timeout"]) == ("org/model", "novita", 9.0)


async def test_no_token_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    with pytest.raises(EngineAuthError, match=r"Log in with `hf auth login`, or name .* --api-key-env NAME"):
        await InferenceProvidersEngine("org/model").open()


@pytest.fixture
async def through_the_real_client(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Callable[..., tuple[InferenceProvidersEngine, OpenAIServer]]]:
    """The library's own client, pointed at a loopback server: its answers and its errors are real."""
    from huggingface_hub import AsyncInferenceClient, constants

    async with OpenAIServer(models=("dummy",)) as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

        def make(*faults: Fault) -> tuple[InferenceProvidersEngine, OpenAIServer]:
            assert not callable(server.faults)
            server.faults.extend(faults)
            seconds = 0.5 if HANG in faults else 60.0
            client = AsyncInferenceClient(base_url=server.url, api_key="hf_secret", timeout=seconds)
            return InferenceProvidersEngine("org/model", client=client, token="hf_secret", timeout=seconds), server

        yield make


async def test_an_answer_through_the_real_client_is_read(through_the_real_client: Any) -> None:
    engine, _ = through_the_real_client()
    async with engine:
        completion = await engine.complete(chat("Hi."))
    assert completion.text and completion.finish_reason == "stop"
    assert completion.prompt_tokens == 5


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (status(429, Retry_After="4"), EngineOverloadedError),
        (status(503), ServerFailedError),
        (status(401), EngineAuthError),
        (status(400), RequestRefusedError),
        (status(422), RequestRefusedError),
        (status(404), EngineUnreachableError),
        (REFUSE, EngineOverloadedError),
        (HANG, EngineOverloadedError),
        (GARBAGE, EngineReplyError),
        (Fault("status", status=403, body="no: hf_secret"), EngineAuthError),
    ],
)
async def test_errors_through_the_real_client_become_ours(
    fault: Fault, kind: type[EngineError], through_the_real_client: Any
) -> None:
    engine, _ = through_the_real_client(fault)
    async with engine:
        with pytest.raises(EngineError) as caught:
            await engine.complete(chat())
    assert type(caught.value) is kind
    assert "hf_secret" not in str(caught.value)
    if fault.headers:
        assert isinstance(caught.value, EngineOverloadedError) and caught.value.retry_after == 4.0
