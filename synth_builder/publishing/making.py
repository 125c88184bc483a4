from collections.abc import Iterator, Mapping
from typing import Any

Setting = tuple[str, Any, Any]
"""What is different in how a variant was made: its name, before, after; `None` where a side has none."""


def made_differently(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Setting, ...]:
    """
    What is different in how two variants were made.

    Args:
        old (`Mapping[str, Any]`):
            Provenance of the one.
        new (`Mapping[str, Any]`):
            Provenance of the other.
    """
    one, other = _making(old), _making(new)
    return tuple(
        (setting, one.get(setting), other.get(setting))
        for setting in {**one, **other}
        if one.get(setting) != other.get(setting)
    )


def _making(provenance: Mapping[str, Any]) -> dict[str, Any]:
    """How a variant was made, as a flat list of settings."""
    engine = provenance["engine"]
    return {
        "columns": provenance["task"]["columns"],
        "label column": provenance["task"]["label_column"],
        "labels": provenance["task"]["labels"],
        "strategy": provenance["strategy"],
        **dict(_flat("options", provenance["options"])),
        **dict(_flat("generation", provenance["generation"])),
        "prompt form": provenance["prompt_form"],
        "prompts": sorted(provenance["prompts"]),
        "engine": engine["engine"],
        "model": engine["model"],
        "model_digest": engine.get("model_digest"),
        "revision": engine["revision"],
        "fingerprint": provenance["fingerprint"],
    }


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _flat(f"{path}.{key}", part)
    elif value is not None:
        yield path, value
