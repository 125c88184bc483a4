from typing import Any, Literal

from pydantic import BaseModel, Field, model_serializer, model_validator
from pydantic_core import PydanticCustomError

from synth_builder.errors import UnknownNameError
from synth_builder.recipes.generation import Generation
from synth_builder.recipes.strict import Strict
from synth_builder.registry import STRATEGIES, nearest

PromptForm = Literal["chat", "completion"]

# Settings of `generation` that a variant adds to key by key; the others it replaces as a whole.
MERGED_BY_KEY = ("sampling", "rows")


class Variant(Strict):
    """
    One way to generate the task's data; it becomes a config of the dataset.

    In a recipe the strategy's own options stand beside these keys; here they are in `options`.

    Args:
        strategy (`str`):
            Word in the strategies' registry.
        generation (`dict[str, Any]`, defaults to `{}`):
            What differs from the recipe's `generation`.
        prompt_form (`"chat"` or `"completion"`, *optional*):
            Messages under the model's chat template, or a plain text to be continued. Chat where the model has a
            template, when not given.
        prompt (`str`, *optional*):
            A Jinja template of one's own in place of the strategy's, as text.
        prompt_file (`str`, *optional*):
            The same as a file, relative to the recipe.
        options (`dict[str, Any]`, defaults to `{}`):
            Options of the strategy.
    """

    strategy: str
    generation: dict[str, Any] = {}
    prompt_form: PromptForm | None = None
    prompt: str | None = Field(default=None, min_length=1)
    prompt_file: str | None = Field(default=None, min_length=1)
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_options(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        if "strategy" not in data:
            raise ValueError(f"no strategy is named; give one of: {', '.join(STRATEGIES.names())}")
        try:
            options_class: type[BaseModel] = STRATEGIES.get(str(data["strategy"])).Options
        except UnknownNameError as error:
            raise PydanticCustomError("unknown_name", "{message}", {"message": str(error)}) from error
        own = [name for name in cls.model_fields if name != "options"]
        options = data.get("options") or {}
        if not isinstance(options, dict):
            raise ValueError(
                f"options is {options!r}; write each option beside strategy, as in {{strategy: few_shot, k: 3}}"
            )
        options = dict(options)
        rest: dict[str, Any] = {}
        for key, value in data.items():
            if key in own:
                rest[key] = value
            elif key in options_class.model_fields:
                options[key] = value
            elif key != "options":
                known = [*own, *options_class.model_fields]
                raise PydanticCustomError(
                    "unknown_key",
                    "{key} is not a known key of the strategy {strategy}.{hint} Known: {known}",
                    {
                        "key": str(key),
                        "strategy": repr(data["strategy"]),
                        "hint": nearest(str(key), known),
                        "known": ", ".join(known),
                    },
                )
        options_class.model_validate(options)
        return {**rest, "options": options}

    @model_validator(mode="after")
    def _one_prompt(self) -> "Variant":
        if self.prompt is not None and self.prompt_file is not None:
            raise ValueError("both prompt and prompt_file are given; keep one of them")
        return self

    def merged_generation(self, defaults: Generation) -> dict[str, Any]:
        """The recipe's `generation` with this variant's changes, as plain values."""
        merged = defaults.model_dump()
        for key, value in self.generation.items():
            if key in MERGED_BY_KEY and isinstance(value, dict):
                merged[key] = {**merged[key], **value}
            else:
                merged[key] = value
        return merged

    @model_serializer
    def _as_written(self) -> dict[str, Any]:
        written: dict[str, Any] = {"strategy": self.strategy, **self.options}
        for name in ("prompt_form", "prompt", "prompt_file"):
            if getattr(self, name) is not None:
                written[name] = getattr(self, name)
        if self.generation:
            written["generation"] = self.generation
        return written
