"""The storage of the loopback Hub: an origin of its own, where large files lie under their hash."""

import hashlib
from collections.abc import Mapping
from math import ceil
from typing import Any

from aiohttp import web

from tests.servers.hub_access import Access
from tests.servers.hub_history import HubRefusal
from tests.servers.hub_origin import HubOrigin, Tally, file_response


class HubStorage(HubOrigin):
    """
    Where large files are put and fetched, by addresses that the Hub signs. A token is no use here, and a request that
    brings one is refused, as by the stores behind the Hub.

    Args:
        access, tally:
            Those of the Hub.
        part_size (`int`, *optional*):
            Size from which on an upload goes in parts of that size.
    """

    def __init__(self, access: Access, tally: Tally, *, part_size: int | None = None) -> None:
        super().__init__(access, tally)
        self.part_size = part_size
        self.objects: dict[str, bytes] = {}
        self._parts: dict[str, dict[int, bytes]] = {}

    def routes(self) -> list[web.RouteDef]:
        """Files, and parts of files that are being uploaded."""
        return [
            web.get("/files/{oid}", self.guarded(self._get)),
            web.put("/files/{oid}", self.guarded(self._put)),
            web.put("/files/{oid}/{part}", self.guarded(self._put_part)),
            web.post("/files/{oid}", self.guarded(self._complete)),
        ]

    def keep(self, content: bytes) -> str:
        """Put a file there; gives its hash."""
        oid = hashlib.sha256(content).hexdigest()
        self.objects[oid] = content
        return oid

    def address(self, verb: str, path: str) -> str:
        """A signed address for one thing to do with a file."""
        return f"{self.url}/files/{path}?signature={_sign(verb, path)}"

    def upload(self, oid: str, size: int) -> dict[str, Any]:
        """What an LFS client is told about how to upload a file."""
        if self.part_size is None or size <= self.part_size:
            return {"href": self.address("PUT", oid), "header": {}}
        numbers = range(1, ceil(size / self.part_size) + 1)
        parts = {str(number): self.address("PUT", f"{oid}/{number}") for number in numbers}
        return {"href": self.address("POST", oid), "header": {"chunk_size": str(self.part_size), **parts}}

    async def _get(self, request: web.Request) -> web.Response:
        oid = _signed(request)
        if oid not in self.objects:
            raise HubRefusal(404, "NoSuchKey")
        if request.method == "GET":
            self.tally.downloads += 1
        response = file_response(request, self.objects[oid], {"ETag": f'"{oid}"'})
        if request.method == "GET" and isinstance(response.body, bytes):
            self.tally.downloaded_bytes += len(response.body)
        return response

    async def _put(self, request: web.Request) -> web.Response:
        oid, content = _signed(request), await request.read()
        self._take(oid, content)
        return web.Response(headers={"ETag": f'"{oid}"'})

    async def _put_part(self, request: web.Request) -> web.Response:
        oid, _, number = _signed(request).partition("/")
        self._parts.setdefault(oid, {})[int(number)] = await request.read()
        return web.Response(headers={"ETag": f'"{number}"'})

    async def _complete(self, request: web.Request) -> web.Response:
        oid = _signed(request)
        named = [part["partNumber"] for part in (await request.json())["parts"]]
        parts: Mapping[int, bytes] = self._parts.pop(oid, {})
        if named != sorted(parts):
            raise HubRefusal(400, "InvalidPart")
        self._take(oid, b"".join(parts[number] for number in named))
        return web.json_response({"success": True})

    def _take(self, oid: str, content: bytes) -> None:
        if hashlib.sha256(content).hexdigest() != oid:
            raise HubRefusal(400, "BadDigest")
        self.objects[oid] = content
        self.tally.uploads += 1
        self.tally.uploaded_bytes += len(content)


def _sign(verb: str, path: str) -> str:
    return hashlib.sha256(f"loopback {verb} {path}".encode()).hexdigest()[:16]


def _signed(request: web.Request) -> str:
    path = request.path.removeprefix("/files/")
    verb = "GET" if request.method == "HEAD" else request.method
    if request.query.get("signature") != _sign(verb, path):
        raise HubRefusal(403, "SignatureDoesNotMatch")
    if "Authorization" in request.headers:
        raise HubRefusal(400, "Only one auth mechanism allowed")
    return path
