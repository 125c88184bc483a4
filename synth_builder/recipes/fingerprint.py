import hashlib
import json
from collections.abc import Mapping
from typing import Any

from synth_builder.recipes.recipe import ResolvedVariant
from synth_builder.recipes.task import Task
from synth_builder.registry import FILTERS

# Raised by one whenever a release of this package makes other rows from the same recipe and the same replies.
ROWS_VERSION = 2


def fingerprint(
    task: Task,
    variant: ResolvedVariant,
    *,
    templates: Mapping[str, str],
    demonstrations: str | None = None,
    test_rows: str | None = None,
) -> str:
    """
    Hash of exactly what decides the rows of a variant, apart from the model: two recipes with equal fingerprints make
    equal rows from the same model, and a card's wording, names and comments do not change it.

    Args:
        task (`Task`):
            Kind, texts, columns and labels all reach the prompts or the rows.
        variant (`ResolvedVariant`):
            Strategy, options and generation settings; its name is left out.
        templates (`Mapping[str, str]`):
            Name -> text of each prompt template, those of filters among them.
        demonstrations (`str`, *optional*):
            Digest of the real train rows, when the variant shows them or a filter learns from them.
        test_rows (`str`, *optional*):
            Digest of the real test rows, when rows are compared with them.

    Returns:
        `str`: 16 hexadecimal digits.
    """
    options = variant.options.model_dump(mode="json")
    generation = variant.generation.model_dump(mode="json")
    # The splits' order decides which of two equal rows is the duplicate; filters count with all their options, so that
    # a default that is written out changes nothing.
    generation["rows"] = list(generation["rows"].items())
    generation["filters"] = []
    reads_labels = options.get("label_mode") == "generated"
    for spec in variant.generation.filters:
        named = FILTERS.get(spec.name)
        chosen = named.Options.model_validate(spec.options)
        generation["filters"].append([spec.name, chosen.model_dump(mode="json")])
        reads_labels = reads_labels or named.for_options(chosen).asks
    decisive: dict[str, Any] = {
        "rows_version": ROWS_VERSION,
        "task": {
            "kind": task.kind,
            "description": task.description,
            "columns": list(task.columns.items()),
            "label_column": task.label_column,
            "labels": list(task.labels.items()),
        },
        "strategy": variant.strategy,
        "options": options,
        "prompt_form": variant.prompt_form,
        "generation": generation,
        "templates": dict(templates),
        "demonstrations": demonstrations,
        "test_rows": test_rows,
    }
    if reads_labels:
        decisive["aliases"] = {label: sorted(words) for label, words in task.aliases.items()}
    return digest(decisive)


def digest(value: Any, length: int = 16) -> str:
    """First `length` hexadecimal digits of the SHA-256 of a plain value's canonical JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]
