import math
from typing import Any, Literal

from pydantic import Field, field_validator

from synth_builder.recipes.filter_spec import FilterSpec
from synth_builder.recipes.strict import Strict

DEFAULT_FILTERS = ("length", "refusal", "label_leakage", "duplicates", "demonstration_copies", "contamination")


class SamplingSettings(Strict):
    """
    How tokens are drawn; the same for every request of a variant.

    Args:
        temperature (`float`, defaults to 1.0):
            0 takes the likeliest token each time.
        top_p (`float`, defaults to 1.0):
            Share of probability that is kept, in (0, 1]; 1.0 keeps all.
        top_k (`int`, *optional*):
            Only that many of the likeliest tokens are kept.
        repetition_penalty (`float`, *optional*):
            Above 1 makes repeated words less likely.
        max_new_tokens (`int`, defaults to 128):
            Tokens after which a reply is cut.
    """

    temperature: float = Field(default=1.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: int | None = Field(default=None, gt=0)
    repetition_penalty: float | None = Field(default=None, gt=0)
    max_new_tokens: int = Field(default=128, gt=0)


class Generation(Strict):
    """
    How much is generated and what is kept.

    Args:
        rows (`dict[str, int]`, defaults to `{"train": 1000}`):
            Split -> rows asked for.
        seed (`int`, defaults to 0):
            Fixes prompts, demonstrations, topics, order and the seed of each request.
        label_distribution (`"balanced"` or `dict[str, float]`, defaults to `"balanced"`):
            Share of each label; the shares sum to 1.
        sampling (`SamplingSettings`):
            How tokens are drawn.
        filters (`tuple[FilterSpec, ...]`):
            Which rows stay, checked in this order.
        max_draws (`int`, defaults to 10):
            Requests per asked row, on average over the rows of a label, before a build gives up and ends short.
    """

    rows: dict[str, int] = {"train": 1000}
    seed: int = Field(default=0, ge=0)
    label_distribution: Literal["balanced"] | dict[str, float] = "balanced"
    sampling: SamplingSettings = SamplingSettings()
    # A factory, because a spec looks its filter up, and filters import recipes.
    filters: tuple[FilterSpec, ...] = Field(
        default_factory=lambda: tuple(FilterSpec(name=name) for name in DEFAULT_FILTERS)
    )
    max_draws: int = Field(default=10, gt=0, le=1000)

    @field_validator("rows")
    @classmethod
    def _some_rows(cls, rows: dict[str, int]) -> dict[str, int]:
        if not rows:
            raise ValueError("no split is named; give for example {train: 1000}")
        for split, count in rows.items():
            if count < 1:
                raise ValueError(f"{split} asks for {count} rows; at least 1 is needed, or leave the split out")
            if not split.isidentifier():
                raise ValueError(f"{split!r} can't be the name of a split; use letters, digits and underscores")
        return rows

    @field_validator("label_distribution", mode="before")
    @classmethod
    def _shares(cls, value: Any) -> Any:
        if value == "balanced":
            return value
        if not isinstance(value, dict):
            raise ValueError(f"found {value!r}; expected 'balanced' or the share of each label")
        shares = {str(label): share for label, share in value.items()}
        for label, share in shares.items():
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                raise ValueError(f"the share of {label!r} is {share!r}; expected a number from 0 to 1")
        total = math.fsum(shares.values())
        if abs(total - 1) > 1e-6:
            raise ValueError(f"the shares sum to {total:g}; expected 1, change one of: {', '.join(shares)}")
        return shares

    @field_validator("filters")
    @classmethod
    def _each_filter_once(cls, filters: tuple[FilterSpec, ...]) -> tuple[FilterSpec, ...]:
        names = [spec.name for spec in filters]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"the filter {name!r} is named {names.count(name)} times; name it once")
        return filters
