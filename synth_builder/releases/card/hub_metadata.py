from collections.abc import Mapping
from typing import Any

from synth_builder.recipes.hub_vocabulary import hub_vocabulary, unknown_language, unknown_license, unknown_task
from synth_builder.releases.card.card_sections import split_front

_LISTED = ("annotations_creators", "language_creators", "multilinguality", "size_categories", "task_categories")


def metadata_problems(front: Mapping[str, Any]) -> list[str]:
    """
    What the Hub would not understand in the metadata of a card, hand-written keys included.

    Args:
        front (`Mapping[str, Any]`):
            The front matter.

    Returns:
        `list[str]`: A sentence each; empty when all is well.
    """
    problems = []
    for key in _LISTED:
        known = hub_vocabulary()[key]
        problems += [
            f"{key}: {word!r} is no word of the Hub. Known: {', '.join(known)}."
            for word in _words(front.get(key))
            if word not in known
        ]
    for key, unknown in (("language", unknown_language), ("license", unknown_license), ("task_ids", unknown_task)):
        problems += [f"{key}: {found}." for word in _words(front.get(key)) if (found := unknown(word))]
    return problems + _config_problems(front)


def card_problems(text: str) -> list[str]:
    """
    The same for a whole card, which `huggingface_hub` has to be able to read, too.

    Args:
        text (`str`):
            The card, front matter included.
    """
    from huggingface_hub import DatasetCard

    front, _ = split_front(text)
    try:
        DatasetCard(text)
    except (ValueError, TypeError) as error:
        return [*metadata_problems(front), f"huggingface_hub can't read the card: {error}."]
    return metadata_problems(front)


def _config_problems(front: Mapping[str, Any]) -> list[str]:
    """`datasets` takes one default config at most, and a `dataset_info` without its config for another dataset's."""
    configs = [config.get("config_name") for config in front.get("configs") or ()]
    defaults = [config for config in front.get("configs") or () if config.get("default")]
    infos = front.get("dataset_info") or []
    named = [info.get("config_name") for info in ([infos] if isinstance(infos, Mapping) else infos)]
    problems = [
        f"configs: {name!r} stands there twice." for name in sorted({n for n in configs if configs.count(n) > 1})
    ]
    if len(defaults) > 1:
        problems.append(f"configs: {len(defaults)} of them are the default; expected one.")
    missing = sorted(set(map(str, configs)) ^ set(map(str, named)))
    if named and missing:
        problems.append(f"configs and dataset_info name different variants: {', '.join(missing)}.")
    return problems


def _words(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(word) for word in value] if isinstance(value, list | tuple) else [str(value)]
