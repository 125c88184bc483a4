"""A loopback server of OpenAI's protocol alone, in the manner of vLLM: chats, plain prompts, its list of models."""

import random
from typing import Any

from aiohttp import web

from tests.servers.loopback import FAULT, RECORDED, LoopbackServer
from tests.servers.replies import Asked, Responder, words_of_the_seed
from tests.servers.tgi_validation import tokens

KNOWN_FIELDS = frozenset(
    {
        *("model", "messages", "prompt", "max_tokens", "temperature", "top_p", "top_k", "repetition_penalty"),
        *("seed", "stop", "stream", "response_format"),
    }
)


class OpenAIServer(LoopbackServer):
    """
    An OpenAI-style server on a free port.

    Args:
        responder (`Callable[[Asked], str]`, *optional*):
            What is written. Ordinary words fixed by seed and prompt when not given.
        models (`tuple[str, ...]`, defaults to `("loopback/tiny",)`):
            Models that are listed and served.
        owned_by (`str`, defaults to `"vllm"`):
            What the list says about them.
        lists_models (`bool`, defaults to `True`):
            Whether there is a `/v1/models`.
        max_model_len (`int`, defaults to 4096):
            Tokens that prompt and answer may have together.
        api_key (`str`, *optional*):
            Key that every route but `/health` wants.
        options (*optional*):
            As for `LoopbackServer`: faults, delay, port, keep_requests.
    """

    answering = frozenset({"/v1/chat/completions", "/v1/completions"})
    known_fields = KNOWN_FIELDS
    schema_type = "json_schema"

    def __init__(
        self,
        responder: Responder = words_of_the_seed,
        *,
        models: tuple[str, ...] = ("loopback/tiny",),
        owned_by: str = "vllm",
        lists_models: bool = True,
        max_model_len: int = 4096,
        api_key: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.responder = responder
        self.models = models
        self.owned_by = owned_by
        self.lists_models = lists_models
        self.max_model_len = max_model_len
        self.api_key = api_key
        self.unknown_fields: list[str] = []
        self._random = random.Random(0)

    def routes(self) -> list[web.RouteDef]:
        """OpenAI's routes and `/health`."""
        return [
            web.get("/health", self._health),
            *([web.get("/v1/models", self._models)] if self.lists_models else []),
            web.post("/v1/chat/completions", self._complete),
            web.post("/v1/completions", self._complete),
        ]

    def schema_in(self, response_format: dict[str, Any]) -> dict[str, Any]:
        """The schema that a `response_format` holds."""
        schema: dict[str, Any] = response_format["json_schema"]["schema"]
        return schema

    def error_response(self, status: int, message: str = "refused on demand") -> web.Response:
        """The error object of OpenAI's protocol."""
        kind = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError"}.get(status, "InternalError")
        error = {"message": message, "type": kind, "param": None, "code": status}
        return web.json_response({"error": error}, status=status)

    def _locked_out(self, request: web.Request) -> bool:
        return self.api_key is not None and request.headers.get("Authorization") != f"Bearer {self.api_key}"

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _models(self, request: web.Request) -> web.Response:
        if self._locked_out(request):
            return self.error_response(401, "Unauthorized")
        data = [
            {"id": model, "object": "model", "owned_by": self.owned_by, "max_model_len": self.max_model_len}
            for model in self.models
        ]
        return web.json_response({"object": "list", "data": data})

    async def _complete(self, request: web.Request) -> web.Response:
        if self._locked_out(request):
            return self.error_response(401, "Unauthorized")
        body = RECORDED.get().body
        if not isinstance(body, dict):
            return self.error_response(400, "Invalid JSON")
        self.unknown_fields += sorted(set(body) - self.known_fields)
        if body.get("model") not in self.models:
            return self.error_response(404, f"The model `{body.get('model')}` does not exist.")
        chat = request.path == "/v1/chat/completions"
        messages = body.get("messages") if chat else []
        prompt = "\n".join(message["content"] for message in messages or []) if chat else body.get("prompt")
        if not isinstance(prompt, str) or not prompt:
            return self.error_response(400, "Either prompt or messages is missing")
        if not 0 < body.get("top_p", 1.0) <= 1:
            return self.error_response(400, f"top_p must be in (0, 1], got {body['top_p']}.")
        max_tokens = body.get("max_tokens", 16)
        length = len(tokens(prompt))
        if length + max_tokens > self.max_model_len:
            return self.error_response(
                400, f"This model's maximum context length is {self.max_model_len} tokens. Please reduce the length."
            )
        response_format = body.get("response_format")
        if response_format is not None and response_format.get("type") != self.schema_type:
            return self.error_response(400, f"response_format.type must be '{self.schema_type}'")
        schema = self.schema_in(response_format) if response_format is not None else None
        async with self.working():
            text, reason = self._write(body, prompt, tuple(messages or ()), schema, max_tokens)
        count = len(tokens(text))
        said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        return web.json_response(
            {
                "id": "cmpl-0",
                "object": "chat.completion" if chat else "text_completion",
                "created": 0,
                "model": body["model"],
                "choices": [{"index": 0, **said, "logprobs": None, "finish_reason": reason}],
                "usage": {"prompt_tokens": length, "completion_tokens": count, "total_tokens": length + count},
            }
        )

    def _write(
        self,
        body: dict[str, Any],
        prompt: str,
        messages: tuple[dict[str, Any], ...],
        schema: dict[str, Any] | None,
        max_tokens: int,
    ) -> tuple[str, str]:
        """The text, without the stop string at its end, and why it ended."""
        greedy = body.get("temperature", 1.0) == 0
        seed = None if greedy else body.get("seed", self._random.getrandbits(63))
        fault = FAULT.get()
        if fault is not None and fault.kind == "empty_text":
            return "", "stop"
        pieces = tokens(self.responder(Asked(RECORDED.get().path, prompt, messages, seed, body, schema)))
        text = "".join(pieces[:max_tokens])
        ends = [at for stop in body.get("stop", []) if (at := text.find(stop)) >= 0]
        if ends:
            return text[: min(ends)], "stop"
        return text, "length" if len(pieces) > max_tokens else "stop"
