"""What the loopback servers share: where they listen, what they write down, and the faults that a test orders."""

import asyncio
import contextlib
import hashlib
import json
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from aiohttp import web


@dataclass(frozen=True)
class Fault:
    """
    What goes wrong with one request.

    Args:
        kind (`str`):
            `status` (answer with it), `refuse` (close the socket at once), `cut_headers` (close after the headers),
            `cut_body` (close in the middle of the body), `hang` (never answer), `body` (a 200 with that body),
            `empty_text` (a good answer whose text is empty), `delay` (a good answer, late).
        status (`int`, defaults to 200):
            Status for `status`.
        body (`str`, *optional*):
            Body for `status` and `body`; what the server itself would say when not given.
        content_type (`str`, defaults to `"text/plain"`):
            Type of `body`.
        headers (`dict`, defaults to `{}`):
            Further headers, for example `Retry-After`.
        seconds (`float`, defaults to 0.0):
            Time for `delay`.
    """

    kind: Literal["status", "refuse", "cut_headers", "cut_body", "hang", "body", "empty_text", "delay"]
    status: int = 200
    body: str | None = None
    content_type: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


REFUSE = Fault("refuse")
CUT_HEADERS = Fault("cut_headers")
CUT_BODY = Fault("cut_body")
HANG = Fault("hang")
EMPTY_TEXT = Fault("empty_text")
GARBAGE = Fault("body", body='{"generated_text": "half a', content_type="application/json")
HTML = Fault("body", body="<html><body><h1>Sign in</h1></body></html>", content_type="text/html")


def status(code: int, **headers: str) -> Fault:
    """An error status with the body that the server itself would send; `Retry_After="3"` becomes a header."""
    return Fault("status", status=code, headers={name.replace("_", "-"): value for name, value in headers.items()})


def late(seconds: float) -> Fault:
    """A good answer after some time."""
    return Fault("delay", seconds=seconds)


@dataclass(frozen=True)
class Recorded:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    time: float
    index: int

    def key(self) -> str:
        """Path and body in canonical form: equal for two requests that ask the same."""
        canonical = self.body if isinstance(self.body, str) else json.dumps(self.body, sort_keys=True)
        return f"{self.path} {hashlib.sha256(canonical.encode()).hexdigest()}"


Faults = Callable[[Recorded], Fault | None] | Iterable[Fault | None]

# What the handler of a request gets from the middleware around it.
RECORDED: ContextVar[Recorded] = ContextVar("recorded")
FAULT: ContextVar[Fault | None] = ContextVar("fault", default=None)


class LoopbackServer:
    """
    A server on a free port of 127.0.0.1.

    In a test's own event loop: `async with Server() as server: server.url`. For synchronous code that runs a loop of
    its own: `with Server().in_thread() as url`.

    Args:
        faults (`Callable[[Recorded], Fault | None]` or `Iterable[Fault | None]`, defaults to `()`):
            A function decides for every request, whatever its path; a list is used up by the requests for an answer
            (those in `answering`), in the order of their arrival, and then all goes well.
        delay (`float` or `Callable[[Recorded], float]`, defaults to 0.0):
            Seconds that an answer takes.
        port (`int`, defaults to 0):
            Port to listen on; any free one for 0.
        keep_requests (`bool`, defaults to `True`):
            Whether `requests` holds every request. Counts are kept in any case.
    """

    answering: frozenset[str] = frozenset()

    def __init__(
        self,
        *,
        faults: Faults = (),
        delay: float | Callable[[Recorded], float] = 0.0,
        port: int = 0,
        keep_requests: bool = True,
    ) -> None:
        self.faults = faults if callable(faults) else deque(faults)
        self.delay = delay
        self.port = port
        self.keep_requests = keep_requests
        self.requests: list[Recorded] = []
        self.counts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.arrived = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.url = ""
        self._runner: web.AppRunner | None = None

    def routes(self) -> list[web.RouteDef]:
        """What the server answers to."""
        raise NotImplementedError

    def error_response(self, status: int) -> web.Response:
        """The server's own way to say a status."""
        raise NotImplementedError

    async def body_of(self, request: web.Request) -> Any:
        """What is written down of a body: the value of JSON, else the text."""
        text = await request.text()
        try:
            return json.loads(text)
        except ValueError:
            return text

    def headers_of(self, request: web.Request) -> dict[str, str]:
        """What is written down of the headers."""
        return dict(request.headers)

    def to(self, path: str) -> list[Recorded]:
        """The requests for one path."""
        return [request for request in self.requests if request.path == path]

    def repeated(self) -> dict[str, int]:
        """Requests for a text that were answered well more than once, by path and body, with how often."""
        return {key: times for key, times in self.answered.items() if times > 1}

    async def start(self) -> Self:
        """Listen."""
        application = web.Application(middlewares=[self._write_down], client_max_size=10**9)
        application.add_routes(self.routes())
        self._runner = web.AppRunner(application, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def stop(self) -> None:
        """Close the port and all connections. The same server can be started again, on the same port."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *exception: object) -> None:
        await self.stop()

    @contextlib.contextmanager
    def in_thread(self) -> Iterator[str]:
        """Run in a thread with a loop of its own; gives the base URL."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="loopback server", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self.start(), loop).result(timeout=10)
            yield self.url
        finally:
            asyncio.run_coroutine_threadsafe(self.stop(), loop).result(timeout=10)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(timeout=10)
            loop.close()

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Counts an answer under way and takes the time it takes."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            seconds = self.delay(RECORDED.get()) if callable(self.delay) else self.delay
            if seconds:
                await asyncio.sleep(seconds)
            yield
        finally:
            self.in_flight -= 1

    @web.middleware
    async def _write_down(self, request: web.Request, handler: Any) -> web.StreamResponse:
        body = await self.body_of(request)
        headers = self.headers_of(request)
        recorded = Recorded(request.method, request.path, headers, body, time.monotonic(), self.arrived)
        self.arrived += 1
        key = recorded.key()
        self.counts[key] += 1
        if self.keep_requests:
            self.requests.append(recorded)
        RECORDED.set(recorded)
        fault = self._fault_for(recorded)
        if fault is not None:
            broken = await self._break(request, fault)
            if broken is not None:
                return broken
        FAULT.set(fault)
        response: web.StreamResponse = await handler(request)
        if fault is not None and fault.kind in ("cut_headers", "cut_body"):
            return await self._cut(request, response, fault)
        if response.status == 200 and recorded.path in self.answering:
            self.answered[key] += 1
        return response

    def _fault_for(self, recorded: Recorded) -> Fault | None:
        if callable(self.faults):
            return self.faults(recorded)
        if recorded.path in self.answering and recorded.method == "POST" and self.faults:
            return self.faults.popleft()
        return None

    async def _break(self, request: web.Request, fault: Fault) -> web.Response | None:
        match fault.kind:
            case "status":
                if fault.body is None:
                    response = self.error_response(fault.status)
                else:
                    response = web.Response(status=fault.status, text=fault.body, content_type=fault.content_type)
                response.headers.update(fault.headers)
                return response
            case "body":
                return web.Response(text=fault.body, content_type=fault.content_type, headers=fault.headers)
            case "refuse":
                _abort(request)
                return web.Response()
            case "hang":
                await asyncio.Event().wait()
            case "delay":
                await asyncio.sleep(fault.seconds)
        return None

    async def _cut(self, request: web.Request, response: web.StreamResponse, fault: Fault) -> web.StreamResponse:
        broken = web.StreamResponse(headers={"Content-Type": "application/json"})
        whole = b""
        if isinstance(response, web.Response):
            broken = web.StreamResponse(status=response.status, headers=response.headers)
            whole = response.body if isinstance(response.body, bytes) else b""
        broken.content_length = len(whole)
        await broken.prepare(request)
        if fault.kind == "cut_body":
            await broken.write(whole[: len(whole) // 2])
        await asyncio.sleep(0)
        _abort(request)
        return broken


def _abort(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.close()
