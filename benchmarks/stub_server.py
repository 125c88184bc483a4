"""
A text-generation-inference server without a model, as fast as Python allows, so that a benchmark measures the client.

    python benchmarks/stub_server.py --delay 0.05

prints its URL and answers until it is stopped: `/info`, `/generate`, `/v1/chat/completions`, `/chat_tokenize`,
`/health`, and `/stats` with what it counted. The tests use another server, which checks every request and is slower.
"""

import argparse
import asyncio
import hashlib
import json
import time
from collections import Counter
from typing import Any

WORDS = [
    f"{first}{second}"
    for first in (
        "am",
        "bel",
        "cor",
        "dal",
        "er",
        "fin",
        "gar",
        "hol",
        "in",
        "jun",
        "kar",
        "lum",
        "mor",
        "nel",
        "or",
        "pal",
    )
    for second in (
        "a",
        "ben",
        "dor",
        "e",
        "fil",
        "ga",
        "hum",
        "ist",
        "ja",
        "kel",
        "lo",
        "mi",
        "nor",
        "o",
        "per",
        "run",
    )
]
PREFIX_TOKENS = 4  # characters of a token, as good as any for a server without a tokenizer


class Stub:
    """
    What the connections share: settings and counts.

    Args:
        delay (`float`):
            Seconds that an answer takes.
        slow_share, slow_delay (`float`):
            Share of the requests that take so many seconds instead.
        fault_share (`float`), fault_status (`int`):
            Share of the requests that are answered with that status.
        most (`int`):
            Requests that it takes at once; those above are answered 429, and counted.
    """

    def __init__(
        self, delay: float, slow_share: float, slow_delay: float, fault_share: float, fault_status: int, most: int
    ) -> None:
        self.most = most
        self.delay, self.slow_share, self.slow_delay = delay, slow_share, slow_delay
        self.fault_share, self.fault_status = fault_share, fault_status
        self.counts: Counter[str] = Counter()
        self.answered: Counter[bytes] = Counter()
        self.in_flight = self.most_in_flight = 0
        self.first_at = self.last_at = 0.0

    def stats(self) -> dict[str, Any]:
        """What was counted so far; times in seconds since 1970."""
        return {
            **self.counts,
            "answered_twice": sum(times - 1 for times in self.answered.values()),
            "most_in_flight": self.most_in_flight,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }

    def reset(self) -> None:
        """Forget what was counted."""
        self.counts.clear()
        self.answered.clear()
        self.most_in_flight = 0
        self.first_at = self.last_at = 0.0

    def seconds_and_status(self) -> tuple[float, int]:
        """How long a request takes and how it ends; the share decides by the order of arrival."""
        if self.in_flight > self.most:
            self.counts["above_limit"] += 1
            return 0.0, 429
        number = self.counts["requests"]
        if self.fault_share and number % round(1 / self.fault_share) == 0:
            return 0.0, self.fault_status
        slow = self.slow_share and number % round(1 / self.slow_share) == 0
        return self.slow_delay if slow else self.delay, 200


def sentence(body: bytes) -> str:
    """Twenty words that the request's body fixes."""
    digest = hashlib.sha256(body).digest()
    return " ".join([WORDS[byte] for byte in digest[:20]]).capitalize() + "."


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection; a request is answered before the next one is read."""

    def __init__(self, stub: Stub) -> None:
        self.stub = stub
        self.buffer = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer when a request is complete."""
        self.buffer += data
        while True:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            lowered = head.lower()
            place = lowered.find(b"\r\ncontent-length:")
            length = int(lowered[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
            if len(rest) < length:
                return
            body, self.buffer = rest[:length], rest[length:]
            self.answer(head.split(b" ", 2)[1].split(b"?")[0].decode(), body)

    def answer(self, path: str, body: bytes) -> None:
        """Send what belongs to the path, at once or after the delay."""
        stub = self.stub
        if path not in ("/generate", "/v1/chat/completions"):
            return self.send(200, other(stub, path))
        stub.counts["requests"] += 1
        now = time.time()
        stub.first_at = stub.first_at or now
        stub.last_at = now
        stub.in_flight += 1
        stub.most_in_flight = max(stub.most_in_flight, stub.in_flight)
        seconds, status = stub.seconds_and_status()
        asyncio.get_running_loop().call_later(seconds, self.finish, path, body, status)
        return None

    def finish(self, path: str, body: bytes, status: int) -> None:
        """The answer to a request for a text."""
        stub = self.stub
        stub.in_flight -= 1
        if self.transport is None or self.transport.is_closing():
            stub.counts["gone"] += 1
            return
        stub.counts[f"answered_{status}"] += 1
        if status != 200:
            error = {"error": "Model is overloaded", "error_type": "overloaded"}
            return self.send(status, error, b"Retry-After: 1\r\n" if status == 429 else b"")
        stub.answered[hashlib.sha256(body).digest()[:12]] += 1
        text = sentence(body)
        tokens = len(body) // PREFIX_TOKENS
        if path == "/generate":
            details = {"finish_reason": "eos_token", "generated_tokens": 24, "seed": 1, "prefill": [], "tokens": []}
            headers = b"x-prompt-tokens: %d\r\n" % tokens
            return self.send(200, {"generated_text": text, "details": details}, headers)
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        usage = {"prompt_tokens": tokens, "completion_tokens": 24, "total_tokens": tokens + 24}
        return self.send(200, {"object": "chat.completion", "choices": [choice], "usage": usage})

    def send(self, status: int, value: Any, headers: bytes = b"") -> None:
        """Write one JSON answer."""
        if self.transport is None or self.transport.is_closing():
            return
        body = json.dumps(value).encode()
        self.transport.write(
            b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
            % (status, len(body), headers, body)
        )


def other(stub: Stub, path: str) -> dict[str, Any]:
    """What the routes say that give no text."""
    if path == "/stats":
        return stub.stats()
    if path == "/reset":
        stub.reset()
        return {}
    if path == "/info":
        return {
            "model_id": "benchmarks/stub",
            "model_sha": "0" * 40,
            "version": "3.3.7",
            "max_concurrent_requests": stub.most,
            "max_input_tokens": 4096,
            "max_total_tokens": 8192,
            "max_stop_sequences": 4,
        }
    return {}


async def serve(arguments: argparse.Namespace) -> None:
    """Answer until the process is stopped."""
    stub = Stub(
        arguments.delay,
        arguments.slow_share,
        arguments.slow_delay,
        arguments.fault_share,
        arguments.fault_status,
        arguments.max_concurrent_requests,
    )
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(stub), "127.0.0.1", arguments.port, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the settings and answer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds that an answer takes")
    parser.add_argument("--slow-share", type=float, default=0.0, help="share of the answers that take --slow-delay")
    parser.add_argument("--slow-delay", type=float, default=2.0)
    parser.add_argument("--fault-share", type=float, default=0.0, help="share of the answers that are --fault-status")
    parser.add_argument("--fault-status", type=int, default=429)
    parser.add_argument("--max-concurrent-requests", type=int, default=4096, help="more are answered 429")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
