from collections.abc import Mapping
from dataclasses import dataclass, field

from synth_builder.recipes.generation import SamplingSettings
from synth_builder.recipes.task import Task
from synth_builder.recipes.variant import PromptForm
from synth_builder.strategies.demonstrations import Demonstrations


@dataclass(frozen=True)
class Setting:
    """
    What a strategy works with.

    Args:
        task (`Task`):
            What is to be classified.
        sampling (`SamplingSettings`):
            How tokens are drawn.
        prompt_form (`"chat"` or `"completion"`):
            Messages, or a plain text to be continued.
        grammar (`bool`, defaults to `False`):
            Whether the engine can hold a reply to a JSON schema.
        seed (`int`, defaults to 0):
            The recipe's seed.
        demonstrations (`Demonstrations`, *optional*):
            Real rows that may be shown.
        prompt (`str`, *optional*):
            Template of the recipe in place of the strategy's own.
        variant (`str`, defaults to `"variant"`):
            Name for messages.
        quotas (`Mapping[str, Mapping[str, int]]`, defaults to `{}`):
            Split -> label -> rows that are asked for; strategies that can run out of rows look at it.
    """

    task: Task
    sampling: SamplingSettings
    prompt_form: PromptForm
    grammar: bool = False
    seed: int = 0
    demonstrations: Demonstrations | None = None
    prompt: str | None = None
    variant: str = "variant"
    quotas: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
