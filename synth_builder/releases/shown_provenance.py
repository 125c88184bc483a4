from collections.abc import Mapping
from typing import Any

from synth_builder.recipes.model_name import shown_engine, shown_filters


def shown_provenance(told: Mapping[str, Any]) -> dict[str, Any]:
    """
    A provenance without paths of the machine that built it, whoever wrote it: models and encoders that are called by a
    path are called by its last part.

    Args:
        told (`Mapping[str, Any]`):
            The object of a provenance file, of any form.
    """
    shown = dict(told)
    for role in ("engine", "checker"):
        if isinstance(told.get(role), Mapping):
            shown[role] = shown_engine(told[role])
    generation = told.get("generation")
    if isinstance(generation, Mapping) and "filters" in generation:
        shown["generation"] = {**generation, "filters": shown_filters(generation["filters"])}
    return shown
