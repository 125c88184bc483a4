"""
A loopback text-generation-inference server that behaves like version 3.3, without a model.

    python -m tests.servers.tgi --port 8080 --delay 0.05

prints its URL and answers until it is stopped.
"""

import argparse
import asyncio
import signal
from collections import Counter
from typing import Any

from aiohttp import web

from tests.servers.tgi_router import Generated, TGIRouter, send, sse
from tests.servers.tgi_validation import KNOWN_CHAT_FIELDS, Limits, Refusal, check_types, read_grammar, tokens


def usage(made: Generated) -> dict[str, int]:
    """Token counts in the form of the chat route."""
    prompt, completion = made.valid.input_tokens, len(made.pieces)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def chat_reason(made: Generated) -> str:
    """The chat route calls the end of the text `stop`."""
    return "stop" if made.finish_reason == "eos_token" else made.finish_reason


class TGIServer(TGIRouter):
    """Text Generation Inference on a free port, with all the routes that a client may use; see `TGIRouter`."""

    def routes(self) -> list[web.RouteDef]:
        """TGI's routes."""
        return [
            web.get("/info", self._info),
            web.get("/v1/models", self._models),
            *(web.get(path, self._health) for path in ("/health", "/ping", "/")),
            web.get("/metrics", self._metrics),
            web.post("/generate", self.guarded(self.generate)),
            web.post("/generate_stream", self.guarded(self.generate_stream)),
            web.post("/", self.guarded(self.compatible)),
            web.post("/v1/chat/completions", self.guarded(self._chat)),
            web.post("/v1/completions", self.guarded(self._completions)),
            web.post("/tokenize", self.guarded(self._tokenize)),
            web.post("/chat_tokenize", self.guarded(self._chat_tokenize, is_open=True)),
        ]

    async def _info(self, request: web.Request) -> web.Response:
        return web.json_response(
            {
                "model_id": self.model_id,
                "model_sha": self.model_sha,
                "model_pipeline_tag": self.pipeline_tag,
                "max_concurrent_requests": self.limits.max_concurrent_requests,
                "max_best_of": self.limits.max_best_of,
                "max_stop_sequences": self.limits.max_stop_sequences,
                "max_input_tokens": self.limits.max_input_tokens,
                "max_total_tokens": self.limits.max_total_tokens,
                "validation_workers": 2,
                "max_client_batch_size": self.limits.max_client_batch_size,
                "router": "text-generation-router",
                "version": self.version,
                "sha": None,
                "docker_label": None,
            }
        )

    async def _models(self, request: web.Request) -> web.Response:
        model = {"id": self.model_id, "object": "model", "created": 0, "owned_by": self.model_id}
        return web.json_response({"object": "list", "data": [model]})

    async def _health(self, request: web.Request) -> web.Response:
        return web.Response()

    async def _metrics(self, request: web.Request) -> web.Response:
        lines = [f"{name} {value}" for name, value in sorted(self.metrics.items())]
        return web.Response(text="\n".join([*lines, "tgi_queue_size 0", ""]))

    async def _tokenize(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        if not isinstance(body.get("inputs"), str):
            raise Refusal(
                422, "Failed to deserialize the JSON body into the target type: missing field `inputs`", None
            )
        return web.json_response(token_spans(body["inputs"]))

    async def _chat_tokenize(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        text = self._templated(body)
        return web.json_response({"tokenize_response": token_spans(text), "templated_text": text})

    def _templated(self, body: dict[str, Any]) -> str:
        messages = body.get("messages")
        if not isinstance(messages, list):
            raise Refusal(
                422, "Failed to deserialize the JSON body into the target type: missing field `messages`", None
            )
        if not self.chat_template:
            raise Refusal(422, "Template error: template not found", "template_error")
        turns = "".join(f"<|{message['role']}|>\n{message['content']}\n" for message in messages)
        return f"{turns}<|assistant|>\n"

    async def _chat(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if body.get("stream"):
            return await self._chat_stream(request, body)
        made = await self._chat_text(body)
        return web.json_response(
            {
                "object": "chat.completion",
                "id": "",
                "created": 0,
                "model": body.get("model") or self.model_id,
                "system_fingerprint": f"{self.version}-native",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": made.text},
                        "logprobs": None,
                        "finish_reason": chat_reason(made),
                    }
                ],
                "usage": usage(made),
            },
            headers=self.headers(made),
        )

    async def _chat_text(self, body: dict[str, Any]) -> Generated:
        self.unknown_fields += sorted(check_types(body, KNOWN_CHAT_FIELDS))
        if body.get("tools") and body.get("response_format"):
            raise Refusal(422, "Input validation error: Grammar and tools are mutually exclusive")
        prompt = self._templated(body)
        read_grammar(body.get("response_format"), enabled=True)
        temperature, penalty = body.get("temperature"), body.get("presence_penalty")
        parameters = {
            "max_new_tokens": body.get("max_tokens", body.get("max_completion_tokens")),
            "do_sample": temperature != 0,
            "temperature": temperature or None,
            "top_p": body.get("top_p"),
            "seed": body.get("seed"),
            "stop": body.get("stop"),
            "frequency_penalty": body.get("frequency_penalty"),
            "repetition_penalty": None if penalty is None else penalty + 2.0,
            "grammar": body.get("response_format"),
        }
        async with self.permit():
            return self.write(self.checked(prompt, parameters), tuple(body["messages"]))

    async def _chat_stream(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = sse()
        await response.prepare(request)
        chunk = {"object": "chat.completion.chunk", "id": "", "created": 0, "model": body.get("model")}
        try:
            made = await self._chat_text(body)
            for index, piece in enumerate(made.pieces, start=1):
                reason = chat_reason(made) if index == len(made.pieces) else None
                delta = {"role": "assistant", "content": piece}
                await send(response, {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
            if (body.get("stream_options") or {}).get("include_usage"):
                await send(response, {**chunk, "choices": [], "usage": usage(made)})
        except Refusal as refusal:
            await send(response, {"error": {"message": refusal.error, "http_status_code": 422}})
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    async def _completions(self, request: web.Request, body: dict[str, Any]) -> web.Response:
        if body.get("suffix"):
            raise Refusal(
                422, "Suffix is not supported and can be achieved by preprocessing the prompt.", "suffix not supported"
            )
        prompts = body.get("prompt")
        prompts = prompts if isinstance(prompts, list) else [prompts]
        if not all(isinstance(prompt, str) for prompt in prompts):
            raise Refusal(
                422, "Failed to deserialize the JSON body into the target type: missing field `prompt`", None
            )
        if len(prompts) > self.limits.max_client_batch_size:
            raise Refusal(
                422,
                f"Number of prompts exceeds the maximum allowed batch size of {self.limits.max_client_batch_size}",
                "batch size exceeded",
            )
        temperature = body.get("temperature")
        parameters = {
            "max_new_tokens": body.get("max_tokens"),
            "do_sample": temperature != 0,
            "temperature": temperature or None,
            **{name: body.get(name) for name in ("top_p", "seed", "stop", "repetition_penalty", "frequency_penalty")},
        }
        async with self.permit(len(prompts)):
            made = [self.write(self.checked(str(prompt), parameters)) for prompt in prompts]
        total = Counter({"prompt_tokens": 0})
        for one in made:
            total.update(usage(one))
        choices = [
            {"index": index, "text": one.text, "logprobs": None, "finish_reason": chat_reason(one)}
            for index, one in enumerate(made)
        ]
        return web.json_response(
            {
                "object": "text_completion",
                "id": "",
                "created": 0,
                "model": self.model_id,
                "choices": choices,
                "usage": total,
            }
        )


def token_spans(text: str) -> list[dict[str, Any]]:
    """The tokens of a text, with where they stand."""
    spans, at = [], 0
    for piece in tokens(text):
        spans.append({"id": len(piece), "text": piece, "start": at, "stop": at + len(piece)})
        at += len(piece)
    return spans


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--port", type=int, default=0, help="0 takes any free one")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds that an answer takes")
    parser.add_argument("--model-id", default="loopback/tiny")
    parser.add_argument("--api-key")
    parser.add_argument("--no-chat-template", action="store_true")
    parser.add_argument("--max-concurrent-requests", type=int, default=128)
    parser.add_argument("--forget", action="store_true", help="keep counts, but not every request")
    options = parser.parse_args()
    server = TGIServer(
        model_id=options.model_id,
        api_key=options.api_key,
        chat_template=not options.no_chat_template,
        limits=Limits(max_concurrent_requests=options.max_concurrent_requests),
        port=options.port,
        delay=options.delay,
        keep_requests=not options.forget,
    )

    async def serve() -> None:
        stopped = asyncio.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
        async with server:
            print(server.url, flush=True)
            await stopped.wait()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
