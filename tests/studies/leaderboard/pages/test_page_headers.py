"""Headers that keep browsers from loading anything from elsewhere, and addresses that gradio can read."""

from collections.abc import MutableMapping
from typing import Any

import pytest

from synth_builder.studies.leaderboard.pages.page_headers import POLICY, PageHeaders


async def seen(query: bytes, kind: str = "http") -> bytes:
    """The query that the app is asked for."""
    scopes = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)

    async def nothing(*_: Any) -> Any:
        return {}

    scope = {"type": kind, "query_string": query}
    await PageHeaders(app)(scope, nothing, nothing)
    assert scope["query_string"] == query
    return bytes(scopes[0]["query_string"])


async def sent(kind: str) -> list[MutableMapping[str, Any]]:
    found: list[MutableMapping[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"a", b"1")]})
        await send({"type": "http.response.body", "body": b"x"})

    async def send(message: MutableMapping[str, Any]) -> None:
        found.append(message)

    async def receive() -> MutableMapping[str, Any]:
        return {}

    await PageHeaders(app)({"type": kind}, receive, send)
    return found


async def test_answers_get_the_headers_and_keep_their_own() -> None:
    start, body = await sent("http")
    assert start["headers"][0] == (b"a", b"1")
    headers = dict(start["headers"])
    assert headers[b"content-security-policy"] == POLICY.encode()
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert body == {"type": "http.response.body", "body": b"x"}


async def test_other_kinds_of_messages_stay_as_they_are() -> None:
    start, _ = await sent("websocket")
    assert start["headers"] == [(b"a", b"1")]


def test_no_other_host_is_named() -> None:
    assert "default-src 'self'" in POLICY and "http" not in POLICY and "*" not in POLICY


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (b"page=abc", b""),
        (b"page", b""),
        (b"p%61ge=abc", b""),
        (b"a=1&page=abc&b=%26&page=2", b"a=1&b=%26"),
        (b"pages=1&task=page&x=%ff", b"pages=1&task=page&x=%ff"),
        (b"", b""),
    ],
)
async def test_the_parameter_that_gradio_fails_on_is_left_out(asked: bytes, left: bytes) -> None:
    assert await seen(asked) == left
    assert await seen(asked, "websocket") == asked
