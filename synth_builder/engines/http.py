"""
Speaking HTTP to the servers that answer prompts. The one place where errors of sockets, time and statuses become ours;
what is above it does not know aiohttp.
"""

import errno
import json
import logging
import os
from abc import abstractmethod
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

import aiohttp

from synth_builder.engines.answers import Answer, blot, error_text, shown
from synth_builder.engines.base import Engine, EngineInfo, EngineSettings
from synth_builder.engines.dispatch import PATIENCE, ConnectionLostError, Dispatcher, ServerFailedError
from synth_builder.engines.endpoints import Endpoint, api_key
from synth_builder.engines.pace import Pace
from synth_builder.errors import (
    EngineAuthError,
    EngineChangedError,
    EngineError,
    EngineOverloadedError,
    EngineReplyError,
    EngineUnreachableError,
    RecipeError,
    RequestRefusedError,
)

logger = logging.getLogger(__name__)

OPENING_SECONDS = 30.0


def seconds_to_wait(header: str | None, now: datetime | None = None) -> float | None:
    """
    Read a `Retry-After` header: seconds, or a date.

    Args:
        header (`str`, *optional*):
            Its value.
        now (`datetime`, *optional*):
            The moment that a date is counted from; the present one when not given.

    Returns:
        `float`, *optional*: Seconds, never negative; `None` when there is no header or it can't be read.
    """
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        date = date if date.tzinfo else date.replace(tzinfo=UTC)
        seconds = (date - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if isfinite(seconds) else None


def error_for_status(
    status: int, where: str, text: str, *, retry_after: float | None = None, hint: str = ""
) -> EngineError:
    """
    The error of ours for an HTTP status other than 200.

    Args:
        status (`int`):
            The status.
        where (`str`):
            Method and URL, for example `"POST http://127.0.0.1:3000/generate"`.
        text (`str`):
            What the server said, raw.
        retry_after (`float`, *optional*):
            Seconds that the server asks to wait.
        hint (`str`, *optional*):
            What to do where a route is missing.

    Returns:
        `EngineError`: To be raised; its kind tells whether another try is worth it.
    """
    found = f"{where} was answered {status}" + (f": {shown(text)}." if text.strip() else ".")
    if status in (401, 403):
        return EngineAuthError(
            f"{found} The endpoint wants a key, or another one: put it into an environment variable and name that "
            "with --api-key-env NAME."
        )
    if status in (404, 405, 501):
        return EngineUnreachableError(f"{found} The server has no such route or no such model. {hint}".rstrip())
    if status >= 500:
        return ServerFailedError(found, retry_after)
    if status in (408, 424, 425, 429):
        return EngineOverloadedError(found, retry_after)
    if status in (400, 413, 415, 422):
        return RequestRefusedError(f"{found} It would be answered the same at every other try.")
    return EngineReplyError(f"{found} Expected 200.")


def connection_problem(error: Exception) -> str:
    """Why there is no connection, in a few words."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host name is unknown"
    if isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientPayloadError):
        return "the connection was cut"
    if isinstance(error, aiohttp.ClientOSError) and not isinstance(error, aiohttp.ClientConnectorError):
        return "the connection was cut"
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, ConnectionRefusedError):
        return "connection refused"
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno in errno.errorcode:
        return os.strerror(cause.errno).lower()
    return f"{type(error).__name__} {shown(str(error))}"


class HTTPEngine(Engine):
    """
    What the engines that speak HTTP share: endpoints, one session, and the way of one exchange.

    Args:
        endpoints (`list[Endpoint]`):
            At least one server. All have to serve the same model.
        concurrency (`int`, *optional*):
            Requests under way at once. The engine's own default when not given.
        timeout (`float`, defaults to 300.0):
            Seconds that one request may take.
        model (`str`, *optional*):
            Model to ask for, where a server has several.
    """

    takes = frozenset({"endpoints", "model", "api_key_env"})

    default_concurrency: ClassVar[int]
    missing_route_hint: ClassVar[str]
    patience: float = PATIENCE

    def __init__(
        self,
        endpoints: list[Endpoint],
        *,
        concurrency: int | None = None,
        timeout: float = 300.0,
        model: str | None = None,
    ) -> None:
        self.endpoints = endpoints
        self.asked_concurrency = concurrency
        self.concurrency = concurrency or self.default_concurrency
        self.timeout = timeout
        self.model = model
        self.served: EngineInfo | None = None
        self._dispatcher: Dispatcher | None = None
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def from_settings(cls, settings: EngineSettings) -> Self:
        """
        Make one from what the user said.

        Raises:
            RecipeError: No endpoint, one that is no URL, or a named environment variable that holds no key.
        """
        if not settings.endpoints:
            raise RecipeError(f"The engine {cls.name!r} needs a server. Give its address with --endpoint URL.")
        key = api_key(settings)
        endpoints = [Endpoint.parse(url, key) for url in settings.endpoints]
        return cls(endpoints, concurrency=settings.concurrency, timeout=settings.timeout, model=settings.model)

    async def close(self) -> None:
        """Close the session and its connections."""
        if self._dispatcher is not None:
            await self._dispatcher.close()
            self._dispatcher = None
        if self._session is not None:
            await self._session.close()
            self._session = None

    def open_session(self) -> None:
        """Make the one session of this engine. A second call keeps the first one's."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "synth-builder"},
                trust_env=False,  # no .netrc and no proxy between the user and the server that the user named
            )

    @abstractmethod
    async def endpoint_info(self, endpoint: Endpoint) -> EngineInfo:
        """What one server says of itself."""

    def start_dispatching(self, info: EngineInfo) -> None:
        """
        From here on requests may be given to the endpoints, up to what the servers take.

        Args:
            info (`EngineInfo`):
                What all endpoints together said.
        """
        most = info.max_concurrent_requests
        if most and self.concurrency > most:
            if self.asked_concurrency:
                logger.warning(
                    "A concurrency of %d was asked for, but the server takes %d requests at once: going on with %d.",
                    self.concurrency,
                    most,
                    most,
                )
            self.concurrency = most
        for endpoint in self.endpoints:
            endpoint.begin(Pace(min(self.concurrency, endpoint.capacity or self.concurrency)))
        self._dispatcher = Dispatcher(self.endpoints, self._examine, self.patience)

    def capacities(self) -> dict[str, int]:
        """Requests that each server may be given at once, by all processes together; known when the engine is open."""
        if self._dispatcher is None:
            return {}
        most = {endpoint.url: endpoint.pace.cap for endpoint in self.endpoints}
        total = sum(most.values())
        if total <= self.concurrency:
            return most
        # By largest remainder, so that all places are used and no more. With fewer places than servers some get none.
        places = {url: cap * self.concurrency // total for url, cap in most.items()}
        by_remainder = sorted(most, key=lambda url: most[url] * self.concurrency % total, reverse=True)
        for url in by_remainder[: self.concurrency - sum(places.values())]:
            places[url] += 1
        return places

    def in_use(self) -> dict[str, int]:
        """Requests that are under way at each server now."""
        return {endpoint.url: endpoint.in_flight for endpoint in self.endpoints}

    def allow(self, shares: Mapping[str, int]) -> None:
        """Keep to a share of each server's capacity from now on; what is under way comes to its end."""
        most = self.capacities()
        for endpoint in self.endpoints:
            endpoint.unused = most.get(endpoint.url) == 0
            endpoint.allowed = shares.get(endpoint.url, 0)
        if self._dispatcher is not None:
            self._dispatcher.wake()

    def free_endpoint(self) -> AbstractAsyncContextManager[Endpoint]:
        """
        A server to ask one request of, as soon as one has room.

        Raises:
            EngineUnreachableError: The engine is not open.
        """
        if self._dispatcher is None:
            raise self._not_open()
        return self._dispatcher.endpoint()

    def _not_open(self) -> EngineUnreachableError:
        return EngineUnreachableError(f"The engine {self.name!r} is not open. Call `await engine.open()` first.")

    async def _examine(self, endpoint: Endpoint) -> None:
        """
        Look whether a server that failed is healthy, and still holds the model that it held.

        Raises:
            EngineChangedError: It holds another one.
            EngineError: It is not healthy.
        """
        await self.greet(endpoint, "GET", "/health", accept=(200, 404, 405))
        info = await self.endpoint_info(endpoint)
        if self.served is not None and info.identity() != self.served.identity():
            first = self.served
            raise EngineChangedError(
                f"{endpoint.url} came back with another model: it held {first.model!r} (revision "
                f"{first.revision or 'not told'}), now {info.model!r} (revision {info.revision or 'not told'}). Start "
                "it with the first model again, build into another folder with --out, or begin anew with --fresh."
            )

    async def exchange(
        self,
        endpoint: Endpoint,
        method: Literal["GET", "POST"],
        path: str,
        payload: dict[str, Any] | None = None,
        *,
        seconds: float | None = None,
        accept: tuple[int, ...] = (200,),
        last: bool = False,
    ) -> Answer:
        """
        One request and its answer, read to the end.

        Args:
            endpoint (`Endpoint`):
                Where to.
            method (`"GET"` or `"POST"`):
                The method.
            path (`str`):
                Route below the endpoint's base, with its slash.
            payload (`dict`, *optional*):
                JSON body.
            seconds (`float`, *optional*):
                Time limit; the engine's `timeout` when not given.
            accept (`tuple[int, ...]`, defaults to `(200,)`):
                Statuses that are answers to the caller.
            last (`bool`, defaults to `False`):
                Whether the connection is closed afterwards and not kept for further requests.

        Raises:
            EngineError: Any other status, and no answer at all; its kind says what it means.
        """
        if self._session is None:
            raise self._not_open()
        where = f"{method} {endpoint.url}{path}"
        headers = {"Content-Type": "application/json"} if payload is not None else {}
        if last:
            headers["Connection"] = "close"
        if endpoint.authorization:
            headers["Authorization"] = endpoint.authorization
        seconds = seconds or self.timeout
        try:
            async with self._session.request(
                method,
                endpoint.address(path),
                data=None if payload is None else json.dumps(payload).encode(),
                headers=headers,
                allow_redirects=False,  # a redirect would carry the key to a host that the user did not name
                timeout=aiohttp.ClientTimeout(total=seconds),
            ) as response:
                body = await response.read()
        except TimeoutError as error:
            raise ConnectionLostError(
                f"{where} was not answered within {seconds:g} s.", f"no answer within {seconds:g} s"
            ) from error
        # A UnicodeError is what a host name with an empty or endless part ends in.
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL, UnicodeError) as error:
            raise EngineUnreachableError(
                f"{where} can't be asked: {shown(str(error))}. Check the address and its certificate."
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            reason = connection_problem(error)
            raise ConnectionLostError(f"{where} was not answered: {reason}.", reason) from error
        if response.status in accept:
            return Answer(where, response.status, response.headers, body, endpoint.secrets)
        if 300 <= response.status < 400:
            target = urlsplit(response.headers.get("Location", ""))
            host = target.netloc.rpartition("@")[2]
            raise EngineReplyError(
                f"{where} was answered {response.status}, a redirect to "
                f"{shown(f'{target.scheme}://{host}{target.path}' if host else target.path)}. Redirects are not "
                "followed; if you trust that address, give it as --endpoint."
            )
        raise error_for_status(
            response.status,
            where,
            blot(error_text(body.decode("utf-8", "replace")), endpoint.secrets),
            retry_after=seconds_to_wait(response.headers.get("Retry-After")),
            hint=self.missing_route_hint,
        )

    async def greet(
        self,
        endpoint: Endpoint,
        method: Literal["GET", "POST"],
        path: str,
        payload: dict[str, Any] | None = None,
        *,
        accept: tuple[int, ...] = (200,),
    ) -> Answer:
        """
        One exchange of `open`: there, a lost connection is a reason to stop and not to try again.

        The connection is not kept: some servers drop it after an error status, and the first request would be lost.

        Raises:
            EngineUnreachableError: Nobody answers.
            EngineError: As for `exchange`.
        """
        try:
            seconds = min(self.timeout, OPENING_SECONDS)
            return await self.exchange(endpoint, method, path, payload, seconds=seconds, accept=accept, last=True)
        except ConnectionLostError as error:
            raise EngineUnreachableError(
                f"Nobody answers at {endpoint.url}: {error.reason}. Start the server or give another --endpoint."
            ) from error
