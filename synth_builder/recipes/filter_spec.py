from typing import Any

from pydantic import model_serializer, model_validator
from pydantic_core import PydanticCustomError

from synth_builder.errors import UnknownNameError
from synth_builder.recipes.strict import Strict
from synth_builder.registry import FILTERS


class FilterSpec(Strict):
    """
    A filter as a recipe writes it: its name, or `{name: {option: value}}`.

    Args:
        name (`str`):
            Word in the filters' registry.
        options (`dict[str, Any]`, defaults to `{}`):
            What differs from the filter's defaults.
    """

    name: str
    options: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"name": data}
        if isinstance(data, dict) and len(data) == 1 and "name" not in data:
            ((name, options),) = data.items()
            return {"name": name, "options": options or {}}
        if isinstance(data, dict) and len(data) > 1 and not {*data} <= {*cls.model_fields}:
            raise ValueError(
                f"one entry names {len(data)} filters ({', '.join(map(str, data))}); give each its own '- '"
            )
        return data

    @model_validator(mode="after")
    def _known_options(self) -> "FilterSpec":
        try:
            options = FILTERS.get(self.name).Options
        except UnknownNameError as error:
            raise PydanticCustomError("unknown_name", "{message}", {"message": str(error)}) from error
        options.model_validate(self.options)
        return self

    def in_languages(self, languages: tuple[str, ...]) -> "FilterSpec":
        """The same filter, told the card's languages where it has an option for them that the recipe does not give."""
        if "languages" in self.options or "languages" not in FILTERS.get(self.name).Options.model_fields:
            return self
        return FilterSpec(name=self.name, options={**self.options, "languages": list(languages)})

    @model_serializer
    def _as_written(self) -> Any:
        return {self.name: self.options} if self.options else self.name
