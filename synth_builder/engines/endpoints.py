import os
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

from synth_builder.engines.base import EngineSettings
from synth_builder.engines.pace import Pace
from synth_builder.errors import RecipeError

SHORTEST_SECRET = 6  # shorter values of a query are settings, such as `v=2`

# People paste the whole route out of a server's documentation; what stands before it is the base.
ROUTES = ("/v1/chat/completions", "/v1/completions", "/v1/models", "/v1", "/generate", "/info")


def api_key(settings: EngineSettings) -> str | None:
    """
    The endpoint's key, out of the environment variable that the user named. No other variable is ever looked at.

    Args:
        settings (`EngineSettings`):
            Their `api_key_env` is the variable's name.

    Returns:
        `str`, *optional*: The key; `None` when no variable was named.

    Raises:
        RecipeError: The variable is not set, or empty, or holds what no HTTP header can carry.
    """
    if settings.api_key_env is None:
        return None
    key = os.environ.get(settings.api_key_env, "").strip()
    if not key:
        raise RecipeError(
            f"--api-key-env names the environment variable {settings.api_key_env!r}, which is not set or empty. "
            f"Set it first: export {settings.api_key_env}=..."
        )
    if not key.isascii() or not key.isprintable():
        raise RecipeError(
            f"The environment variable {settings.api_key_env!r} holds a key with characters that an HTTP header "
            "can't carry. Expected one line of plain ASCII."
        )
    return key


@dataclass
class Endpoint:
    """
    One server: where it is, how to greet it, and how busy it is with our requests.

    Args:
        url (`str`):
            Base URL without credentials and query, as it may be shown in messages.
        query (`str`, defaults to `""`):
            Query that belongs to each request. Never shown.
        authorization (`str`, *optional*):
            Value of the `Authorization` header. Never shown.
        secrets (`tuple[str, ...]`, defaults to `()`):
            What is blotted out where a server's error text repeats it.
        in_flight, sent, failures (`int`, defaults to 0):
            Requests under way, requests ever sent, failures since the last good answer.
        capacity (`int`, *optional*):
            Requests that the server says it takes at once.
        out (`bool`, defaults to `False`):
            Whether it gets no requests for now.
        answered_at (`float`, *optional*):
            Moment of the last answer, on a clock that only rises.
        pace (`Pace`):
            How many requests it gets at once.
        allowed (`int`, *optional*):
            The most that this process may have under way there, where several processes share the server.
        unused (`bool`, defaults to `False`):
            Whether none of them ever asks it, as there are more servers than requests under way at once.
    """

    url: str
    query: str = field(default="", repr=False)
    authorization: str | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    in_flight: int = 0
    sent: int = 0
    failures: int = 0
    capacity: int | None = None
    out: bool = False
    answered_at: float | None = field(default=None, compare=False)
    pace: Pace = field(default_factory=lambda: Pace(1), repr=False, compare=False)
    allowed: int | None = None
    unused: bool = False

    @property
    def limit(self) -> int:
        """Requests that may be under way there now."""
        return self.pace.limit if self.allowed is None else min(self.pace.limit, self.allowed)

    @classmethod
    def parse(cls, text: str, key: str | None = None) -> Self:
        """
        Read a base URL as a user types it: with or without `/v1`, a user name and password, a query.

        Args:
            text (`str`):
                The URL.
            key (`str`, *optional*):
                Key for `Authorization: Bearer`.

        Raises:
            RecipeError: It is no http(s) URL, or it carries a user name beside a key.
        """
        harmless = text.rpartition("@")[2].partition("?")[0]
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError as error:
            raise RecipeError(f"Endpoint {harmless!r} is no valid URL. Expected the form http://host:port.") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RecipeError(
                f"Endpoint {harmless!r} is no http:// or https:// URL with a host. Expected the form http://host:port."
            )
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        base = urlunsplit((parts.scheme, host if port is None else f"{host}:{port}", parts.path.rstrip("/"), "", ""))
        for route in ROUTES:
            base = base.removesuffix(route).rstrip("/")
        # A query may hold a key, and some services take it as a user name without a password.
        secrets = tuple(value for _, value in parse_qsl(parts.query) if len(value) >= SHORTEST_SECRET)
        if parts.username is None:
            return cls(base, parts.query, f"Bearer {key}" if key else None, (key, *secrets) if key else secrets)
        if key:
            raise RecipeError(
                f"Endpoint {base!r} carries a user name, and --api-key-env gives a key for it, but only one of them "
                "can be sent. Leave one out."
            )
        password = unquote(parts.password or "")
        pair = f"{unquote(parts.username)}:{password}"
        secrets = (password or unquote(parts.username), *secrets)
        return cls(base, parts.query, f"Basic {b64encode(pair.encode()).decode()}", secrets)

    def begin(self, pace: Pace) -> None:
        """An engine was opened: forget how the server was when it was last asked."""
        self.pace = pace
        self.in_flight = self.failures = 0
        self.out = False
        self.answered_at = None

    def address(self, path: str) -> str:
        """Full URL of a route, to be sent to and never to be shown."""
        return self.url + path + (f"?{self.query}" if self.query else "")
