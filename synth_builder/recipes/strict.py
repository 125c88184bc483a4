import re
from collections.abc import Iterator
from typing import Any, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from synth_builder.errors import RecipeError
from synth_builder.registry import nearest


class Strict(BaseModel):
    """
    Base of everything that a recipe is made of: frozen, and an unknown key is an error that names the nearest right
    one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_keys(cls, data: Any) -> Any:
        if isinstance(data, dict):
            known = list(cls.model_fields)
            for key, value in data.items():
                if key not in known:
                    raise PydanticCustomError(
                        "unknown_key",
                        "{key} is not a known key.{hint} Known: {known}",
                        {"key": str(key), "hint": nearest(str(key), known), "known": ", ".join(known)},
                    )
                _no_truth_values(str(key), value, [*_kinds(cls.model_fields[key].annotation)])
        return data

    @classmethod
    def parse(cls, data: Any, where: str) -> Self:
        """
        Validate plain values; the same as `model_validate`, with errors that a user can act on.

        Args:
            data (`Any`):
                What came out of the YAML file.
            where (`str`):
                What it was read from, the beginning of a message, for example `"Recipe 'sst2.yaml'"`.

        Raises:
            RecipeError: Something does not fit; one sentence per problem, each with its path.
        """
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise RecipeError(_sentences(error, where)) from error
        except RecursionError as error:
            raise RecipeError(f"{where} holds itself, by an alias; write out what is meant.") from error


def _kinds(annotation: Any) -> Iterator[Any]:
    """All types that an annotation is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from _kinds(part)


def _no_truth_values(key: str, value: Any, kinds: list[Any]) -> None:
    """Python takes `true` for the number 1; who writes it does not mean 1."""
    if isinstance(value, dict):
        for inner, one in value.items():
            _no_truth_values(f"{key}.{inner}", one, kinds)
    elif any(get_origin(kind) in (list, tuple) for kind in kinds):
        return  # what takes a number or a list says so itself
    elif isinstance(value, bool) and (int in kinds or float in kinds) and bool not in kinds and Any not in kinds:
        raise PydanticCustomError(
            "no_number", "{key} is {value}; expected a number", {"key": key, "value": str(value).lower()}
        )


def _sentences(error: ValidationError, where: str) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        path = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "missing":
            lines.append(f"{where}: {path} is missing, it has to be given.")
        elif problem["type"] in ("unknown_key", "no_number"):
            lines.append(f"{where}: {path + '.' if path else ''}{message}.")
        elif problem["type"] in ("value_error", "unknown_name"):
            lines.append(f"{where}: {path + ': ' if path else ''}{message}" + ("" if message.endswith(".") else "."))
        else:
            value = repr(problem["input"])
            shown = value if len(value) <= 80 else value[:77] + "..."
            lines.append(f"{where}: {path or 'the recipe'} is {shown}: {_plainly(message)}.")
    return "\n".join(lines)


def _plainly(message: str) -> str:
    """The validator speaks of Python's types, a recipe of YAML's."""
    if message.startswith("Dictionary should have at least 1 item"):
        return "at least one entry is needed"
    message = re.sub(r"valid (?:dictionary or instance of \w+|dictionary)", "mapping of keys to values", message)
    message = message.replace("valid tuple", "list").replace(
        "should be a valid string", "should be a text (in quotes)"
    )
    return message[0].lower() + message[1:]
