from typing import Any

from synth_builder.engines import llama_cpp_python
from synth_builder.engines.answers import count
from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.engines.chat_answers import read_chat
from synth_builder.engines.endpoints import Endpoint
from synth_builder.engines.http import HTTPEngine
from synth_builder.errors import EngineChangedError, EngineUnreachableError

# `owned_by` of /v1/models -> what to call the server. Others are "openai-compatible".
SERVERS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp"}
# Servers that enforce a JSON schema in OpenAI's form, or refuse the request:
# - vLLM: https://docs.vllm.ai/en/latest/features/structured_outputs/
# - SGLang: https://docs.sglang.io/docs/advanced_features/structured_outputs.md ("guaranteed to follow"); without a
#   grammar backend the request is refused (sgl-project/sglang#11401).
# - llama-cpp-python, in a form of its own: measured by benchmarks/structured.py.
# llama.cpp documents schemas too, but some chat templates and grammars make its own server answer without one and
# without a word (ggml-org/llama.cpp#19051, #21537, #24097). Of the others nothing is known.
ENFORCES_SCHEMA = {"vllm", "sglang", llama_cpp_python.SERVER}


class OpenAIEngine(HTTPEngine):
    """
    Any server that speaks OpenAI's protocol: vLLM, SGLang, llama.cpp, llama-cpp-python, `transformers serve`, and TGI
    itself.

    Chats go to `/v1/chat/completions`, plain prompts to `/v1/completions`. `top_k` and `repetition_penalty`, which
    OpenAI's own service does not know, are sent where a recipe asks for them: most servers take them.
    """

    name = "openai"
    default_concurrency = 32
    _listed = False
    missing_route_hint = "Is the address right, up to but without /v1? For TGI's own protocol use --engine tgi."

    async def open(self) -> EngineInfo:
        """
        Ask every endpoint which models it serves.

        Raises:
            EngineUnreachableError: Nobody answers, or which model to ask for is not clear.
            EngineAuthError: A key is wanted.
            EngineChangedError: Two endpoints serve different models.
        """
        self.open_session()
        infos = [await self.endpoint_info(endpoint) for endpoint in self.endpoints]
        for endpoint, info in zip(self.endpoints[1:], infos[1:], strict=True):
            if (info.model, info.server) != (infos[0].model, infos[0].server):
                raise EngineChangedError(
                    f"The endpoints serve different models: {self.endpoints[0].url} has {infos[0].model!r} in "
                    f"{infos[0].server}, {endpoint.url} has {info.model!r} in {info.server}. "
                    "Give endpoints with one and the same model."
                )
        self.model = infos[0].model
        self.served = infos[0]
        self.start_dispatching(infos[0])
        return infos[0]

    async def endpoint_info(self, endpoint: Endpoint) -> EngineInfo:
        """
        Ask one server which models it serves.

        Raises:
            EngineUnreachableError: Nobody answers, or which model to ask for is not clear.
        """
        # With a model named, the list only tells who serves it; `transformers serve` fails on it (500) where its
        # machine has no Hub cache yet.
        without_list: tuple[int, ...] = (404, 405) if self.model is None else (404, 405, 500, 501)
        if self._listed:
            without_list = ()  # it was there when the engine was opened
        answer = await self.greet(endpoint, "GET", "/v1/models", accept=(200, *without_list))
        if answer.status != 200:
            if self.model is None:
                raise EngineUnreachableError(
                    f"{answer.where} was answered {answer.status}: the server does not list its models. Name one with "
                    f"--model. {self.missing_route_hint}"
                )
            return EngineInfo(engine=self.name, model=self.model, server="openai-compatible")
        models = answer.json().get("data")
        if not isinstance(models, list):
            raise answer.unexpected("a list of models under 'data'")
        served = {
            model["id"]: model for model in models if isinstance(model, dict) and isinstance(model.get("id"), str)
        }
        if self.model is None and len(served) != 1:
            listed = ", ".join(map(repr, served)) or "none"
            raise EngineUnreachableError(
                f"{endpoint.url} serves {len(served)} models ({listed}), and none was named. Choose one with --model."
            )
        model = self.model or next(iter(served))
        if self.served is None:
            self._listed = model in served
        elif self._listed and model not in served:
            model = next(iter(served), "none")
        # A model that is not listed is asked for all the same: some servers load what they are asked for.
        about = served.get(model) or next(iter(served.values()), {})
        owner = about.get("owned_by")
        server = SERVERS.get(owner, "openai-compatible") if isinstance(owner, str) else "openai-compatible"
        version = None
        if owner == llama_cpp_python.OWNER:
            description = await self.greet(endpoint, "GET", llama_cpp_python.DESCRIPTION, accept=(200, 403, 404, 405))
            version = llama_cpp_python.version_in(description)
            server = server if version is None else llama_cpp_python.SERVER
        return EngineInfo(
            engine=self.name,
            model=model,
            server=server,
            server_version=version,
            grammar=server in ENFORCES_SCHEMA,
            max_total_tokens=count(served.get(model, {}).get("max_model_len")),
        )

    async def complete(self, request: Request) -> Completion:
        """
        Answer one request.

        Raises:
            EngineError: One of its kinds.
        """
        path = "/v1/chat/completions" if request.prompt is None else "/v1/completions"
        payload = openai_payload(request, self.model)
        if self.served is not None and self.served.server == llama_cpp_python.SERVER:
            payload = llama_cpp_python.in_its_words(payload, request)
        async with self.free_endpoint() as endpoint:
            answer = await self.exchange(endpoint, "POST", path, payload)
            return read_chat(answer, request)


def openai_payload(request: Request, model: str | None) -> dict[str, Any]:
    """
    Body of `/v1/chat/completions` or `/v1/completions`.

    Args:
        request (`Request`):
            In the chat or in the completion form.
        model (`str`, *optional*):
            Model to ask for.
    """
    sampling = request.sampling
    payload: dict[str, Any] = {"model": model} if model is not None else {}
    if request.prompt is None:
        payload["messages"] = [{"role": message.role, "content": message.content} for message in request.messages]
    else:
        payload["prompt"] = request.prompt
    payload |= {"max_tokens": sampling.max_new_tokens, "temperature": sampling.temperature, "stream": False}
    if sampling.temperature > 0:
        payload["seed"] = request.seed
        if sampling.top_p < 1:
            payload["top_p"] = sampling.top_p
        if sampling.top_k is not None:
            payload["top_k"] = sampling.top_k
    if sampling.repetition_penalty is not None:
        payload["repetition_penalty"] = sampling.repetition_penalty
    stop = [string for string in sampling.stop if string]
    if stop:
        payload["stop"] = stop
    if request.schema is not None:
        payload["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "row", "schema": request.schema},
        }
    return payload
