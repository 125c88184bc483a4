from collections.abc import Mapping
from dataclasses import dataclass, field

from synth_builder.engines.base import Request
from synth_builder.recipes.real_data import RealRow


@dataclass(frozen=True)
class Ingredients:
    """
    What one prompt holds beside the task.

    Args:
        topic (`str`, *optional*):
            What the text shall be about.
        demonstrations (`tuple[RealRow, ...]`, defaults to `()`):
            The real rows that it shows.
        attributes (`Mapping[str, str]`, defaults to `{}`):
            Further properties that the text shall have, name -> value.
    """

    topic: str | None = None
    demonstrations: tuple[RealRow, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Draw:
    """
    A request with what is recorded about the rows that may come of it.

    Args:
        request (`Request`):
            What is asked.
        ingredients (`Ingredients`):
            What its prompt holds.
        reply (`str`, *optional*):
            The reply itself, from a strategy that needs no engine. The request is then only recorded.
    """

    request: Request
    ingredients: Ingredients
    reply: str | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A row as read from a reply, before the filters; `repaired` when the reply's JSON had to be mended first."""

    columns: dict[str, str]
    label: str
    repaired: bool = False


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a reply gives no row: one word for the tally, a sentence for people."""

    reason: str
    detail: str
