from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_plus

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# Gradio's own pages need inline scripts and styles, and compile templates. Nothing may come from, or go to, elsewhere.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "form-action 'self'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


READ_BY_GRADIO = "page"
"""A parameter of the address that gradio takes for the name of a page of its own, and fails where it has none."""


class PageHeaders:
    """
    ASGI middleware: browsers load nothing from elsewhere for the leaderboard, whatever a results file or a library
    asks for. Of the address, what gradio would stumble over is left out, as all that the leaderboard does not know is.

    Args:
        app (`App`):
            What answers.
    """

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, with the headers added and without the parameter that gradio reads."""
        if scope["type"] == "http":
            scope = {**scope, "query_string": _without_page(scope.get("query_string", b""))}

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *HEADERS]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def _without_page(query: bytes) -> bytes:
    """The same query, letter by letter, but for that parameter."""
    return b"&".join(
        part for part in query.split(b"&") if unquote_plus(part.partition(b"=")[0].decode("latin-1")) != READ_BY_GRADIO
    )
