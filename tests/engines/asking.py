"""Requests and open engines for the tests of the engines that speak HTTP."""

from typing import Any

from synth_builder.engines.base import EngineSettings, Message, Request, Sampling
from synth_builder.engines.openai import OpenAIEngine
from synth_builder.engines.tgi import TGIEngine

ROW_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "label": {"enum": ["negative", "positive"]}},
    "required": ["text", "label"],
}


def plain(text: str = "A sentence about a film:", seed: int = 7, **sampling: Any) -> Request:
    """A request in the completion form."""
    return Request(Sampling(**sampling), seed, prompt=text)


def chat(text: str = "Write a sentence about a film.", seed: int = 7, **sampling: Any) -> Request:
    """A request in the chat form."""
    return Request(Sampling(**sampling), seed, messages=(Message("system", "You write."), Message("user", text)))


def tgi(*urls: str, **settings: Any) -> TGIEngine:
    """A TGI engine for these servers."""
    return TGIEngine.from_settings(EngineSettings(endpoints=urls, **settings))


def openai(*urls: str, **settings: Any) -> OpenAIEngine:
    """An OpenAI engine for these servers."""
    return OpenAIEngine.from_settings(EngineSettings(endpoints=urls, **settings))
