"""A loopback server in the manner of llama-cpp-python 0.3.36, as far as it differs from others of its protocol."""

from typing import Any

from aiohttp import web

from tests.servers.openai import KNOWN_FIELDS, OpenAIServer


class LlamaCppPythonServer(OpenAIServer):
    """
    It tells what it is in `/openapi.json` alone, has no `/health`, and takes a schema beside the type `json_object`.

    Args:
        title (`str`, defaults to that of llama-cpp-python):
            What its description is headed.
        options (*optional*):
            As for `OpenAIServer`.
    """

    known_fields = (KNOWN_FIELDS - {"repetition_penalty"}) | {"repeat_penalty", "min_p"}
    schema_type = "json_object"

    def __init__(self, *, title: str = "\U0001f999 llama.cpp Python API", **options: Any) -> None:
        super().__init__(owned_by="me", **options)
        self.title = title

    def routes(self) -> list[web.RouteDef]:
        """Those of OpenAI and the description."""
        shared = [route for route in super().routes() if route.path != "/health"]
        return [*shared, web.get("/openapi.json", self._describe)]

    def schema_in(self, response_format: dict[str, Any]) -> dict[str, Any]:
        """The schema that a `response_format` holds."""
        schema: dict[str, Any] = response_format["schema"]
        return schema

    async def _describe(self, request: web.Request) -> web.Response:
        return web.json_response({"openapi": "3.1.0", "info": {"title": self.title, "version": "0.3.36"}})
