"""
Which strategies, engines, filters and scorers there are.

One literal table per kind: the word in a recipe -> where the class stands. Nothing is imported before its name is
asked for, so listing costs nothing. Packages of others add names through the entry-point groups
`synth_builder.strategies`, `synth_builder.engines`, `synth_builder.filters` and `synth_builder.scorers`.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from synth_builder.errors import UnknownNameError


def nearest(name: str, known: list[str]) -> str:
    """Returns `" Did you mean 'x'?"` for the known name nearest to `name`, or an empty string when none is near."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f" Did you mean {close[0]!r}?" if close else ""


@cache
def _plugins(group: str) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=group)}


@dataclass(frozen=True)
class Registry:
    """
    Names of one kind and where their classes stand.

    Args:
        kind (`str`):
            The word for messages, for example `"strategy"`.
        group (`str`):
            Entry-point group that other packages use.
        table (`Mapping[str, str]`):
            Name -> `"module:Class"` of those that ship with this package.
    """

    kind: str
    group: str
    table: Mapping[str, str]

    def names(self) -> list[str]:
        """All known names, sorted."""
        return sorted({*self.table, *_plugins(self.group)})

    def get(self, name: str) -> Any:
        """
        The class (or, for a scorer, the function) behind a name.

        Raises:
            UnknownNameError: Nothing of this kind has that name; the message lists those that exist.
        """
        if name in self.table:
            module, _, attribute = self.table[name].partition(":")
            return getattr(importlib.import_module(module), attribute)
        plugins = _plugins(self.group)
        if name in plugins:
            return plugins[name].load()
        raise UnknownNameError(
            f"Unknown {self.kind} {name!r}.{nearest(name, self.names())} Known: {', '.join(self.names()) or 'none'}. "
            f"One of your own is registered under the entry point {self.group!r}."
        )


STRATEGIES = Registry(
    kind="strategy",
    group="synth_builder.strategies",
    table={
        "zero_shot": "synth_builder.strategies.zero_shot:ZeroShot",
        "zero_shot_topic": "synth_builder.strategies.zero_shot_topic:ZeroShotTopic",
        "one_shot": "synth_builder.strategies.one_shot:OneShot",
        "few_shot": "synth_builder.strategies.few_shot:FewShot",
        "conversation": "synth_builder.strategies.conversation:Conversation",
        "attributes": "synth_builder.strategies.attributes:Attributes",
        "paraphrase": "synth_builder.strategies.paraphrase:Paraphrase",
        "template": "synth_builder.strategies.template:Template",
    },
)

ENGINES = Registry(
    kind="engine",
    group="synth_builder.engines",
    table={
        "tgi": "synth_builder.engines.tgi:TGIEngine",
        "openai": "synth_builder.engines.openai:OpenAIEngine",
        "inference_providers": "synth_builder.engines.inference_providers:InferenceProvidersEngine",
        "embedded": "synth_builder.engines.embedded:EmbeddedEngine",
        "scripted": "synth_builder.engines.scripted:ScriptedEngine",
    },
)

FILTERS = Registry(
    kind="filter",
    group="synth_builder.filters",
    table={
        "length": "synth_builder.filters.length:Length",
        "refusal": "synth_builder.filters.refusal:Refusal",
        "label_leakage": "synth_builder.filters.label_leakage:LabelLeakage",
        "duplicates": "synth_builder.filters.duplicates:Duplicates",
        "demonstration_copies": "synth_builder.filters.demonstration_copies:DemonstrationCopies",
        "contamination": "synth_builder.filters.contamination:Contamination",
        "language": "synth_builder.filters.language:Language",
        "pii": "synth_builder.filters.pii:PII",
        "toxicity": "synth_builder.filters.toxicity:Toxicity",
        "semantic_duplicates": "synth_builder.filters.semantic_duplicates:SemanticDuplicates",
        "verification": "synth_builder.filters.verification:Verification",
    },
)

# Functions that score texts, for the filter `toxicity`. None ship with this package.
SCORERS = Registry(kind="scorer", group="synth_builder.scorers", table={})
