"""What the two origins of the loopback Hub share: faults by route, what they write down, and parts of files."""

import json
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from aiohttp import web

from tests.servers.hub_access import Access
from tests.servers.hub_history import HubRefusal
from tests.servers.loopback import Fault, LoopbackServer, Recorded

Handler = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class Tally:
    """How much has gone over the wire."""

    commits: int = 0
    uploads: int = 0
    uploaded_bytes: int = 0
    downloads: int = 0
    downloaded_bytes: int = 0


class HubOrigin(LoopbackServer):
    """
    One origin of the loopback Hub.

    Args:
        access (`Access`):
            Valid tokens.
        tally (`Tally`):
            Where the counts go.
        faults (`Mapping[str, Iterable[Fault | None]]`, *optional*):
            See `order`.
    """

    def __init__(
        self, access: Access, tally: Tally, faults: Mapping[str, Iterable[Fault | None]] | None = None
    ) -> None:
        self.access = access
        self.tally = tally
        self._ordered: dict[str, deque[Fault | None]] = {}
        super().__init__(faults=self._next_fault)
        for pattern, row in (faults or {}).items():
            self.order(pattern, *row)

    def order(self, pattern: str, *faults: Fault | None) -> None:
        """
        Order faults for a route.

        Args:
            pattern (`str`):
                Method and path with wildcards: `"POST /api/datasets/*/commit/*"`. Paths are unquoted, without query.
            faults (`Fault` or `None`):
                What goes wrong with the first, second, ... request that matches from now on; `None` lets one pass.
        """
        self._ordered.setdefault(pattern, deque()).extend(faults)

    def asked(self, pattern: str) -> list[Recorded]:
        """The requests to a route, given as for `order`."""
        return [one for one in self.requests if fnmatchcase(f"{one.method} {one.path}", pattern)]

    def error_response(self, status: int) -> web.Response:
        """An error in the Hub's form."""
        return web.json_response({"error": f"Ordered by the test: {status}"}, status=status)

    async def body_of(self, request: web.Request) -> Any:
        """The value of JSON, the values of JSON lines, the text; of bytes, how many they are."""
        content = await request.read()
        try:
            text = content.decode()
            if request.content_type == "application/x-ndjson":
                return [json.loads(line) for line in text.splitlines()]
            return json.loads(text)
        except UnicodeDecodeError:
            return f"{len(content)} bytes"
        except ValueError:
            return text

    def headers_of(self, request: web.Request) -> dict[str, str]:
        """The headers, with the name of the user in place of the token."""
        headers = {name.title(): value for name, value in request.headers.items()}
        if "Authorization" in headers:
            headers["Authorization"] = self.access.without_token(headers["Authorization"])
        return headers

    def guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A handler whose refusals become answers."""

        async def handle(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except HubRefusal as refusal:
                return refused(refusal)

        return handle

    def _next_fault(self, recorded: Recorded) -> Fault | None:
        for pattern, row in self._ordered.items():
            if row and fnmatchcase(f"{recorded.method} {recorded.path}", pattern):
                return row.popleft()
        return None


def refused(refusal: HubRefusal) -> web.Response:
    """A refusal in the Hub's form: clients read the two headers."""
    headers = {"X-Error-Message": refusal.message}
    if refusal.code:
        headers["X-Error-Code"] = refusal.code
    return web.json_response({"error": refusal.message}, status=refusal.status, headers=headers)


def file_response(request: web.Request, content: bytes, headers: Mapping[str, str]) -> web.Response:
    """A file, or the part of it that `Range` asks for."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        if request.method == "HEAD":  # of an empty file, aiohttp 3.11 would not tell the size
            headers["Content-Length"] = str(len(content))
        return web.Response(body=content, headers=headers)
    first, last = asked.groups()
    size = len(content)
    start = int(first) if first else max(size - int(last), 0)
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        return web.Response(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    headers = {**headers, "Content-Range": f"bytes {start}-{end}/{size}"}
    return web.Response(status=206, body=content[start : end + 1], headers=headers)
