import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth_builder.recipes.reference import HubReference, parse_reference, shown_name
from synth_builder.releases.card.markdown import escaped

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
# A scripted engine calls itself what it likes.
_MODELS_OF_OTHERS = ("scripted", "none")


def model_page(engine: Mapping[str, Any]) -> str | None:
    """
    The Hub page of the model that an engine ran, when its name has the form of a Hub id; else `None`.

    Args:
        engine (`Mapping[str, Any]`):
            What the provenance tells of the engine.
    """
    name = str(engine["model"])
    if engine["engine"] in _MODELS_OF_OTHERS or not _HUB_ID.fullmatch(name):
        return None
    return f"https://huggingface.co/{name}"


def linked_model(engine: Mapping[str, Any]) -> str:
    """The model's name as Markdown, a link where it has a page."""
    page = model_page(engine)
    return f"[{escaped(str(engine['model']))}]({page})" if page else escaped(str(engine["model"]))


def linked_data(reference: str) -> str:
    """Real data as a recipe names them, as Markdown: a link to a dataset on the Hub, or the name of a local file."""
    parsed = parse_reference(reference, Path())
    name = escaped(shown_name(reference))
    return f"[{name}](https://huggingface.co/datasets/{parsed.repo})" if isinstance(parsed, HubReference) else name
