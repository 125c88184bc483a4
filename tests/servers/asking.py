import json
from typing import Any

import aiohttp

from tests.servers.loopback import LoopbackServer


async def ask(
    client: aiohttp.ClientSession, server: LoopbackServer, path: str = "/generate", **request: Any
) -> tuple[int, Any, dict[str, str]]:
    """POST keyword arguments as a JSON body; the answer's status, JSON or text, and headers."""
    async with client.post(server.url + path, json=request) as response:
        text = await response.text()
        is_json = response.content_type == "application/json"
        return response.status, json.loads(text) if is_json else text, dict(response.headers)
