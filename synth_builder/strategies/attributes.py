import math
from collections.abc import Generator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from synth_builder.engines.base import Completion, Request
from synth_builder.errors import EngineReplyError
from synth_builder.recipes.seeds import derived_seed
from synth_builder.strategies.base import Ingredients, Setting, Strategy, StrategyOptions
from synth_builder.strategies.listed_values import PER_REPLY, ROUNDS, ValueList, filled
from synth_builder.strategies.slot import Slot, scattered
from synth_builder.strategies.templates import PromptTemplate, shipped_prompt

LONGEST_VALUE = 12  # words; a longer line is talk


class AttributesOptions(StrategyOptions):
    """
    Options of `attributes`.

    Args:
        attributes (`dict[str, int | tuple[str, ...]]`):
            Name of an attribute -> its values, or how many of them the model shall list.
        combine (`"crossed"` or `"sampled"`, defaults to `"sampled"`):
            Whether a label's rows go through all combinations of values, each as often as any other, or each value is
            drawn by itself.
    """

    attributes: dict[str, int | tuple[str, ...]] = Field(min_length=1)
    combine: Literal["crossed", "sampled"] = "sampled"

    @field_validator("attributes", mode="before")
    @classmethod
    def _some_of_each(cls, attributes: Any) -> Any:
        for name, values in attributes.items() if isinstance(attributes, dict) else ():
            listed = isinstance(values, list | tuple) and all(isinstance(one, str) and one.strip() for one in values)
            counted = isinstance(values, int) and not isinstance(values, bool)
            if not (listed and values) and not (counted and values >= 1):
                raise ValueError(
                    f"{name} is {values!r}; expected how many values the model shall list, or a list of texts"
                )
            if listed and len(set(values)) < len(values):
                twice = next(one for one in values if list(values).count(one) > 1)
                raise ValueError(f"{name} names {twice!r} twice; name each value once")
        return attributes


class Attributes(Strategy):
    """
    Each prompt names properties that the text shall have: who writes, in which style, on which side of the matter. The
    values stand in the recipe or are listed by the model first (after AttrPrompt, arXiv 2306.15895, and the personas,
    styles and subtopics of arXiv 2410.15226; the wording is our own).
    """

    name = "attributes"
    papers = ("2306.15895", "2410.15226")
    Options: ClassVar[type[StrategyOptions]] = AttributesOptions

    options: AttributesOptions

    def __init__(self, setting: Setting, options: AttributesOptions) -> None:
        super().__init__(setting, options)
        self._list_template = PromptTemplate(shipped_prompt("attribute_values"), "the lists of attributes")
        self._lists: list[ValueList] = []
        for name, given in options.attributes.items():
            one = ValueList(name, given if isinstance(given, int) else len(given), LONGEST_VALUE)
            one.values.extend(() if isinstance(given, int) else given)
            self._lists.append(one)

    @property
    def values(self) -> dict[str, list[str]]:
        """Attribute -> its values."""
        return {one.name: one.values for one in self._lists}

    def templates(self) -> dict[str, str]:
        """The templates of the rows, and that of the lists where the model makes one."""
        asked = any(isinstance(given, int) for given in self.options.attributes.values())
        return {**super().templates(), **({"attribute_values": self._list_template.text} if asked else {})}

    def prepare(self) -> Generator[list[Request], list[Completion], None]:
        """Ask for the values that the recipe does not name, all lists at once."""
        yield from filled(self._lists, self._list_request)
        for one in self._lists:
            if not one.values:
                raise EngineReplyError(
                    f"The model listed no values of {one.name!r} in {ROUNDS} rounds; give a list under "
                    f"variants.{self.setting.variant}.attributes.{one.name}."
                )

    def facts(self) -> dict[str, Any]:
        """The values of each attribute."""
        return {"attributes": self.values}

    def recall(self, facts: Mapping[str, Any]) -> bool:
        """Take the lists that were made then."""
        for one in self._lists:
            one.values[:] = facts.get("attributes", {}).get(one.name) or one.values
        return all(one.values for one in self._lists)

    def suppose(self) -> None:
        """Take stand-ins where the model makes a list."""
        for one in self._lists:
            one.values[:] = one.values or [f"<a {one.name} from the model's list>"]

    def ingredients(self, slot: Slot) -> Ingredients:
        """One value of each attribute; a row that is asked for again keeps its combination when they are crossed."""
        if self.options.combine == "sampled":
            rng = slot.rng("attributes")
            return Ingredients(attributes={name: rng.choice(values) for name, values in self.values.items()})
        total = math.prod(len(values) for values in self.values.values())
        number = scattered(
            slot.rank // self.rows_per_request, total, self.setting.seed, "attributes", slot.split, slot.label
        )
        chosen = {}
        for name, values in self.values.items():
            number, place = divmod(number, len(values))
            chosen[name] = values[place]
        return Ingredients(attributes=chosen)

    def _list_request(self, one: ValueList, number: int, position: int) -> Request:
        variables = {
            "task": {"description": self.task.description, "kind": self.task.kind},
            "columns": dict(self.task.columns),
            "labels": dict(self.task.labels),
            "attribute": one.name,
            "count": PER_REPLY,
            "reply": "list",
        }
        seed = derived_seed(self.setting.seed, "attributes", one.name, number, position)
        return self._request(self._list_template, variables, seed)
