"""How a loopback TGI server takes a request, checks it, writes a text, and answers on its own routes."""

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.servers.loopback import FAULT, RECORDED, LoopbackServer
from tests.servers.replies import Asked, Responder, words_of_the_seed
from tests.servers.tgi_validation import (
    KNOWN_PARAMETERS,
    Limits,
    Refusal,
    Valid,
    check_types,
    tokens,
    validate,
)

ERRORS = {
    422: ("Input validation error: refused on demand", "validation"),
    424: ("Request failed during generation: Server error: out of memory", "generation"),
    429: ("Model is overloaded", "overloaded"),
    500: ("Incomplete generation", "incomplete_generation"),
    503: ("unhealthy", "healthcheck"),
}


@dataclass(frozen=True)
class Generated:
    """One text as the server made it."""

    text: str
    pieces: list[str]
    finish_reason: str
    seed: int | None
    valid: Valid


class TGIRouter(LoopbackServer):
    """
    The router of Text Generation Inference on a free port; see `TGIServer`.

    Args:
        responder (`Callable[[Asked], str]`, *optional*):
            What is written. Ordinary words fixed by seed and prompt when not given.
        model_id, model_sha, version (`str`):
            What `/info` tells.
        pipeline_tag (`str`, *optional*):
            What `/info` tells; decides whether `POST /` gives the prompt back.
        chat_template (`bool`, defaults to `True`):
            Whether the model has one.
        grammar_support (`bool`, defaults to `True`):
            Whether the server follows schemas.
        api_key (`str`, *optional*):
            Key that POST routes want.
        limits (`Limits`, *optional*):
            The server's limits.
        options (*optional*):
            As for `LoopbackServer`: faults, delay, port, keep_requests.
    """

    answering = frozenset({"/generate", "/generate_stream", "/", "/v1/chat/completions", "/v1/completions"})

    def __init__(
        self,
        responder: Responder = words_of_the_seed,
        *,
        model_id: str = "loopback/tiny",
        model_sha: str | None = "0123456789abcdef0123456789abcdef01234567",
        version: str = "3.3.7",
        pipeline_tag: str | None = "text-generation",
        chat_template: bool = True,
        grammar_support: bool = True,
        api_key: str | None = None,
        limits: Limits | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.responder = responder
        self.model_id = model_id
        self.model_sha = model_sha
        self.version = version
        self.pipeline_tag = pipeline_tag
        self.chat_template = chat_template
        self.grammar_support = grammar_support
        self.api_key = api_key
        self.limits = limits or Limits()
        self.unknown_fields: list[str] = []
        self.metrics: Counter[str] = Counter()
        self._permits = self.limits.max_concurrent_requests
        self._random = random.Random(0)

    def error_response(self, status: int) -> web.Response:
        """TGI's JSON of an error, the empty 401, or the framework's plain text."""
        if status in ERRORS:
            error, error_type = ERRORS[status]
            return web.json_response({"error": error, "error_type": error_type}, status=status)
        text = {400: "Failed to parse the request body as JSON", 413: "length limit exceeded"}.get(status, "")
        return web.Response(status=status, text=text)

    def guarded(self, handler: Any, *, is_open: bool = False) -> Any:
        """The layers around every POST route: key, size, JSON, and errors as TGI words them."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            if self.api_key is not None and not is_open:
                given = request.headers.get("Authorization", "")
                if given.lower() != f"bearer {self.api_key}".lower():
                    return web.Response(status=401)
            self.metrics["tgi_request_count"] += 1
            try:
                response: web.StreamResponse = await handler(request, self.body(request))
            except Refusal as refusal:
                self.metrics[f'tgi_request_failure{{err="{refusal.error_type or "validation"}"}}'] += 1
                if refusal.error_type is None:
                    return web.Response(status=refusal.status, text=refusal.error)
                return web.json_response(
                    {"error": refusal.error, "error_type": refusal.error_type}, status=refusal.status
                )
            self.metrics["tgi_request_success"] += 1
            return response

        return guarded

    def body(self, request: web.Request) -> dict[str, Any]:
        """The request's JSON object, or the framework's refusal."""
        if request.content_type != "application/json":
            raise Refusal(415, "Expected request with `Content-Type: application/json`", None)
        if (request.content_length or 0) > self.limits.payload_limit:
            raise Refusal(413, "Failed to buffer the request body: length limit exceeded", None)
        body = RECORDED.get().body
        if isinstance(body, str):
            raise Refusal(400, "Failed to parse the request body as JSON: expected value at line 1 column 1", None)
        if not isinstance(body, dict):
            raise Refusal(422, "Failed to deserialize the JSON body into the target type: invalid type", None)
        return body

    @asynccontextmanager
    async def permit(self, number: int = 1) -> AsyncIterator[None]:
        """TGI's semaphore: tried, never waited for, held until the answer is out."""
        if self._permits < number:
            raise Refusal(429, *ERRORS[429])
        self._permits -= number
        try:
            async with self.working():
                yield
        finally:
            self._permits += number

    def _valid(self, body: dict[str, Any], *, stream: bool = False, more: tuple[str, ...] = ()) -> Valid:
        if "inputs" not in body:
            raise Refusal(
                422, "Failed to deserialize the JSON body into the target type: missing field `inputs`", None
            )
        parameters = body.get("parameters")
        check_types(body, {"inputs": str, "parameters": dict})
        self.unknown_fields += sorted(set(body) - {"inputs", "parameters", *more})
        if parameters is None:
            parameters = {"do_sample": True}
        self.unknown_fields += [f"parameters.{name}" for name in sorted(check_types(parameters, KNOWN_PARAMETERS))]
        return self.checked(body["inputs"], parameters, stream=stream)

    def checked(self, inputs: str, parameters: dict[str, Any], *, stream: bool = False) -> Valid:
        """The parameters checked against the rules."""
        return validate(
            inputs,
            parameters,
            self.limits,
            random_seed=self._random.getrandbits(63),
            grammar_support=self.grammar_support,
            stream=stream,
        )

    def write(self, valid: Valid, messages: tuple[dict[str, Any], ...] = (), seed: int | None = None) -> Generated:
        """Let the responder write, and end the text where a model's would end."""
        fault = FAULT.get()
        seed = valid.seed if seed is None else seed
        asked = Asked(RECORDED.get().path, valid.inputs, messages, seed, valid.parameters, valid.schema)
        text = "" if fault is not None and fault.kind == "empty_text" else self.responder(asked)
        pieces = tokens(text)
        finish_reason = "eos_token"
        if len(pieces) > valid.max_new_tokens:
            pieces, finish_reason = pieces[: valid.max_new_tokens], "length"
            text = "".join(pieces)
        ends = [at + len(stop) for stop in valid.stop if stop and (at := text.find(stop)) >= 0]
        if ends:
            text = text[: min(ends)]
            pieces, finish_reason = tokens(text), "stop_sequence"
        return Generated(text, pieces, finish_reason, seed, valid)

    def headers(self, made: Generated) -> dict[str, str]:
        """The `x-` headers of a 200."""
        count = max(1, len(made.pieces))
        return {
            "x-compute-type": "cpu+loopback",
            "x-compute-time": f"{0.001 * count:.6f}",
            "x-compute-characters": str(len(made.valid.inputs)),
            "x-total-time": str(count),
            "x-validation-time": "0",
            "x-queue-time": "0",
            "x-inference-time": str(count),
            "x-time-per-token": "1",
            "x-prompt-tokens": str(made.valid.input_tokens),
            "x-generated-tokens": str(len(made.pieces)),
        }

    async def _one(self, valid: Valid, *, full_text: bool) -> tuple[dict[str, Any], Generated]:
        """The answer to `/generate`, under its permits."""
        async with self.permit(valid.best_of):
            made = [self.write(valid)]
            made += [self.write(valid, seed=self._random.getrandbits(63)) for _ in range(valid.best_of - 1)]
        prompt = valid.inputs if full_text else ""
        answer: dict[str, Any] = {"generated_text": prompt + made[0].text}
        if valid.details:
            answer["details"] = {**details(made[0]), "prefill": [], "tokens": token_list(made[0])}
            if len(made) > 1:
                answer["details"]["best_of_sequences"] = [
                    {"generated_text": prompt + one.text, **details(one), "prefill": [], "tokens": token_list(one)}
                    for one in made[1:]
                ]
        return answer, made[0]

    async def generate(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        """POST /generate."""
        valid = self._valid(body)
        answer, made = await self._one(valid, full_text=bool(valid.return_full_text))
        return web.json_response(answer, headers=self.headers(made))

    async def compatible(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        """POST /."""
        if body.get("stream"):
            return await self.generate_stream(request, body)
        valid = self._valid(body, more=("stream",))
        gives_back = self.pipeline_tag in (None, "text-generation")
        full_text = gives_back if valid.return_full_text is None else valid.return_full_text
        answer, made = await self._one(valid, full_text=full_text)
        return web.json_response([answer], headers=self.headers(made))

    async def generate_stream(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        """POST /generate_stream: errors come inside the stream, under a 200."""
        response = sse()
        await response.prepare(request)
        try:
            valid = self._valid(body, stream=True, more=("stream",))
            async with self.permit():
                made = self.write(valid)
                for index, token in enumerate(token_list(made), start=1):
                    last = index == max(1, len(made.pieces))
                    told = {**details(made), "input_length": valid.input_tokens} if last and valid.details else None
                    await send(
                        response,
                        {
                            "index": index,
                            "token": token,
                            "generated_text": made.text if last else None,
                            "details": told,
                        },
                    )
        except Refusal as refusal:
            await send(response, {"error": refusal.error, "error_type": refusal.error_type or "validation"})
        await response.write_eof()
        return response


def details(made: Generated) -> dict[str, Any]:
    """What `details` tells of one text."""
    return {"finish_reason": made.finish_reason, "generated_tokens": len(made.pieces), "seed": made.seed}


def token_list(made: Generated) -> list[dict[str, Any]]:
    """The tokens of one text; an empty text has the end token alone."""
    if not made.pieces:
        return [{"id": 0, "text": "</s>", "logprob": -0.5, "special": True}]
    return [{"id": len(piece), "text": piece, "logprob": -0.5, "special": False} for piece in made.pieces]


def sse() -> web.StreamResponse:
    """An answer in server-sent events."""
    return web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})


async def send(response: web.StreamResponse, value: dict[str, Any]) -> None:
    """One event."""
    await response.write(f"data:{json.dumps(value)}\n\n".encode())
