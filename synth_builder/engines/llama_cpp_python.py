"""
The OpenAI-style server of llama-cpp-python: how it is known, and what it wants said otherwise. A field that it does
not know it leaves out without a word, and one that is not sent gets a value of its own choice.
"""

from typing import Any

from synth_builder.engines.answers import Answer
from synth_builder.engines.base import Request
from synth_builder.errors import EngineReplyError, RequestRefusedError

SERVER = "llama-cpp-python"
OWNER = "me"
"""`owned_by` in its list of models. Others may say that too, so its description is looked at."""
DESCRIPTION = "/openapi.json"
TITLE = "llama.cpp Python API"


def version_in(description: Answer) -> str | None:
    """
    The server's version, out of its description.

    Args:
        description (`Answer`):
            To `GET /openapi.json`.

    Returns:
        `str`, *optional*: `None` where this is another server.
    """
    if description.status != 200:
        return None
    try:
        about = description.json().get("info")
    except EngineReplyError:
        return None
    if not isinstance(about, dict) or TITLE not in str(about.get("title")):
        return None
    return str(about.get("version"))


def in_its_words(payload: dict[str, Any], request: Request) -> dict[str, Any]:
    """
    A body of OpenAI's protocol as this server understands it: a schema stands beside the type `json_object`, the
    repetition penalty has another name, and what the recipe does not narrow is said to be wide, as the server would
    otherwise take 40 tokens at most, none below 5% of the likeliest, and a penalty of 1.1.

    Args:
        payload (`dict`):
            The body for other servers.
        request (`Request`):
            What is asked.

    Raises:
        RequestRefusedError: A plain prompt with a JSON schema, which this server would answer without one.
    """
    if request.schema is not None and request.prompt is not None:
        raise RequestRefusedError(
            "llama-cpp-python holds chats to a JSON schema, not plain prompts. Use prompt_form: chat."
        )
    sampling = request.sampling
    said = {name: value for name, value in payload.items() if name != "repetition_penalty"}
    said |= {
        "top_p": sampling.top_p,
        "top_k": sampling.top_k or 0,
        "min_p": 0.0,
        "repeat_penalty": 1.0 if sampling.repetition_penalty is None else sampling.repetition_penalty,
    }
    if request.schema is not None:
        said["response_format"] = {"type": "json_object", "schema": request.schema}
    return said
