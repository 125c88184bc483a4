"""How models are named to readers: a local one is called by a path, which tells of a machine more than of a model."""

import re
from collections.abc import Mapping
from typing import Any

from synth_builder.recipes.fingerprint import digest

NAMELESS = "a local model"
_PATH = re.compile(r"[/\\~]|\.{1,2}[/\\]|[A-Za-z]:[/\\]|[A-Za-z][\w.+-]*://", re.ASCII)
_FILES = (".gguf", ".safetensors", ".bin", ".pt")
# Where the Hub's client keeps a model; the name of that folder is the name of the model.
_IN_THE_CACHE = re.compile(r".*[/\\]models--([^/\\]+?)--([^/\\]+)[/\\]snapshots[/\\][^/\\]+[/\\]?", re.DOTALL)
_HOME = re.compile(r"(?:(?:file://)?/(?:home|Users)/[^/]+|/root|~[^/\\]*|[A-Za-z]:[/\\]Users[/\\][^/\\]+)[/\\]*", re.I)


def shown_model(name: str) -> str:
    """
    A model as readers are told of it: of a path or URL its last part, and never a home directory. Names such as
    `accounts/someone/models/llama`, which hosted services give, stay as they are, as any name does that does not begin
    or end like a path.

    Args:
        name (`str`):
            What the server, or the user, calls the model.
    """
    cached = _IN_THE_CACHE.fullmatch(name)
    if cached is not None:
        return f"{cached[1]}/{cached[2]}"
    if not _PATH.match(name) and not (name.lower().endswith(_FILES) and re.search(r"[/\\]", name)):
        return name
    if _HOME.fullmatch(name):
        return NAMELESS
    last = re.split(r"[/\\]+", re.sub(r"^[A-Za-z][\w.+-]*://", "", name).rstrip("/\\"))[-1]
    return last if last.strip(".~") and not re.fullmatch("[A-Za-z]:", last) else NAMELESS


def shown_engine(told: Mapping[str, Any]) -> dict[str, Any]:
    """
    What an engine told of itself, as readers are told of it. Where the model's name is shortened, a digest of it keeps
    apart two models whose names end alike.

    Args:
        told (`Mapping[str, Any]`):
            The fields of an `EngineInfo`.
    """
    name = told.get("model")
    shown = shown_model(name) if isinstance(name, str) else name
    return dict(told) if shown == name else {**told, "model": shown, "model_digest": digest(name)}


def is_model(told: Mapping[str, Any], name: str) -> bool:
    """Whether what `shown_engine` gave is about the model of this name."""
    return bool(told["model_digest"] == digest(name) if "model_digest" in told else told["model"] == name)


def shown_filters(specs: Any) -> Any:
    """The filters of a recipe, where an encoder in a folder of this machine is named as other models are."""
    if not isinstance(specs, list):
        return specs
    return [_shown_filter(spec) for spec in specs]


def _shown_filter(spec: Any) -> Any:
    if not isinstance(spec, Mapping):
        return spec
    return {
        name: {**options, "encoder": shown_model(options["encoder"])}
        if isinstance(options, Mapping) and isinstance(options.get("encoder"), str)
        else options
        for name, options in spec.items()
    }
