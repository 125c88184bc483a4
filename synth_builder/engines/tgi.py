import logging
from typing import Any

from synth_builder.engines.answers import Answer, clean_text, count, cut_at_stop
from synth_builder.engines.base import Completion, EngineInfo, Request
from synth_builder.engines.chat_answers import FINISH_REASONS, finish_reason, read_chat
from synth_builder.engines.endpoints import Endpoint
from synth_builder.engines.http import HTTPEngine
from synth_builder.errors import EngineChangedError, EngineUnreachableError, RequestRefusedError

logger = logging.getLogger(__name__)

TEMPLATE_ERRORS = ("template_error", "missing_template_variable")


class TGIEngine(HTTPEngine):
    """
    Text Generation Inference, over its own protocol: `/generate` for plain prompts, `/v1/chat/completions` for chats.

    `open` reads `/info` (model, its commit, limits) and asks `/chat_tokenize` whether the model has a chat template;
    where that route does not exist it takes the chat route for granted. Several endpoints share the requests; they
    have to serve the same model at the same commit.
    """

    name = "tgi"
    default_concurrency = 64
    missing_route_hint = "Is this a TGI server? For vLLM, SGLang, llama.cpp and others use --engine openai."
    _max_stop_sequences: int | None = None

    async def open(self) -> EngineInfo:
        """
        Read `/info` of every endpoint.

        Raises:
            EngineUnreachableError: Nobody answers, or what answers is no TGI server.
            EngineAuthError: A key is wanted.
            EngineChangedError: Two endpoints serve different models.
        """
        self.open_session()
        infos = [await self.endpoint_info(endpoint) for endpoint in self.endpoints]
        if self.model is not None and self.model != infos[0].model:
            raise EngineChangedError(
                f"{self.endpoints[0].url} serves {infos[0].model!r}, asked is {self.model!r}. Leave out --model, or "
                "give the endpoint of a server with that model."
            )
        for endpoint, info in zip(self.endpoints[1:], infos[1:], strict=True):
            if (info.model, info.revision) != (infos[0].model, infos[0].revision):
                raise EngineChangedError(
                    f"The endpoints serve different models: {self.endpoints[0].url} has {infos[0].model!r} at commit "
                    f"{infos[0].revision!r}, {endpoint.url} has {info.model!r} at commit {info.revision!r}. "
                    "Give endpoints with one and the same model."
                )
        info = EngineInfo(
            engine=self.name,
            model=infos[0].model,
            revision=infos[0].revision,
            server="text-generation-inference",
            server_version=", ".join(sorted({info.server_version for info in infos if info.server_version})) or None,
            chat_template=all([await self._has_chat_template(endpoint) for endpoint in self.endpoints]),
            grammar=True,
            max_concurrent_requests=_total([info.max_concurrent_requests for info in infos]),
            max_input_tokens=_least([info.max_input_tokens for info in infos]),
            max_total_tokens=_least([info.max_total_tokens for info in infos]),
            max_stop_sequences=_least([info.max_stop_sequences for info in infos]),
        )
        self._max_stop_sequences = info.max_stop_sequences
        self.served = infos[0]
        for endpoint, told in zip(self.endpoints, infos, strict=True):
            endpoint.capacity = told.max_concurrent_requests
        self.start_dispatching(info)
        return info

    async def endpoint_info(self, endpoint: Endpoint) -> EngineInfo:
        """
        Read `/info` of one server.

        Raises:
            EngineUnreachableError: Nobody answers, or what answers is no TGI server.
        """
        answer = await self.greet(endpoint, "GET", "/info")
        value = answer.json()
        if not isinstance(value.get("model_id"), str):
            raise EngineUnreachableError(
                f"{answer.where} was answered, but without the 'model_id' that a TGI server tells. "
                f"{self.missing_route_hint}"
            )
        revision, version = value.get("model_sha"), value.get("version")
        return EngineInfo(
            engine=self.name,
            model=value["model_id"],
            revision=revision if isinstance(revision, str) else None,
            server_version=version if isinstance(version, str) else None,
            max_concurrent_requests=count(value.get("max_concurrent_requests")),
            max_input_tokens=count(value.get("max_input_tokens", value.get("max_input_length"))),
            max_total_tokens=count(value.get("max_total_tokens")),
            max_stop_sequences=count(value.get("max_stop_sequences")),
        )

    async def _has_chat_template(self, endpoint: Endpoint) -> bool:
        payload = {"messages": [{"role": "user", "content": "Hello"}]}
        answer = await self.greet(endpoint, "POST", "/chat_tokenize", payload, accept=(200, 400, 404, 405, 415, 422))
        if answer.status == 422 and answer.headers.get("Content-Type", "").startswith("application/json"):
            return answer.json().get("error_type") not in TEMPLATE_ERRORS
        if answer.status != 200:
            logger.debug("%s was answered %s: a chat template is taken for granted.", answer.where, answer.status)
        return True

    async def complete(self, request: Request) -> Completion:
        """
        Answer one request.

        Raises:
            EngineError: One of its kinds.
        """
        sampling = request.sampling
        limit = len(sampling.stop) if self._max_stop_sequences is None else self._max_stop_sequences
        stop = [string for string in sampling.stop if string][:limit]
        async with self.free_endpoint() as endpoint:
            if request.prompt is not None:
                answer = await self.exchange(endpoint, "POST", "/generate", generate_payload(request, stop))
                return read_generate(answer, request)
            answer = await self.exchange(endpoint, "POST", "/v1/chat/completions", chat_payload(request, stop))
            return read_chat(answer, request)


def generate_payload(request: Request, stop: list[str]) -> dict[str, Any]:
    """
    Body of `/generate`, with no value in it that TGI's validation refuses: top_p 1.0 and temperature 0 are left out.

    Args:
        request (`Request`):
            In the completion form.
        stop (`list[str]`):
            As many of its stop strings as the server takes.
    """
    sampling = request.sampling
    parameters: dict[str, Any] = {
        "max_new_tokens": sampling.max_new_tokens,
        "do_sample": sampling.temperature > 0,
        "details": True,
        "return_full_text": False,
    }
    if sampling.temperature > 0:
        parameters |= {"temperature": sampling.temperature, "seed": request.seed}
        if sampling.top_p < 1:
            parameters["top_p"] = sampling.top_p
        if sampling.top_k is not None:
            parameters["top_k"] = sampling.top_k
    if sampling.repetition_penalty is not None:
        parameters["repetition_penalty"] = sampling.repetition_penalty
    if stop:
        parameters["stop"] = stop
    if request.schema is not None:
        parameters["grammar"] = {"type": "json", "value": request.schema}
    return {"inputs": request.prompt, "parameters": parameters}


def chat_payload(request: Request, stop: list[str]) -> dict[str, Any]:
    """
    Body of `/v1/chat/completions` in TGI's own reading of it: a schema stands under `value`, and a repetition penalty
    travels as `presence_penalty`, to which the server adds 2.

    Args:
        request (`Request`):
            In the chat form.
        stop (`list[str]`):
            As many of its stop strings as the server takes.

    Raises:
        RequestRefusedError: It wants top_k, which this route would leave out without a word.
    """
    sampling = request.sampling
    if sampling.top_k is not None and sampling.temperature > 0:
        raise RequestRefusedError(
            f"The chat route of TGI knows no top_k, and the request asks for {sampling.top_k}. Leave "
            "sampling.top_k out of the recipe, or use prompt_form: completion."
        )
    payload: dict[str, Any] = {
        "model": "tgi",
        "messages": [{"role": message.role, "content": message.content} for message in request.messages],
        "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        "stream": False,
    }
    if sampling.temperature > 0:
        payload["seed"] = request.seed
        if sampling.top_p < 1:
            payload["top_p"] = sampling.top_p
    if sampling.repetition_penalty is not None:
        payload["presence_penalty"] = round(sampling.repetition_penalty - 2, 6)
    if stop:
        payload["stop"] = stop
    if request.schema is not None:
        payload["response_format"] = {"type": "json_object", "value": request.schema}
    return payload


def read_generate(answer: Answer, request: Request) -> Completion:
    """
    Read the answer of `/generate`.

    Raises:
        EngineReplyError: It has not the form that the protocol promises.
    """
    value = answer.json()
    details = value.get("details")
    if not isinstance(value.get("generated_text"), str) or not isinstance(details, dict):
        raise answer.unexpected("'generated_text' and 'details'")
    if finish_reason(details.get("finish_reason")) is None:
        raise answer.unexpected(f"a finish_reason out of {', '.join(map(str, FINISH_REASONS))}")
    text, stopped = cut_at_stop(clean_text(value["generated_text"]), request.sampling.stop)
    return Completion(
        text=text,
        finish_reason="stop" if stopped else FINISH_REASONS[details["finish_reason"]],
        prompt_tokens=count(answer.headers.get("x-prompt-tokens")),
        completion_tokens=count(details.get("generated_tokens")),
        seed=count(details.get("seed")),
    )


def _total(limits: list[int | None]) -> int | None:
    known = [limit for limit in limits if limit is not None]
    return sum(known) if len(known) == len(limits) else None


def _least(limits: list[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
